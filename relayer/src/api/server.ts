import { readFileSync } from 'node:fs';
import { isLoopback } from '@midlock/client';
import { MidlockError } from '@midlock/protocol';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseBody } from './body.ts';
import type { ApiContext } from './context.ts';
import { eventRoute } from './event-route.ts';
import { createGuard, type Guard } from './guard.ts';
import { limitsWith, type ApiLimits } from './limits.ts';
import { mailboxRoutes } from './mailbox-routes.ts';
import { openApiDocument } from './openapi.ts';
import { sendProblem } from './problem.ts';
import type { Route } from './route.ts';
import { statusRoutes } from './status-routes.ts';
import { swapRoutes } from './swap-routes.ts';
import { createTokenChecker, type TokenRecord } from './tokens.ts';
import { answerBrokenRequest, boundConnections, checkHead, serverOptions } from './wire.ts';
import { within } from './within.ts';

export interface ApiOptions {
  readonly host: string;
  readonly tokens: readonly TokenRecord[];
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Laid over the defaults of {@link ApiLimits}. */
  readonly limits?: Partial<ApiLimits>;
  /** Names by which a proxy on this machine passes requests on; a listener on loopback refuses other hosts. */
  readonly hostNames?: readonly string[];
}

export const API_VERSION = '0.1.0';
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST'] satisfies Route['method'][]);
const NO_QUERY = z.strictObject({});

/** Every route of the API, in the order of the document. */
export function allRoutes(context: ApiContext, limits = limitsWith()): readonly Route[] {
  return [
    ...swapRoutes(context),
    eventRoute(context, limits),
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
  const { tokens, host, hostNames = [] } = options;
  const limits = limitsWith(options.limits);
  const server = createServer(options, limits);
  const guard = createGuard(
    tokens.length === 0 ? undefined : createTokenChecker(tokens, context.nowMs),
    limits,
    context.nowMs,
  );
  const routes = allRoutes(context, limits);
  const document = openApiDocument(routes, API_VERSION, tokens.length > 0);

  boundConnections(server.server, limits);
  server.removeContentTypeParser(['text/plain', 'application/json']);
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseBody(body as Buffer, limits.maxJsonDepth));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onRequest', (request, _reply, done) => {
    checkHead(request.raw, limits, { host, hostNames });
    guard.arrive(request);
    // Fastify would ask some methods for a body before it says that no route takes them.
    if (!METHODS.has(request.method)) throw notFound(request, routes);
    done();
  });
  server.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  server.setNotFoundHandler((request, reply) => sendProblem(reply, notFound(request, routes)));
  server.get('/api', () => document);
  for (const route of routes) register(server, route, guard, limits);
  return server;
}

function createServer({ tls }: ApiOptions, limits: ApiLimits): FastifyInstance {
  const node = serverOptions(limits);
  return Fastify({
    bodyLimit: limits.maxBodyBytes,
    connectionTimeout: limits.idleMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    maxRequestsPerSocket: limits.maxRequestsPerConnection,
    routerOptions: { maxParamLength: limits.maxUrlBytes },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(reply, error);
    },
    ...(tls === undefined
      ? { http: node }
      : {
          https: {
            ...node,
            cert: readFileSync(tls.certFile),
            key: readFileSync(tls.keyFile),
            minVersion: 'TLSv1.2' as const,
            handshakeTimeout: limits.requestMs,
          },
        }),
  });
}

function register(
  server: FastifyInstance,
  route: Route,
  guard: Guard,
  { answerMs }: ApiLimits,
): void {
  const callers = new WeakMap<FastifyRequest, string>();
  server.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    // Before the body is read: who may not call costs nothing more.
    onRequest: async (request) => {
      const token = await guard.admit(request, route.scope);
      if (token !== undefined) callers.set(request, token);
    },
    handler: async (request, reply) => {
      const params = check(route.params, request.params, 'path');
      const query = check(route.query ?? NO_QUERY, request.query, 'query');
      const body = check(route.body, request.body ?? undefined, 'body');
      reply.status(route.status);
      const answering = route.handle({
        params: params as Record<string, string>,
        query: query as Record<string, unknown>,
        body,
        caller: callers.get(request),
        request,
        reply,
      });
      const answer = await (route.streams === true
        ? answering
        : within(answerMs, answering, 'answer'));
      return answer === undefined ? reply : reply.header('cache-control', 'no-store').send(answer);
    },
  });
}

function notFound({ method, url }: FastifyRequest, routes: readonly Route[]): MidlockError {
  const path = url.split('?')[0] ?? '';
  const allowed = routes
    .filter((route) => new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .map((route) => route.method);
  if (path === '/api') allowed.push('GET');
  return allowed.length === 0
    ? new MidlockError('REQUEST_INVALID', { status: 404, reason: 'no such resource' })
    : new MidlockError('REQUEST_INVALID', { status: 405, method, allow: allowed.join(', ') });
}

function check(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MidlockError('REQUEST_INVALID', {
    where,
    field: issue?.path.map(String).join('.').slice(0, 100),
    expected: issue?.message.slice(0, 200),
  });
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
