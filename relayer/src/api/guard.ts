import { MidlockError, isMidlockError } from '@midlock/protocol';
import type { FastifyRequest } from 'fastify';
import { addressGroup } from './addresses.ts';
import type { ApiLimits } from './limits.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { Scope, TokenChecker, TokenHolder } from './tokens.ts';

/** Who may call, and how often; asked before a body is read. */
export interface Guard {
  /** Counts a call by its address. Throws OVERLOADED. */
  arrive(request: FastifyRequest): void;
  /** The id of the caller's token, or undefined where none is needed. Throws REQUEST_UNAUTHORIZED, NOT_AUTHORIZED, OVERLOADED. */
  admit(request: FastifyRequest, scope: Scope): Promise<string | undefined>;
}

export function createGuard(
  tokens: TokenChecker | undefined,
  limits: ApiLimits,
  nowMs: () => bigint,
): Guard {
  const limiter = createRateLimiter(nowMs);
  const hashes = createRateLimiter(nowMs, 1_000n);

  async function holderOf(checker: TokenChecker, request: FastifyRequest): Promise<TokenHolder> {
    const { authorization } = request.headers;
    const failures = `failures ${addressGroup(request.ip)}`;
    try {
      // Who holds a token that opened before is kept out by nobody's guesses.
      const known = checker.known(authorization);
      if (known !== undefined) return known;
      limiter.check(failures, limits.authFailuresPerMinute);
      return await checker.check(authorization, () => {
        hashes.count('all', limits.authHashesPerSecond);
      });
    } catch (error) {
      if (isMidlockError(error, 'REQUEST_UNAUTHORIZED'))
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
    async admit(request, scope) {
      if (tokens === undefined) return undefined;
      const { id, scopes } = await holderOf(tokens, request);
      const [kind, limit] = isRead(request)
        ? ['reads', limits.tokenReadsPerMinute]
        : ['writes', limits.tokenWritesPerMinute];
      limiter.count(`token ${kind} ${id}`, limit);
      if (!scopes.includes(scope)) throw new MidlockError('NOT_AUTHORIZED', { scope, token: id });
      return id;
    },
  };
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
