// Takes away each check of crypto/src in turn and runs its folder's tests: one of them must fail.
//   node --conditions=source crypto/scripts/removed-checks.ts [folder or id prefix...]
// Prints the checks that no test misses and exits 1 when there are any. About 3 s a check.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { testsPass } from './run-tests.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const SOURCE = `${ROOT}crypto/src/`;
/** Folders whose checks are met by the tests of others too. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  encoding: ['crypto/src/paillier'],
  paillier: ['crypto/test/paillier-phe'],
};

const prefixes = process.argv.slice(2);
const checks = new Map<string, string>();
for (const file of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
  if (
    !file.endsWith('.ts') ||
    file.endsWith('.test.ts') ||
    file.startsWith('testing/') ||
    file.startsWith('internal/')
  )
    continue;
  for (const [, id] of readFileSync(SOURCE + file, 'utf8').matchAll(
    /\b(?:check|holds)\(\s*'([a-z0-9.-]+)'/g,
  ))
    checks.set(id!, dirname(file));
}
const chosen = [...checks].filter(
  ([id, folder]) =>
    prefixes.length === 0 || prefixes.some((prefix) => folder === prefix || id.startsWith(prefix)),
);
const baseline = [...new Set(chosen.map(([, folder]) => `crypto/src/${folder}`))];
if (!(await testsPass('removed-checks.config.ts', baseline, {}, 600_000))) {
  console.log('the tests fail with every check in place');
  process.exit(1);
}
const missed: string[] = [];
for (const [id, folder] of chosen) {
  const paths = [`crypto/src/${folder}`, ...(ALSO[folder] ?? [])];
  const env = { MIDLOCK_REMOVED_CHECK: id };
  const noticed = !(await testsPass('removed-checks.config.ts', paths, env, 300_000));
  console.log(`${noticed ? 'noticed' : 'MISSED '} ${id}`);
  if (!noticed) missed.push(id);
}
console.log(`${chosen.length - missed.length} of ${chosen.length} removed checks were noticed`);
process.exit(missed.length === 0 && chosen.length > 0 ? 0 : 1);
