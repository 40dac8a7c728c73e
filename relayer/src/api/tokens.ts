import {
  createHash,
  createHmac,
  randomBytes,
  scrypt,
  scryptSync,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { MidlockError } from '@midlock/protocol';

export type Scope = 'read' | 'write' | 'operate';

/** A token as configuration keeps it: never the token itself. */
export interface TokenRecord {
  readonly id: string;
  /** 16 bytes in hex. */
  readonly salt: string;
  /** scrypt (N = 2^14, r = 8, p = 1) of the token's secret part, 32 bytes in hex. */
  readonly hash: string;
  /**
   * The first 4 bytes of SHA-256 over salt and secret in hex, by which a wrong token is known without the slow hash. 32 bits
   * of a secret of 256 tell nobody anything. Records of before are without it.
   */
  readonly check?: string | undefined;
  readonly scopes: readonly Scope[];
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** A valid token's id and what it may do. */
export interface TokenHolder {
  readonly id: string;
  readonly scopes: readonly Scope[];
}

const COST = { N: 16_384, r: 8, p: 1 };
const slowHash = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** Makes a token with 32 random bytes; the text is shown once, the record goes into the configuration. */
export function createToken(
  id: string,
  scopes: readonly Scope[],
  expiresAt: Date,
): { readonly token: string; readonly record: TokenRecord } {
  const secret = randomBytes(32).toString('base64url');
  const salt = randomBytes(16);
  return {
    token: `mlk_${id}_${secret}`,
    record: {
      id,
      salt: salt.toString('hex'),
      hash: scryptSync(secret, salt, 32, COST).toString('hex'),
      check: checkOf(secret, salt),
      scopes,
      expiresAt: expiresAt.toISOString(),
    },
  };
}

/** Checks bearer tokens in constant time; the slow hash runs once for each token and process. */
export interface TokenChecker {
  /** The holder of a token that opened before in this process; cheap. Throws REQUEST_UNAUTHORIZED when it has expired. */
  known(header: string | undefined): TokenHolder | undefined;
  /**
   * The holder of a token. `admit` is called before a slow hash is done for a token that may be a guess; what it throws is
   * thrown. Throws REQUEST_UNAUTHORIZED.
   */
  check(header: string | undefined, admit: () => void): Promise<TokenHolder>;
}

export function createTokenChecker(
  records: readonly TokenRecord[],
  nowMs: () => bigint,
): TokenChecker {
  /** By id, at most one for each record: the keyed digest of the secret that opened it. */
  const verified = new Map<string, Buffer>();
  /** Many requests with one token at once cost one slow hash. */
  const opening = new Map<string, Promise<boolean>>();
  const key = randomBytes(32);

  function holderOf(record: TokenRecord): TokenHolder {
    if (nowMs() >= BigInt(Date.parse(record.expiresAt)))
      throw new MidlockError('REQUEST_UNAUTHORIZED');
    return { id: record.id, scopes: record.scopes };
  }

  function find(header: string | undefined): TokenRecord & { readonly secret: string } {
    const { id, secret } = readToken(header);
    const record = records.find((candidate) => candidate.id === id);
    if (record === undefined) throw new MidlockError('REQUEST_UNAUTHORIZED');
    return { ...record, secret };
  }

  function digestOf(secret: string): Buffer {
    return createHmac('sha256', key).update(secret).digest();
  }

  async function open(record: TokenRecord, secret: string, admit: () => void): Promise<boolean> {
    const salt = Buffer.from(record.salt, 'hex');
    if (record.check === undefined) admit();
    else if (record.check !== checkOf(secret, salt)) return false;
    const hash = await slowHash(secret, salt, 32, COST);
    const known = Buffer.from(record.hash, 'hex');
    return known.length === hash.length && timingSafeEqual(known, hash);
  }

  return {
    known(header) {
      const { secret, ...record } = find(header);
      const digest = verified.get(record.id);
      return digest !== undefined && timingSafeEqual(digest, digestOf(secret))
        ? holderOf(record)
        : undefined;
    },
    async check(header, admit) {
      const { secret, ...record } = find(header);
      const digest = digestOf(secret);
      const name = `${record.id} ${digest.toString('hex')}`;
      const opens = opening.get(name) ?? open(record, secret, admit);
      opening.set(name, opens);
      try {
        if (!(await opens)) throw new MidlockError('REQUEST_UNAUTHORIZED');
      } finally {
        opening.delete(name);
      }
      verified.set(record.id, digest);
      return holderOf(record);
    },
  };
}

function readToken(header: string | undefined): { readonly id: string; readonly secret: string } {
  const match = /^Bearer mlk_([A-Za-z0-9-]{1,64})_([A-Za-z0-9_-]{43})$/.exec(header ?? '');
  const [, id = '', secret = ''] = match ?? [];
  return { id, secret };
}

function checkOf(secret: string, salt: Uint8Array): string {
  return createHash('sha256').update(salt).update(secret).digest('hex').slice(0, 8);
}
