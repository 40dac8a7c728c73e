import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProcessGroup } from '../processes.ts';
import { startAnvil } from './anvil.ts';
import { DEVELOPMENT_ACCOUNTS } from './development-accounts.ts';
import { findGeth } from './geth-binary.ts';
import { rpcCall } from './running-ethereum.ts';

const folder = mkdtempSync(join(tmpdir(), 'midlock-geth-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function program(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('findGeth', () => {
  it('takes the named binary and no other', async () => {
    const file = program('named', 'echo Geth; echo "Version: 1.16.9-stable"');
    expect(await findGeth({ env: { GETH_BIN: file } })).toEqual({ file, version: '1.16.9-stable' });
    await expect(findGeth({ env: { GETH_BIN: join(folder, 'none') } })).rejects.toMatchObject({
      code: 'TOOL_MISSING',
    });
  });

  it('refuses versions that it does not know and programs that are not geth', async () => {
    const old = program('old', 'echo "Version: 1.13.15-stable"');
    const other = program('other', 'echo hello');
    for (const file of [old, other])
      await expect(findGeth({ env: { GETH_BIN: file } })).rejects.toMatchObject({
        code: 'TOOL_VERSION',
      });
  });

  it('says what to do where there is neither geth nor Go', async () => {
    await expect(findGeth({ env: { PATH: '', HOME: folder } })).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringContaining('go install') as unknown,
    });
  });

  it('lets Go install the pinned module once, outside the repository', async () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    writeFileSync(
      join(bin, 'go'),
      `#!/bin/sh\necho "$@" >> ${folder}/go-calls\nprintf '#!/bin/sh\\necho "Version: 1.16.9-stable"\\n' > "$GOBIN/geth"\n/bin/chmod 755 "$GOBIN/geth"\n`,
    );
    chmodSync(join(bin, 'go'), 0o755);
    const modules: string[] = [];
    const env = { PATH: bin, XDG_CACHE_HOME: join(folder, 'cache') };
    const options = { env, onInstall: (module: string) => modules.push(module) };
    const file = join(folder, 'cache/midlock/geth-v1.16.9/geth');
    expect(await findGeth(options)).toMatchObject({ file });
    expect(await findGeth(options)).toMatchObject({ file });
    expect(modules).toEqual(['github.com/ethereum/go-ethereum/cmd/geth@v1.16.9']);
  });
});

describe('the development accounts', () => {
  it("are those of anvil's mnemonic", async () => {
    const processes = createProcessGroup();
    try {
      const { url } = await startAnvil({ processes, workDir: folder });
      expect(await rpcCall(url, 'eth_accounts')).toEqual(DEVELOPMENT_ACCOUNTS);
    } finally {
      await processes.stopAll();
    }
  });
});
