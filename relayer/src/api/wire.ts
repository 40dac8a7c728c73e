import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLoopback } from '@midlock/client';
import { MidlockError } from '@midlock/protocol';
import { addressGroup } from './addresses.ts';
import type { ApiLimits } from './limits.ts';
import { problemOf, type Problem } from './problem.ts';

const CHECK_MS = 500;
const MOST_CHECKS = 4;

/** Options of Node's HTTP server: what Fastify does not pass on by itself. */
export function serverOptions({ requestMs, maxHeaderBytes }: ApiLimits): {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly connectionsCheckingInterval: number;
  readonly maxHeaderSize: number;
  readonly requireHostHeader: boolean;
} {
  return {
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, Math.ceil(requestMs / MOST_CHECKS)),
    maxHeaderSize: maxHeaderBytes,
    // Checked in checkHead, so that this refusal too is a problem document.
    requireHostHeader: false,
  };
}

/** Bounds a server's connections, all together and by address. */
export function boundConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress }: ApiLimits,
): void {
  server.maxConnections = maxConnections;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = addressGroup(socket.remoteAddress);
    const count = (open.get(address) ?? 0) + 1;
    if (count > maxConnectionsPerAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** Headers of which two must not be: each side could believe another one. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'last-event-id',
  'transfer-encoding',
]);

/**
 * Refuses a request by its head, before any work is done for it.
 * @throws {MidlockError} REQUEST_INVALID with the status in `status`; NOT_AUTHORIZED for a page of another site.
 */
export function checkHead(
  request: IncomingMessage,
  limits: ApiLimits,
  { host, hostNames }: { readonly host: string; readonly hostNames: readonly string[] },
): void {
  const { rawHeaders, headers, url = '', httpVersion } = request;
  if (url.length > limits.maxUrlBytes) throw refusal(414, 'url', limits.maxUrlBytes);
  if (rawHeaders.length / 2 > limits.maxHeaders) throw refusal(431, 'headers', limits.maxHeaders);
  // The absolute form names a host of its own, beside the header's.
  if (!url.startsWith('/')) throw new MidlockError('REQUEST_INVALID', { expected: 'a path' });
  const seen = new Set<string>();
  for (const name of rawHeaders.filter((_text, index) => index % 2 === 0)) {
    const lower = name.toLowerCase();
    if (SINGLE.has(lower) && seen.has(lower))
      throw new MidlockError('REQUEST_INVALID', { field: lower, expected: 'once' });
    seen.add(lower);
  }
  if (httpVersion !== '1.0' && headers.host === undefined)
    throw new MidlockError('REQUEST_INVALID', { field: 'host', expected: 'one host' });
  // Browsers send Origin with what pages of other sites ask for. No page is served here, so that no origin is right.
  if (headers.origin !== undefined)
    throw new MidlockError('NOT_AUTHORIZED', { reason: 'requests of web pages are refused' });
  // A name that a stranger lets point to 127.0.0.1 would make this a page's own site.
  const asked = headers.host === undefined ? 'localhost' : hostName(headers.host);
  if (isLoopback(host) && !isLoopback(asked) && !hostNames.includes(asked))
    throw new MidlockError('NOT_AUTHORIZED', { reason: 'the host is not this machine' });
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw refusal(415, 'content-encoding');
}

/** Answers what never became a request: a broken, oversized or slow head. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, headers, body } = brokenRequest(error.code);
  const head = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${String(status)} Refused\r\n${head.join('')}\r\n${body}`, () => {
    socket.destroy();
  });
}

function brokenRequest(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problemOf(refusal(408, 'request'));
  if (code === 'HPE_HEADER_OVERFLOW') return problemOf(refusal(431, 'headers'));
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return problemOf(refusal(413, 'body'));
  return problemOf(new MidlockError('REQUEST_INVALID', { where: 'head', expected: 'HTTP/1.1' }));
}

function refusal(status: number, what: string, limit?: number): MidlockError {
  return new MidlockError('REQUEST_INVALID', {
    status,
    what,
    ...(limit === undefined ? {} : { limit }),
  });
}

function hostName(host: string): string {
  return /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, '').toLowerCase();
}
