import { listChecks, WITHOUT_EFFECT, withoutCheck } from '../../evm/scripts/check-list.ts';
import { openCopy, type Copy } from '../../evm/scripts/forge.ts';
import { testsKillingChange, UNOPTIMIZED } from '../../evm/scripts/run-mutant.ts';
import type { CheckedPackage } from './package.ts';

const checks = new Map(
  listChecks()
    .filter(({ id }) => WITHOUT_EFFECT[id] === undefined)
    .map((check) => [check.id, check]),
);
let copy: Copy | undefined;

/** The checks of the escrow: forge runs its unit tests on one copy of the project, whose compiler then takes only what changed. */
export const ESCROW: CheckedPackage = {
  ids: () => [...checks.keys()],
  tests: () => [],
  without: () => [],
  firstFailure: (id) => {
    if (copy === undefined) {
      copy = openCopy(true);
      process.once('exit', copy.close);
    }
    const check = id === undefined ? undefined : checks.get(id);
    const { file = 'contracts/MidlockEscrow.sol' } = check ?? {};
    const change = (source: string): string =>
      check === undefined ? source : withoutCheck(source, check);
    const args = ['--fail-fast', '--no-match-path', '*Invariants*'];
    const [test] = testsKillingChange(copy.folder, file, args, change, UNOPTIMIZED);
    return test === undefined ? undefined : { file: 'evm/test/forge', test, reason: 'forge' };
  },
};
