// npm run removed-checks [-- --package NAME] [--sample N --seed S] [words of ids...]
// Takes each check of a package away in turn and runs its tests: one of them must fail. Without --package all of them in turn.
// Says for each which test noticed. The last line reads "N passed, N failed".
import { parseArgs } from 'node:util';
import { sample } from '../../evm/scripts/sample.ts';
import { CHECKED_PACKAGES } from './registry.ts';
import { removeInTurn } from './run.ts';

const { values, positionals } = parseArgs({
  options: {
    package: { type: 'string' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const packages = Object.entries(CHECKED_PACKAGES).filter(
  ([name]) => values.package === undefined || name === values.package,
);
if (packages.length === 0) {
  console.error(
    `no package ${String(values.package)}; one of ${Object.keys(CHECKED_PACKAGES).join(', ')}`,
  );
  process.exit(2);
}
let [passed, failed] = [0, 0];
for (const [name, checked] of packages) {
  const asked = checked
    .ids()
    .filter((id) => positionals.length === 0 || positionals.some((word) => id.includes(word)));
  const chosen =
    values.sample === undefined ? asked : sample(asked, Number(values.sample), values.seed);
  if (chosen.length === 0) continue;
  const startedAt = Date.now();
  const { outcomes, broken } = await removeInTurn(name, chosen, console.log);
  const count = (how: string): number => outcomes.filter((outcome) => outcome.how === how).length;
  const missed = count('missed');
  console.log(
    `${name}: ${chosen.length - missed} of ${chosen.length} removed checks were noticed, ${count('hung')} of them by never ending`,
  );
  console.error(`${name}: ${String(Math.round((Date.now() - startedAt) / 1000))} s`);
  passed += chosen.length - missed;
  failed += missed + broken.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
