import { MidlockError, isMidlockError } from '@midlock/protocol';
import type { FastifyRequest } from 'fastify';
import { addressGroup } from './addresses.ts';
import type { ApiLimits } from './limits.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { Scope, TokenChecker } from './tokens.ts';

/** Who may call, and how often; asked before a body is read. */
export interface Guard {
  /** Counts a call by its address. Throws OVERLOADED. */
  arrive(request: FastifyRequest): void;
  /** The id of the caller's token, or undefined where none is needed. Throws REQUEST_UNAUTHORIZED, NOT_AUTHORIZED, OVERLOADED. */
  admit(request: FastifyRequest, scope: Scope): string | undefined;
  /** What Retry-After says to a caller who met this error, seconds. */
  retryAfterSec(error: unknown): number;
}

export function createGuard(
  tokens: TokenChecker | undefined,
  limits: ApiLimits,
  nowMs: () => bigint,
): Guard {
  const limiter = createRateLimiter(nowMs);

  function checkToken(
    checker: TokenChecker,
    request: FastifyRequest,
  ): ReturnType<TokenChecker['check']> {
    const { authorization } = request.headers;
    const failures = `failures ${addressGroup(request.ip)}`;
    // A guess costs the slow hash, so that guesses are few; who holds a token that opened before is not kept out by them.
    if (!checker.isVerified(authorization)) limiter.check(failures, limits.authFailuresPerMinute);
    try {
      return checker.check(authorization);
    } catch (error) {
      limiter.count(failures, limits.authFailuresPerMinute);
      throw error;
    }
  }

  return {
    arrive(request) {
      const [kind, limit] = isRead(request)
        ? ['reads', limits.readsPerMinute]
        : ['writes', limits.writesPerMinute];
      limiter.count(`${kind} ${addressGroup(request.ip)}`, limit);
    },
    admit(request, scope) {
      if (tokens === undefined) return undefined;
      const { id, scopes } = checkToken(tokens, request);
      const [kind, limit] = isRead(request)
        ? ['reads', limits.tokenReadsPerMinute]
        : ['writes', limits.tokenWritesPerMinute];
      limiter.count(`token ${kind} ${id}`, limit);
      if (!scopes.includes(scope)) throw new MidlockError('NOT_AUTHORIZED', { scope, token: id });
      return id;
    },
    retryAfterSec: (error) =>
      isMidlockError(error) && error.data['reason'] === 'rate' ? limiter.retryAfterSec() : 1,
  };
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
