import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createJsonRpc } from './json-rpc.ts';

const open: { stop: () => void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.stop();
});

/** One call of a node that answers every request so. */
async function call(answer: (response: ServerResponse) => void): Promise<unknown> {
  const server = createServer((_request, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${String(port)}`;
  return createJsonRpc({ url, timeoutMs: 60_000 }).call('eth_x', []);
}

const RIGHT = JSON.stringify({ jsonrpc: '2.0', id: 1, result: '0x5' });
const replying =
  (status: number, body: string) =>
  (response: ServerResponse): void => {
    response.writeHead(status).end(body);
  };

describe('an answer of a node', () => {
  it('is taken also with status 400', async () => {
    expect(await call(replying(200, RIGHT))).toBe('0x5');
    expect(await call(replying(400, RIGHT))).toBe('0x5');
  });

  it.each([
    [500, RIGHT],
    [503, RIGHT],
    [429, RIGHT],
    [200, ''],
  ])('with status %s and body %j is none', async (status, body) => {
    await expect(call(replying(status, body))).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      data: { status },
    });
  });

  it.each([
    ['another id', { id: 2, result: '0x5' }],
    ['no result', { id: 1 }],
    ['a refusal that is no object', { id: 1, error: 'no' }],
  ])('with %s is a lie', async (_what, answer) => {
    await expect(call(replying(200, JSON.stringify(answer)))).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
    });
  });

  it('longer than 64 MiB is a lie', async () => {
    const piece = Buffer.alloc(1 << 20, 0x20);
    const endless = (response: ServerResponse): void => {
      response.write(piece, () => {
        endless(response);
      });
    };
    await expect(call(endless)).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
      data: { what: 'answer too long' },
    });
  });
});
