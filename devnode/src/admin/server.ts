import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DevnodeError } from '../devnode-error.ts';
import type { AdminMethods } from './methods.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** JSON-RPC 2.0 over HTTP POST on loopback. Other hosts' names in `Host` are refused, so that no web page can reach it. @throws {DevnodeError} PORT_IN_USE. */
export async function startAdminServer(methods: AdminMethods, port: number): Promise<AdminServer> {
  const server = createServer((request, response) => {
    void handle(methods, request, response);
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function handle(
  methods: AdminMethods,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
    reply(403, failure(null, -32600, 'only for this machine'));
    return;
  }
  if (
    request.method !== 'POST' ||
    request.headers['content-type']?.startsWith('application/json') !== true
  ) {
    reply(405, failure(null, -32600, 'POST a JSON-RPC request as application/json'));
    return;
  }
  let id: unknown = null;
  try {
    const call = JSON.parse(await readBody(request)) as {
      id?: unknown;
      method?: unknown;
      params?: unknown;
    };
    id = call.id ?? null;
    const name = String(call.method);
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) {
      reply(
        200,
        failure(id, -32601, `no method ${name}; there are ${Object.keys(methods).join(', ')}`),
      );
      return;
    }
    const params =
      typeof call.params === 'object' && call.params !== null
        ? (call.params as Record<string, unknown>)
        : {};
    reply(200, { jsonrpc: '2.0', id, result: (await method(params)) ?? null });
  } catch (error) {
    const code = error instanceof SyntaxError ? -32700 : -32602;
    reply(200, failure(id, code, error instanceof Error ? error.message : String(error)));
  }
}

function failure(id: unknown, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('request too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ message }) => {
      reject(
        new DevnodeError(
          'PORT_IN_USE',
          `port ${port} of the controls cannot be listened on (${message}); choose another in "ports.admin", or 0 for any`,
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
