import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isMidlockError } from '@midlock/protocol';
import { agreement, createEndpoints } from './endpoints.ts';
import { wireBlock } from './fake-chain.ts';
import { RpcRefusal } from './json-rpc.ts';
import { startStubNode, type StubAnswers, type StubNode } from './stub-node.ts';
import { sendToAll } from './submit.ts';
import { parseQuantity } from './wire.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

const nodes: StubNode[] = [];
afterEach(() => Promise.all(nodes.splice(0).map((stub) => stub.stop())));

async function node(answers: StubAnswers | null): Promise<string> {
  const stub = await startStubNode(answers);
  nodes.push(stub);
  return stub.url;
}

const number = (value: unknown): bigint => parseQuantity(value, 'x');
const DEAD = 'http://127.0.0.1:2';

describe('several endpoints', () => {
  it('goes on to the next one when one is dead, hangs up, talks nonsense or serves another chain', async () => {
    const urls = [
      DEAD,
      await node(null),
      await node({ eth_x: 'nonsense' }),
      await node({ eth_chainId: '0x2', eth_x: '0x9' }),
      await node({ eth_x: '0x5' }),
    ];
    expect(await createEndpoints({ urls, chainId: 1n }).any('eth_x', [], number)).toBe(5n);
  });

  it('names the wrong chain when no other answer is left', async () => {
    const urls = [DEAD, await node({ eth_chainId: '0x2' })];
    await expect(
      createEndpoints({ urls, chainId: 1n }).any('eth_x', [], number),
    ).rejects.toMatchObject({
      code: 'ENDPOINT_WRONG_CHAIN',
    });
  });

  it('takes what a quorum says and fails closed below it', async () => {
    const [five, six] = [await node({ eth_x: '0x5' }), await node({ eth_x: '0x6' })];
    const three = (urls: string[]) =>
      createEndpoints({ urls, quorum: 2, chainId: 1n }).agreed('eth_x', [], number);
    expect(await three([five, six, await node({ eth_x: '0x05' })])).toBe(5n);
    await expect(three([five, six, DEAD])).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
    await expect(three([five, DEAD, DEAD])).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });

  it('waits for no node that hangs, once the others agree', async () => {
    const hanging = createServer(() => undefined);
    servers.push(hanging);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const block = {
      number: '0x5',
      hash: `0x${'aa'.repeat(32)}`,
      parentHash: `0x${'00'.repeat(32)}`,
      timestamp: '0x1',
    };
    const good = { eth_x: '0x5', eth_getBlockByNumber: block };
    const urls = [
      `http://127.0.0.1:${String((hanging.address() as AddressInfo).port)}`,
      await node(good),
      await node(good),
    ];
    // A node that were waited for would keep this open until the test's time is over.
    const endpoints = createEndpoints({ urls, quorum: 2, chainId: 1n, timeoutMs: 600_000 });
    expect(await endpoints.agreed('eth_x', [], number)).toBe(5n);
    expect(await endpoints.head()).toMatchObject({ height: 5n });
  });

  it('has no head while fewer than a quorum answer, nor where a node has no block at all', async () => {
    const top = { eth_getBlockByNumber: wireBlock(5) };
    const urls = [await node(top), DEAD, DEAD];
    await expect(createEndpoints({ urls, quorum: 2, chainId: 1n }).head()).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
    });
    const empty = [await node({ eth_getBlockByNumber: () => null })];
    await expect(createEndpoints({ urls: empty, chainId: 1n }).head()).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
      data: { what: 'no block where one must be' },
    });
  });

  it('takes no head that one node alone has', async () => {
    const chain = (top: number) => ({
      eth_getBlockByNumber: ([asked]: readonly unknown[]) => {
        const height = asked === 'latest' ? top : Number(asked);
        return height > top ? null : wireBlock(height);
      },
    });
    const urls = [await node(chain(9)), await node(chain(7)), await node(chain(5))];
    const endpoints = createEndpoints({ urls, quorum: 2, chainId: 1n });
    expect(await endpoints.head()).toMatchObject({ height: 7n });
  });

  it('takes the highest block that a quorum has as head', async () => {
    const block = (number: string, byte: string) => ({
      eth_getBlockByNumber: {
        number,
        hash: `0x${byte.repeat(32)}`,
        parentHash: `0x${'00'.repeat(32)}`,
        timestamp: '0x1',
      },
    });
    const urls = [
      await node(block('0x5', 'aa')),
      await node(block('0x5', 'aa')),
      await node(block('0x9', 'bb')),
    ];
    const endpoints = createEndpoints({ urls, quorum: 2, chainId: 1n });
    expect(await endpoints.head()).toMatchObject({ height: 5n });
    const split = [urls[0]!, await node(block('0x5', 'cc')), DEAD];
    await expect(
      createEndpoints({ urls: split, quorum: 2, chainId: 1n }).head(),
    ).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
    });
  });

  it('never lets fewer equal answers than the quorum through', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 7 }),
        (values, quorum) => {
          const answers = values.map((value): PromiseSettledResult<number> =>
            value === null
              ? { status: 'rejected', reason: new Error('down') }
              : { status: 'fulfilled', value },
          );
          const count = (value: number): number => values.filter((other) => other === value).length;
          const possible = [0, 1, 2, 3].some((value) => count(value) >= quorum);
          if (possible)
            expect(count(agreement(answers, quorum, 'm'))).toBeGreaterThanOrEqual(quorum);
          else expect(() => agreement(answers, quorum, 'm')).toThrow();
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it('refuses a quorum that cannot be met and URLs that are none', () => {
    for (const [urls, quorum] of [
      [[], 1],
      [['http://a'], 2],
      [['http://a'], 0],
      [['ftp://a'], 1],
      [['a'], 1],
    ] as const)
      expect(() => createEndpoints({ urls, quorum, chainId: 1n })).toThrow('CONFIG_INVALID');
  });
});

describe('submission', () => {
  const transaction = {
    ledger: 'ethereum',
    txId: `0x${'11'.repeat(32)}`,
    bytes: Uint8Array.of(1),
  } as const;
  const send = async (...answers: (StubAnswers | null | string)[]) => {
    const urls = await Promise.all(
      answers.map(async (answer) => (typeof answer === 'string' ? answer : node(answer))),
    );
    try {
      await sendToAll(createEndpoints({ urls, chainId: 1n }), transaction);
      return 'sent';
    } catch (error) {
      if (isMidlockError(error)) return error.code;
      throw error;
    }
  };
  const refusing = (text: string) => ({ eth_sendRawTransaction: new Error(text) });

  it('succeeds when one endpoint takes it or knows it already', async () => {
    expect(await send(DEAD, { eth_sendRawTransaction: '0x00' })).toBe('sent');
    for (const text of [
      'already known',
      'nonce too low: next nonce 2, tx nonce 1',
      'transaction already imported',
      'replacement transaction underpriced',
    ])
      expect(await send(DEAD, refusing(text))).toBe('sent');
  });

  it('tells apart what was never sent, what may have been, and what cannot be paid', async () => {
    expect(await send(DEAD, DEAD)).toBe('ENDPOINT_UNREACHABLE');
    expect(await send(DEAD, refusing('insufficient funds for gas * price + value'))).toBe(
      'FEE_BUDGET',
    );
    expect(await send(refusing('the pool is full'))).toBe('SUBMIT_UNKNOWN');
  });

  it('does not know what an endpoint did that took the request and died', async () => {
    const flaky = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { id, method } = JSON.parse(body) as { id: number; method: string };
        if (method === 'eth_chainId') response.end(JSON.stringify({ id, result: '0x1' }));
        else request.socket.destroy();
      });
    });
    servers.push(flaky);
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
    expect(await send(`http://127.0.0.1:${String((flaky.address() as AddressInfo).port)}`)).toBe(
      'SUBMIT_UNKNOWN',
    );
  });

  it('keeps refusals out of what callers see', async () => {
    const urls = [await node({ eth_x: new Error('bad') })];
    await expect(
      createEndpoints({ urls, chainId: 1n }).any('eth_x', [], number),
    ).rejects.toBeInstanceOf(RpcRefusal);
  });
});
