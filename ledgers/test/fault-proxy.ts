import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to do with an answer: give another one, or `hang up`. */
export type Fault = (method: string, params: readonly unknown[], result: unknown) => unknown;

export const HANG_UP = Symbol('hang up');

export interface FaultProxy {
  readonly url: string;
  fault: Fault | undefined;
  stop(): Promise<void>;
}

/** A JSON-RPC proxy before a real node that lies as the test tells it to. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      void answer(body).then((text) => {
        if (text === undefined) request.socket.destroy();
        else response.end(text);
      });
    });
  });
  const proxy = { fault: undefined as Fault | undefined };

  async function answer(body: string): Promise<string | undefined> {
    const { method, params } = JSON.parse(body) as { method: string; params: unknown[] };
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const reply = (await response.json()) as { result?: unknown };
    if (proxy.fault === undefined || !('result' in reply)) return JSON.stringify(reply);
    const result = proxy.fault(method, params, reply.result);
    return result === HANG_UP ? undefined : JSON.stringify({ ...reply, result });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
