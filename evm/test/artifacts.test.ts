import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { SETTINGS } from '../scripts/compiler.ts';
import { LAYOUT, generatedFiles } from '../scripts/generated-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let files: Record<string, string>;

beforeAll(async () => {
  files = await generatedFiles();
});

describe('committed artifacts', () => {
  it('are what the compiler makes of the sources, to the byte', () => {
    expect(Object.keys(files).length).toBeGreaterThan(4);
    for (const [path, text] of Object.entries(files)) {
      if (path !== LAYOUT)
        expect(
          readFileSync(root + path, 'utf8') === text,
          `${path}: run evm/scripts/compile.ts`,
        ).toBe(true);
    }
  });

  it('keep storage, selectors, topics and errors frozen', () => {
    expect(JSON.parse(files[LAYOUT] ?? '')).toEqual(
      JSON.parse(readFileSync(root + LAYOUT, 'utf8')),
    );
  });

  it('leave room below the limits of EIP-170 and EIP-3860', () => {
    const artifact = JSON.parse(files['compiled/MidlockEscrow.json'] ?? '') as {
      bytecode: string;
      deployedBytecode: string;
    };
    expect(artifact.deployedBytecode.length / 2).toBeLessThan(24_576);
    expect(artifact.bytecode.length / 2).toBeLessThan(49_152);
  });

  it('have the settings of forge and Hardhat', async () => {
    const foundry = readFileSync(`${root}foundry.toml`, 'utf8');
    expect(foundry).toContain(`evm_version = "${SETTINGS.evmVersion}"`);
    expect(foundry).toContain('via_ir = true');
    expect(foundry).toContain('optimizer_runs = 1_000_000');
    const { default: hardhat } = (await import('../hardhat.config.ts')) as {
      default: { solidity: { compilers: { settings: unknown }[] } };
    };
    expect(hardhat.solidity.compilers[0]?.settings).toEqual(SETTINGS);
  });
});
