// Removes each check of the contracts in turn and runs the forge tests: one of them must fail. Some 3 s a check.
//   node --conditions=source scripts/removed-checks.ts [words of ids...] [--sample N --seed S]
import { parseArgs } from 'node:util';
import { withCopy } from './forge.ts';
import { listChecks, WITHOUT_EFFECT, withoutCheck, type Check } from './check-list.ts';
import { testsKillingChange, UNOPTIMIZED } from './run-mutant.ts';
import { sample } from './sample.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
const wanted = listChecks().filter(
  ({ id }) =>
    WITHOUT_EFFECT[id] === undefined &&
    (positionals.length === 0 || positionals.some((word) => id.includes(word))),
);
const chosen: readonly Check[] =
  values.sample === undefined ? wanted : sample(wanted, Number(values.sample), values.seed);
const missed: string[] = [];
withCopy((folder) => {
  for (const check of chosen) {
    const killers = testsKillingChange(
      folder,
      check.file,
      ['--no-match-path', '*Invariants*'],
      (source) => withoutCheck(source, check),
      UNOPTIMIZED,
    );
    if (killers.length === 0) missed.push(check.id);
    console.log(
      `${killers.length === 0 ? 'MISSED ' : 'noticed'} ${check.id}  (${killers[0] ?? 'no test'})`,
    );
  }
}, true);
console.log(`${chosen.length - missed.length} of ${chosen.length} removed checks were noticed`);
process.exitCode = missed.length === 0 && chosen.length > 0 ? 0 : 1;
