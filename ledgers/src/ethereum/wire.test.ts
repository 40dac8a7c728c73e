import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMidlockError } from '@midlock/protocol';
import { RpcRefusal, parseAnswer } from './json-rpc.ts';
import {
  parseBlock,
  parseBlockTransactions,
  parseLogs,
  parseQuantity,
  parseReceipt,
} from './wire.ts';

const hash = `0x${'AB'.repeat(32)}`;
const address = `0x${'Cd'.repeat(20)}`;
const log = {
  address,
  topics: [hash],
  data: '0x01',
  blockHash: hash,
  blockNumber: '0x5',
  transactionHash: hash,
  logIndex: '0x0',
};
const block = {
  number: '0x5',
  hash,
  parentHash: hash,
  timestamp: '0x6512',
  transactions: [{ to: null, input: '0x' }],
};
const receipt = {
  transactionHash: hash,
  blockHash: hash,
  blockNumber: '0x5',
  status: '0x1',
  gasUsed: '0x5208',
  logs: [log],
};

describe('answers of Ethereum nodes', () => {
  it('reads well-formed ones and lowers their case', () => {
    expect(parseBlock(block)).toEqual({
      height: 5n,
      hash: hash.toLowerCase(),
      parentHash: hash.toLowerCase(),
      timeSec: 0x6512n,
    });
    expect(parseLogs([log])[0]?.address).toBe(address.toLowerCase());
    expect(parseReceipt(receipt)).toMatchObject({ succeeded: true, gasUsed: 21_000n });
    expect([parseBlock(null), parseReceipt(null), parseBlockTransactions(null)]).toEqual([
      null,
      null,
      [],
    ]);
  });

  it('leaves out logs of removed blocks', () => {
    expect(parseLogs([{ ...log, removed: true }])).toEqual([]);
  });

  it('refuses every single damaged field with ENDPOINT_LIED', () => {
    const damaged = fc.oneof(
      fc.constantFrom(undefined, {}, [], '', '0x', '0xzz', -1, 1, 'latest', '0x'.padEnd(70, 'f')),
      fc.string({ maxLength: 20 }),
    );
    const cases: [object, (value: unknown) => unknown][] = [
      [block, parseBlock],
      [log, (value) => parseLogs([value])],
      [receipt, parseReceipt],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.nat(20), damaged, ([good, parse], field, value) => {
        const keys = Object.keys(good).filter((key) => key !== 'transactions');
        const key = keys[field % keys.length] ?? '';
        const quantity = typeof value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(value);
        const bytes = typeof value === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(value);
        fc.pre(
          !(quantity && /number|timestamp|status|gas|index/i.test(key)) &&
            !(bytes && key === 'data'),
        );
        fc.pre(!(['logs', 'topics'].includes(key) && Array.isArray(value)));
        expect(() => parse({ ...good, [key]: value })).toThrow('ENDPOINT_LIED');
      }),
      { seed: 4, numRuns: 1_000 },
    );
  });

  it('never fails in another way, whatever arrives', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parse of [parseBlock, parseLogs, parseReceipt, parseBlockTransactions]) {
          try {
            parse(value);
          } catch (error) {
            expect(isMidlockError(error, 'ENDPOINT_LIED')).toBe(true);
          }
        }
      }),
      { seed: 5, numRuns: 1_000 },
    );
  });

  it('reads quantities of up to 256 bits only', () => {
    expect(parseQuantity(`0x${'f'.repeat(64)}`, 'x')).toBe((1n << 256n) - 1n);
    expect(() => parseQuantity(`0x1${'0'.repeat(64)}`, 'x')).toThrow('ENDPOINT_LIED');
  });
});

describe('JSON-RPC answers', () => {
  it('returns the result of its own call only', () => {
    expect(parseAnswer('n', 'm', 7, '{"jsonrpc":"2.0","id":7,"result":null}')).toBe(null);
    for (const text of ['', '[]', '{"id":8,"result":1}', '{"id":7}', 'null', '{"id":7,"result":'])
      expect(() => parseAnswer('n', 'm', 7, text)).toThrow('ENDPOINT_LIED');
  });

  it('keeps revert data and drops everything that could be calldata', () => {
    const secret = 'ab'.repeat(32);
    const answer = {
      id: 1,
      error: { code: 3, message: `execution reverted: 0x${secret}`, data: { data: '0xdeadbeef' } },
    };
    let refusal: unknown;
    try {
      parseAnswer('n', 'eth_call', 1, JSON.stringify(answer));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(RpcRefusal);
    expect(refusal).toMatchObject({ rpcCode: 3, data: '0xdeadbeef' });
    expect(String(refusal)).not.toContain(secret);
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseAnswer('n', 'm', 1, text);
        } catch (error) {
          expect(error instanceof RpcRefusal || isMidlockError(error, 'ENDPOINT_LIED')).toBe(true);
        }
      }),
      { seed: 6, numRuns: 1_000 },
    );
  });
});

it('reads no log with more topics than the EVM has', () => {
  expect(parseLogs([{ ...log, topics: [hash, hash, hash, hash] }])).toHaveLength(1);
  expect(() => parseLogs([{ ...log, topics: [hash, hash, hash, hash, hash] }])).toThrow(
    expect.objectContaining({ code: 'ENDPOINT_LIED' }),
  );
});
