import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { MidlockError, isMidlockError } from '@midlock/protocol';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ApiContext } from './context.ts';
import { eventRoute } from './event-route.ts';
import { checkDepth } from './json-depth.ts';
import { mailboxRoutes } from './mailbox-routes.ts';
import { openApiDocument } from './openapi.ts';
import { NO_RESOURCE, sendProblem } from './problem.ts';
import { createRateLimiter, type RateLimiter, type RateLimits } from './rate-limit.ts';
import type { Route } from './route.ts';
import { statusRoutes } from './status-routes.ts';
import { swapRoutes } from './swap-routes.ts';
import { createTokenChecker, type TokenChecker, type TokenRecord } from './tokens.ts';

export interface ApiOptions {
  readonly host: string;
  readonly tokens: readonly TokenRecord[];
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly limits: RateLimits;
  readonly maxConnections: number;
}

export const API_VERSION = '0.1.0';
const BODY_LIMIT = 64 * 1024;
const MAX_DEPTH = 16;
const TIMEOUT_MS = 10_000;

/** Every route of the API, in the order of the document. */
export function allRoutes(context: ApiContext): readonly Route[] {
  return [
    ...swapRoutes(context),
    eventRoute(context),
    ...mailboxRoutes(context),
    ...statusRoutes(context),
  ];
}

/**
 * Builds the HTTP server; the caller listens.
 * @throws {MidlockError} TLS_REQUIRED for a host beyond loopback without TLS and tokens.
 */
export function createApi(options: ApiOptions, context: ApiContext): FastifyInstance {
  requireTls(options);
  const { tls, tokens } = options;
  const server = Fastify({
    bodyLimit: BODY_LIMIT,
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    keepAliveTimeout: TIMEOUT_MS,
    maxRequestsPerSocket: 1000,
    routerOptions: { maxParamLength: 128 },
    forceCloseConnections: true,
    ...(tls === undefined
      ? {}
      : {
          https: {
            cert: readFileSync(tls.certFile),
            key: readFileSync(tls.keyFile),
            minVersion: 'TLSv1.2' as const,
          },
        }),
  }) as unknown as FastifyInstance;
  server.server.maxConnections = options.maxConnections;
  const guard = createGuard(
    tokens.length === 0 ? undefined : createTokenChecker(tokens, context.nowMs),
    createRateLimiter(options.limits, context.nowMs),
  );
  const routes = allRoutes(context);
  const document = openApiDocument(routes, API_VERSION);

  server.removeContentTypeParser(['text/plain', 'application/json']);
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseBody(String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
  server.setErrorHandler((error, _request, reply) =>
    sendProblem(reply, error, guard.retryAfterSec(error)),
  );
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new MidlockError('REQUEST_INVALID', { reason: NO_RESOURCE })),
  );
  server.get('/api', () => document);
  for (const route of routes) register(server, route, guard);
  return server;
}

function register(server: FastifyInstance, route: Route, guard: Guard): void {
  server.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      guard.admit(request, route);
      const params = check(route.params, request.params, 'path');
      const query = check(route.query, request.query, 'query');
      const body = route.body === undefined ? undefined : check(route.body, request.body, 'body');
      reply.status(route.status);
      const answer = await route.handle({
        params: params as Record<string, string>,
        query: query as Record<string, unknown>,
        body,
        request,
        reply,
      });
      return answer === undefined ? reply : reply.header('cache-control', 'no-store').send(answer);
    },
  });
}

interface Guard {
  /** Throws REQUEST_UNAUTHORIZED, NOT_AUTHORIZED, OVERLOADED. */
  admit(request: FastifyRequest, route: Route): void;
  retryAfterSec(error: unknown): number;
}

function createGuard(tokens: TokenChecker | undefined, limiter: RateLimiter): Guard {
  return {
    admit(request, { scope, method }) {
      // Before the token is looked at, so that guessing is limited too.
      const kind = method === 'GET' ? 'read' : 'write';
      limiter.count(`ip ${request.ip}`, kind);
      if (tokens === undefined) return;
      const { id, scopes } = tokens.check(request.headers.authorization);
      if (!scopes.includes(scope)) throw new MidlockError('NOT_AUTHORIZED', { scope, token: id });
    },
    retryAfterSec: (error) =>
      isMidlockError(error) && error.data['reason'] === 'rate' ? limiter.retryAfterSec() : 1,
  };
}

function check(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MidlockError('REQUEST_INVALID', {
    where,
    field: issue?.path.map(String).join('.').slice(0, 100),
    expected: issue?.message.slice(0, 200),
  });
}

function parseBody(text: string): unknown {
  checkDepth(text, MAX_DEPTH);
  try {
    // A member named __proto__ becomes an own property here and is refused as unknown by every schema.
    return JSON.parse(text);
  } catch {
    throw new MidlockError('REQUEST_INVALID', { where: 'body', expected: 'JSON' });
  }
}

/** Loopback is open to this machine's users; anything else needs TLS and tokens. Throws TLS_REQUIRED. */
export function requireTls({
  host,
  tls,
  tokens,
}: Pick<ApiOptions, 'host' | 'tls' | 'tokens'>): void {
  if (isLoopback(host)) return;
  if (tls === undefined || tokens.length === 0) throw new MidlockError('TLS_REQUIRED', { host });
}

/** True for 127.0.0.0/8, ::1 and the name localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
