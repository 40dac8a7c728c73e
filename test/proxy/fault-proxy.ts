import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a node answered, or what is answered in its place. */
export type RpcReply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

/** One JSON-RPC call on its way to the node. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Asks the node, with other parameters if given. */
  forward(params?: readonly unknown[]): Promise<RpcReply>;
}

/** The connection ends without an answer. */
export const HANG_UP = Symbol('hang up');

/** Answers in the node's place, after asking it or without. See faults.ts for the usual ones. */
export type Fault = (call: RpcCall) => Promise<RpcReply | typeof HANG_UP>;

export interface FaultProxy {
  readonly url: string;
  /** What happens to every call from now on; undefined forwards. */
  fault: Fault | undefined;
  stop(): Promise<void>;
}

/** A JSON-RPC proxy on a free port of loopback before a real node, which fails as the test tells it to. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const proxy = { fault: undefined as Fault | undefined };

  async function answer({ id, method, params }: Message): Promise<object | undefined> {
    const forward = (given: readonly unknown[] = params): Promise<RpcReply> =>
      ask(target, { id, method, params: given });
    const fault = proxy.fault ?? ((call: RpcCall) => call.forward());
    const reply = await fault({ method, params, forward });
    return reply === HANG_UP ? undefined : { jsonrpc: '2.0', id, ...reply };
  }

  async function answerAll(body: string): Promise<string | undefined> {
    const message = JSON.parse(body) as Message | readonly Message[];
    if (!Array.isArray(message)) return text(await answer(message as Message));
    const answers = await Promise.all((message as readonly Message[]).map(answer));
    return answers.includes(undefined) ? undefined : text(answers);
  }

  const server = createServer((request, response) => {
    bodyOf(request)
      .then(answerAll)
      .then(
        (reply) => {
          if (reply === undefined) request.socket.destroy();
          else response.setHeader('content-type', 'application/json').end(reply);
        },
        // The node itself is away.
        () => request.socket.destroy(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

interface Message {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

async function ask(target: string, message: Message): Promise<RpcReply> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  const reply = (await response.json()) as { result?: unknown; error?: unknown };
  return (
    reply.error === undefined ? { result: reply.result } : { error: reply.error }
  ) as RpcReply;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function text(value: object | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
