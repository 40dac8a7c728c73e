import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { MidlockError } from '@midlock/protocol';

export type Scope = 'read' | 'write' | 'operate';

/** A token as configuration keeps it: never the token itself. */
export interface TokenRecord {
  readonly id: string;
  /** 16 bytes in hex. */
  readonly salt: string;
  /** scrypt (N = 2^14, r = 8, p = 1) of the token's secret part, 32 bytes in hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** RFC 3339. */
  readonly expiresAt: string;
}

const COST = { N: 16_384, r: 8, p: 1 };

/** Makes a token with 32 random bytes; the text is shown once, the record goes into the configuration. */
export function createToken(
  id: string,
  scopes: readonly Scope[],
  expiresAt: Date,
): { readonly token: string; readonly record: TokenRecord } {
  const secret = randomBytes(32).toString('base64url');
  const salt = randomBytes(16);
  const hash = scryptSync(secret, salt, 32, COST).toString('hex');
  return {
    token: `mlk_${id}_${secret}`,
    record: { id, salt: salt.toString('hex'), hash, scopes, expiresAt: expiresAt.toISOString() },
  };
}

/** Checks bearer tokens in constant time; the slow hash runs once for each token and process. */
export interface TokenChecker {
  /** True for a token that opened before: checking it again is cheap. */
  isVerified(header: string | undefined): boolean;
  /** The id and scopes of a valid token. Throws REQUEST_UNAUTHORIZED. */
  check(header: string | undefined): { readonly id: string; readonly scopes: readonly Scope[] };
}

export function createTokenChecker(
  records: readonly TokenRecord[],
  nowMs: () => bigint,
): TokenChecker {
  const verified = new Map<string, string>();
  return {
    isVerified(header) {
      const { id, digest } = readToken(header);
      return verified.get(id) === digest;
    },
    check(header) {
      const { id, secret, digest } = readToken(header);
      const record = records.find((candidate) => candidate.id === id);
      const ok = record !== undefined && (verified.get(id) === digest || opens(record, secret));
      if (!ok || nowMs() >= BigInt(Date.parse(record.expiresAt)))
        throw new MidlockError('REQUEST_UNAUTHORIZED');
      verified.set(id, digest);
      return { id, scopes: record.scopes };
    },
  };
}

function readToken(header: string | undefined): {
  readonly id: string;
  readonly secret: string;
  readonly digest: string;
} {
  const match = /^Bearer mlk_([A-Za-z0-9-]{1,64})_([A-Za-z0-9_-]{43})$/.exec(header ?? '');
  const [, id = '', secret = ''] = match ?? [];
  return { id, secret, digest: createHash('sha256').update(secret).digest('hex') };
}

function opens(record: TokenRecord, secret: string): boolean {
  const hash = scryptSync(secret, Buffer.from(record.salt, 'hex'), 32, COST);
  const known = Buffer.from(record.hash, 'hex');
  return known.length === hash.length && timingSafeEqual(known, hash);
}
