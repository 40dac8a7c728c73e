import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LoggerFamily } from '@midlock/client';
import { isMidlockError } from '@midlock/protocol';
import { healthChecks, readinessChecks, type FailedCheck, type HealthModules } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface OperationsOptions extends HealthModules {
  readonly metrics: Metrics;
  readonly logs: LoggerFamily;
  readonly version: string;
  readonly nowMs: () => bigint;
  readonly walletWei?: () => Promise<bigint>;
}

const MAX_SPEC = 1024;

/** The operations listener, with paths and JSON shapes of Fabric's operations service. */
export function createOperations(options: OperationsOptions): Server {
  const { metrics, relayer, logs, version, nowMs } = options;
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
      // A node that does not answer leaves the figure as it was.
      const wei = await options.walletWei?.().catch(() => undefined);
      if (wei !== undefined) metrics.wallet(wei);
      response
        .writeHead(200, { 'content-type': metrics.registry.contentType })
        .end(await metrics.registry.metrics());
    },
    'PUT /resume': async (request, response) => {
      try {
        const { ledger } = JSON.parse(await readBody(request)) as { ledger?: unknown };
        if (ledger !== 'fabric' && ledger !== 'ethereum')
          throw new RangeError('ledger must be fabric or ethereum');
        await relayer.resume(ledger);
        json(response, 200, { ledger, halted: relayer.world().halted.includes(ledger) });
      } catch (error) {
        if (isMidlockError(error)) json(response, 409, { error: error.toJSON() });
        else
          json(response, 400, {
            error: error instanceof RangeError ? error.message : 'invalid request',
          });
      }
    },
    'GET /logspec': (_request, response) => json(response, 200, { spec: logs.spec }),
    'PUT /logspec': async (request, response) => {
      try {
        const { spec } = JSON.parse(await readBody(request)) as { spec?: unknown };
        if (typeof spec !== 'string') throw new RangeError('spec must be a text');
        logs.setSpec(spec);
        response.writeHead(204).end();
      } catch (error) {
        json(response, 400, {
          error: error instanceof RangeError ? error.message : 'invalid request',
        });
      }
    },
  };
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000 },
    (request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const route = routes[`${request.method ?? ''} ${path}`];
      if (route === undefined) {
        json(response, 404, { error: 'not found' });
        return;
      }
      Promise.resolve(route(request, response)).catch(() => {
        if (!response.headersSent) json(response, 500, { error: 'internal' });
        else response.end();
      });
    },
  );
  server.maxConnections = 64;
  return server;
}

function health(response: ServerResponse, failed: readonly FailedCheck[], time: string): void {
  if (failed.length === 0) json(response, 200, { status: 'OK', time });
  else json(response, 503, { status: 'Service Unavailable', time, failed_checks: failed });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_SPEC) throw new RangeError('too long');
  }
  return text;
}

function now(nowMs: () => bigint): string {
  return new Date(Number(nowMs())).toISOString();
}
