// `npm run check`: types, lint, format, direction of imports. Prints one line per check and fails if any fails.
import { spawnSync } from 'node:child_process';

const CHECKS = [
  ['types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']],
  ['types (chaincode)', ['node_modules/typescript/bin/tsc', '-p', 'chaincode', '--noEmit']],
  // Folders that drive the chaincode's own classes are read with its settings.
  ...['test/differential', 'test/exploits/fabric', 'examples/own-token'].map((folder) => [
    `types (${folder})`,
    ['node_modules/typescript/bin/tsc', '-p', folder, '--noEmit'],
  ]),
  ['imports', ['scripts/check-imports.mjs']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['solidity lint', ['node_modules/solhint/solhint.js', '--noPoster', 'evm/contracts/**/*.sol']],
];

let failed = 0;
for (const [name, args] of CHECKS) {
  const startedAt = Date.now();
  const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ok = run.status === 0;
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
  );
  if (!ok) {
    failed += 1;
    console.log(run.stdout.slice(-8000) + run.stderr.slice(-4000));
  }
}
console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
