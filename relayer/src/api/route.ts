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
  readonly idempotent?: boolean;
  readonly status: number;
  readonly response: z.ZodType;
  readonly mediaType?: string;
  readonly handle: (call: RouteCall) => Promise<unknown>;
}

/** Validated input; handlers that answer by themselves (streams) use `reply` and return undefined. */
export interface RouteCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
