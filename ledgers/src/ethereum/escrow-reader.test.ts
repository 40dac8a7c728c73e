import { escrowTopic } from '@midlock/evm';
import { parseAddress, toHex } from '@midlock/protocol';
import { expect, it } from 'vitest';
import { createEscrowReader } from './escrow-reader.ts';
import { fakeEndpoints, header, wireBlock } from './fake-chain.ts';

const ESCROW = parseAddress(`0x${'e5'.repeat(20)}`, 'escrow');
const word = (byte: number): string => toHex(new Uint8Array(32).fill(byte));

/** A claim of the swap `id` as a node tells it. */
function claim(id: number, height: number, index: number): object {
  return {
    address: ESCROW,
    topics: [escrowTopic('Claimed'), word(id)],
    data: `${word(0)}${word(id).slice(2)}`,
    blockNumber: `0x${height.toString(16)}`,
    blockHash: header(height).hash,
    transactionHash: word(id),
    transactionIndex: '0x0',
    logIndex: `0x${index.toString(16)}`,
    removed: false,
  };
}

it('tells facts in the order of the chain, in whatever order a node gives the logs', async () => {
  const endpoints = fakeEndpoints(() => header(3), {
    eth_getLogs: () => [claim(4, 2, 1), claim(2, 1, 7), claim(3, 2, 0), claim(1, 1, 2)],
    eth_getBlockByNumber: ([height]) => wireBlock(Number(height)),
  });
  const reader = createEscrowReader({ endpoints, chainId: 31337n, escrow: ESCROW });
  const found = await reader.factsBetween(1n, 2n);
  expect(found.flatMap(({ facts }) => facts.map(({ swapId }) => swapId))).toEqual(
    [1, 2, 3, 4].map(word),
  );
});

it('refuses logs of blocks that were not asked for', async () => {
  const endpoints = fakeEndpoints(() => header(9), {
    eth_getLogs: () => [claim(1, 1, 0), claim(2, 5, 0)],
    eth_getBlockByNumber: ([height]) => wireBlock(Number(height)),
  });
  const reader = createEscrowReader({ endpoints, chainId: 31337n, escrow: ESCROW });
  expect(await reader.factsBetween(1n, 5n)).toHaveLength(2);
  for (const [from, to] of [
    [2n, 5n],
    [1n, 4n],
  ] as const)
    await expect(reader.factsBetween(from, to)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
});

it('calls an answer that the bindings cannot decode a lie', async () => {
  const endpoints = fakeEndpoints(() => header(9), { eth_call: () => '0x01' });
  const reader = createEscrowReader({ endpoints, chainId: 31337n, escrow: ESCROW });
  const undecodable = async (call: (data: string) => Promise<string>): Promise<never> => {
    expect(await call('0x')).toBe('0x01');
    throw new TypeError('could not decode result data');
  };
  await expect(reader.read(undecodable)).rejects.toMatchObject({
    code: 'ENDPOINT_LIED',
    data: { what: 'malformed answer of the escrow' },
  });
});
