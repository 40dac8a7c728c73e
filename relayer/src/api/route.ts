import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Scope } from './tokens.ts';

/** One route as data: the server registers it, the OpenAPI document describes it, tests enumerate it. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Path with `{name}` for parameters. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Headers of the request that mean something. */
  readonly requestHeaders?: Readonly<Record<string, z.ZodType>>;
  /** Takes an Idempotency-Key. */
  readonly idempotent?: boolean;
  readonly status: number;
  /** Another status of success: nothing was new. */
  readonly repeated?: number;
  /** Statuses of refusals that not every route has. */
  readonly refusals?: readonly number[];
  /** Headers of success, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers without end. */
  readonly streams?: boolean;
  readonly response: z.ZodType;
  readonly mediaType?: string;
  readonly handle: (call: RouteCall) => Promise<unknown>;
}

/** Validated input; handlers that answer by themselves (streams) use `reply` and return undefined. */
export interface RouteCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** The id of the caller's token, where tokens are asked for. */
  readonly caller: string | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
