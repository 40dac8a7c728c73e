// npm run removed-checks -- --package protocol|client|relayer|chaincode|crypto [id prefix...]
// Takes each check of a package away in turn and runs its tests: one of them must fail. Without --package all in turn but crypto,
// whose own script has run under this name before and still does. The last line reads "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CHECKED_PACKAGES } from './registry.ts';
import { removeInTurn, testsPass } from './run.ts';

const { values, positionals } = parseArgs({
  options: { package: { type: 'string' } },
  allowPositionals: true,
});
if (values.package === 'crypto') {
  const script = new URL('../../crypto/scripts/removed-checks.ts', import.meta.url).pathname;
  const { status } = spawnSync(process.execPath, [...process.execArgv, script, ...positionals], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
const names = Object.keys(CHECKED_PACKAGES).filter(
  (name) => values.package === undefined || name === values.package,
);
if (names.length === 0) {
  console.error(
    `no package ${String(values.package)}; one of ${Object.keys(CHECKED_PACKAGES).join(', ')}, crypto`,
  );
  process.exit(2);
}
let [passed, failed] = [0, 0];
for (const name of names) {
  if (!(await testsPass(name))) {
    console.log(`the tests of ${name} fail with every check in place`);
    failed += 1;
    continue;
  }
  const ids = CHECKED_PACKAGES[name]?.ids() ?? [];
  const chosen = ids.filter(
    (id) => positionals.length === 0 || positionals.some((prefix) => id.startsWith(prefix)),
  );
  const missed = await removeInTurn(name, chosen, console.log);
  console.log(
    `${name}: ${chosen.length - missed.length} of ${chosen.length} removed checks were noticed`,
  );
  passed += chosen.length - missed.length;
  failed += missed.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
