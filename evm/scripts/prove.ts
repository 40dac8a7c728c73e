// Proves proofs/EscrowProofs.sol by halmos (HALMOS_BIN, else from PATH; `pip install halmos`). See README, Proofs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withCopy } from './forge.ts';

const halmos = process.env['HALMOS_BIN'] ?? 'halmos';
const forge = createRequire(import.meta.url).resolve('@foundry-rs/forge-linux-amd64/bin/forge');
const spec = fileURLToPath(new URL('../proofs/EscrowProofs.sol', import.meta.url));

// To the prover both hashes are functions without known properties, but it cannot run the SHA-256 precompile on unknown input.
const SHA256 = 'pop(staticcall(gas(), 2, 0, 0x20, 0, 0x20))\n            hashLock := mload(0)';

withCopy((folder) => {
  rmSync(join(folder, 'test/forge'), { recursive: true });
  mkdirSync(join(folder, 'test/forge'), { recursive: true });
  copyFileSync(spec, join(folder, 'test/forge/EscrowProofs.t.sol'));
  edit(join(folder, 'contracts/libraries/LockHash.sol'), SHA256, 'hashLock := keccak256(0, 0x20)');
  edit(join(folder, 'foundry.toml'), 'evm_version = "osaka"', 'evm_version = "cancun"');
  const path = [dirname(process.execPath), dirname(forge), process.env['PATH'] ?? ''].join(
    delimiter,
  );
  const run = spawnSync(
    halmos,
    [
      '--contract',
      'EscrowProofs',
      '--solver-timeout-assertion',
      '120000',
      ...process.argv.slice(2),
    ],
    { cwd: folder, stdio: 'inherit', env: { ...process.env, PATH: path } },
  );
  if (run.error !== undefined) console.error(`halmos does not run: ${run.error.message}`);
  process.exitCode = run.status ?? 1;
}, true);

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${path}: not found once: ${from}`);
  writeFileSync(path, text.replace(from, to));
}
