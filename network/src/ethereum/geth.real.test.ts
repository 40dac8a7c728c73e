import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProcessGroup } from '../processes.ts';
import { DEVELOPMENT_ACCOUNTS } from './development-accounts.ts';
import { findGeth } from './geth-binary.ts';
import { startGeth } from './geth.ts';
import { rpcCall } from './running-ethereum.ts';

const geth = await findGeth().catch((error: unknown) => {
  console.log(`geth not tested: ${error instanceof Error ? error.message : String(error)}`);
  return undefined;
});
const workDir = mkdtempSync(join(tmpdir(), 'midlock-geth-'));
const processes = createProcessGroup();
afterAll(async () => {
  await processes.stopAll();
  rmSync(workDir, { recursive: true, force: true });
});

describe.skipIf(geth === undefined)('startGeth', () => {
  it('funds the development accounts, keeps its chain over a restart and refuses a taken port', async () => {
    const first = await startGeth({ processes, workDir, chainId: 4242 });
    const { url } = first;
    expect(first).toMatchObject({ kind: 'geth', chainId: 4242, version: geth?.version });
    expect(await rpcCall(url, 'eth_chainId')).toBe('0x1092');
    expect(await rpcCall(url, 'eth_getBalance', [DEVELOPMENT_ACCOUNTS[19], 'latest'])).toBe(
      '0x21e19e0c9bab2400000',
    );
    await untilHeight(url, 2n);
    const port = Number(new URL(url).port);
    await expect(
      startGeth({ processes, workDir: join(workDir, 'other'), port }),
    ).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    const block = (await rpcCall(url, 'eth_getBlockByNumber', ['0x1', false])) as { hash: string };
    await first.stop();
    const again = await startGeth({ processes, workDir, port, chainId: 4242 });
    expect(again.url).toBe(url);
    expect(await rpcCall(url, 'eth_getBlockByNumber', ['0x1', false])).toMatchObject({
      hash: block.hash,
    });
  });
});

async function untilHeight(url: string, height: bigint): Promise<void> {
  while (BigInt(String(await rpcCall(url, 'eth_blockNumber'))) < height)
    await new Promise((resolve) => setTimeout(resolve, 100));
}
