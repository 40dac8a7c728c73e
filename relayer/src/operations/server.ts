import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LoggerFamily } from '@midlock/client';
import { isMidlockError } from '@midlock/protocol';
import { addressGroup } from '../api/addresses.ts';
import { parseBody } from '../api/body.ts';
import type { ApiLimits } from '../api/limits.ts';
import type { Mailbox } from '../api/mailbox.ts';
import { problemOf } from '../api/problem.ts';
import { createRateLimiter } from '../api/rate-limit.ts';
import { answerBrokenRequest, boundConnections, checkHead, serverOptions } from '../api/wire.ts';
import { within } from '../api/within.ts';
import { healthChecks, readinessChecks, type FailedCheck, type HealthModules } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface OperationsOptions extends HealthModules {
  readonly metrics: Metrics;
  readonly mailbox: Mailbox;
  readonly logs: LoggerFamily;
  readonly version: string;
  readonly nowMs: () => bigint;
  readonly walletWei?: () => Promise<bigint>;
  /** Where this listens, and the names by which a proxy on this machine passes requests on. */
  readonly host: string;
  readonly hostNames: readonly string[];
  /** The API's bounds; they hold for this listener by itself. */
  readonly limits: ApiLimits;
}

const MAX_BODY_BYTES = 1024;
/** A node that does not tell the balance by then leaves the figure as it was. */
const WALLET_MS = 2_000;

/** The operations listener, with paths and JSON shapes of Fabric's operations service, behind the API's defences. */
export function createOperations(options: OperationsOptions): Server {
  const { metrics, mailbox, relayer, logs, version, nowMs, limits } = options;
  const limiter = createRateLimiter(nowMs);
  const routes: Record<
    string,
    (request: IncomingMessage, response: ServerResponse) => Promise<void> | void
  > = {
    'GET /livez': (_request, response) => json(response, 200, { status: 'OK', time: now(nowMs) }),
    'GET /healthz': async (_request, response) => {
      health(response, await healthChecks(options), now(nowMs));
    },
    'GET /readyz': async (_request, response) => {
      health(response, await readinessChecks(options), now(nowMs));
    },
    'GET /version': (_request, response) =>
      json(response, 200, { CommitSHA: process.env['MIDLOCK_COMMIT'] ?? '', Version: version }),
    'GET /metrics': async (_request, response) => {
      metrics.refresh(relayer, nowMs() / 1000n);
      metrics.mailbox(await mailbox.state());
      const wei = await walletWei();
      if (wei !== undefined) metrics.wallet(wei);
      response
        .writeHead(200, { 'content-type': metrics.registry.contentType })
        .end(await metrics.registry.metrics());
    },
    'PUT /resume': async (request, response) => {
      try {
        const { ledger } = (await readBody(request, limits)) as { ledger?: unknown };
        if (ledger !== 'fabric' && ledger !== 'ethereum')
          throw new RangeError('ledger must be fabric or ethereum');
        await relayer.resume(ledger);
        json(response, 200, { ledger, halted: relayer.world().halted.includes(ledger) });
      } catch (error) {
        if (!isMidlockError(error) || error.code === 'REQUEST_INVALID') refuse(response, error);
        else json(response, 409, { error: error.toJSON() });
      }
    },
    'GET /logspec': (_request, response) => json(response, 200, { spec: logs.spec }),
    'PUT /logspec': async (request, response) => {
      try {
        const { spec } = (await readBody(request, limits)) as { spec?: unknown };
        if (typeof spec !== 'string') throw new RangeError('spec must be a text');
        logs.setSpec(spec);
        response.writeHead(204).end();
      } catch (error) {
        refuse(response, error);
      }
    },
  };
  async function walletWei(): Promise<bigint | undefined> {
    const asked = options.walletWei?.() ?? Promise.resolve(undefined);
    return within(WALLET_MS, asked, 'balance').catch(() => undefined);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkHead(request, limits, options);
    const [kind, most] =
      request.method === 'PUT'
        ? ['writes', limits.writesPerMinute]
        : ['reads', limits.readsPerMinute];
    limiter.count(`${kind} ${addressGroup(request.socket.remoteAddress)}`, most);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const route = routes[`${request.method ?? ''} ${path}`];
    if (route === undefined) json(response, 404, { error: 'not found' });
    else await within(limits.answerMs, Promise.resolve(route(request, response)), 'answer');
  }

  const server = createServer(serverOptions(limits), (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) {
        response.end();
        return;
      }
      const { status, headers, body } = problemOf(error);
      // What follows on this connection may be the rest of what was refused.
      response.writeHead(status, { ...headers, connection: 'close' }).end(body);
    });
  });
  server.setTimeout(limits.idleMs);
  server.keepAliveTimeout = limits.idleMs;
  server.maxRequestsPerSocket = limits.maxRequestsPerConnection;
  server.on('clientError', answerBrokenRequest);
  boundConnections(server, limits);
  return server;
}

function health(response: ServerResponse, failed: readonly FailedCheck[], time: string): void {
  if (failed.length === 0) json(response, 200, { status: 'OK', time });
  else json(response, 503, { status: 'Service Unavailable', time, failed_checks: failed });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The rest of a body that is too long is no further request. */
function refuse(response: ServerResponse, error: unknown): void {
  response.setHeader('connection', 'close');
  json(response, 400, { error: error instanceof RangeError ? error.message : 'invalid request' });
}

/** JSON of at most 1 KiB. Throws REQUEST_INVALID; RangeError when it is longer. */
async function readBody(request: IncomingMessage, { maxJsonDepth }: ApiLimits): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const stream = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  for await (const part of stream) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError('too long');
    parts.push(part);
  }
  return parseBody(Buffer.concat(parts), maxJsonDepth);
}

function now(nowMs: () => bigint): string {
  return new Date(Number(nowMs())).toISOString();
}
