import { sha256 } from '@noble/hashes/sha2.js';
import { parseHex32, toHex32, type Hex32 } from './bytes.ts';
import { MidlockError } from './errors/midlock-error.ts';

/**
 * A Fabric account: MSP id and SHA-256 of the certificate's SubjectPublicKeyInfo (DER).
 * A renewed certificate with the same key is the same account.
 */
export interface FabricAccount {
  readonly mspId: string;
  readonly key: Hex32;
}

const MSP_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The account of a public key given as SubjectPublicKeyInfo in DER. */
export function fabricAccount(mspId: string, publicKeyDer: Uint8Array): FabricAccount {
  return { mspId, key: toHex32(sha256(publicKeyDer)) };
}

/** Text form `Org1MSP:0x<64 hex>`, used in keys, files and logs. */
export function formatAccount(account: FabricAccount): string {
  return `${account.mspId}:${account.key}`;
}

/** Parses an MSP id: letters, digits, `. _ -`, at most 64, so that it stands unescaped in keys and texts. Throws TERMS_FIELD_INVALID. */
export function parseMspId(value: unknown, field: string): string {
  if (typeof value === 'string' && MSP_ID.test(value)) return value;
  throw new MidlockError('TERMS_FIELD_INVALID', {
    field,
    expected: '1 to 64 of letters, digits, . _ -',
  });
}

/** Parses {@link formatAccount}'s text. Throws TERMS_FIELD_INVALID. */
export function parseAccount(value: unknown, field: string): FabricAccount {
  const match = typeof value === 'string' ? /^([^:]+):(0x[0-9a-f]{64})$/.exec(value) : null;
  if (match?.[1] === undefined || !MSP_ID.test(match[1])) {
    throw new MidlockError('TERMS_FIELD_INVALID', { field, expected: 'MspId:0x<64 hex digits>' });
  }
  return { mspId: match[1], key: parseHex32(match[2], field) };
}

export function sameAccount(a: FabricAccount, b: FabricAccount): boolean {
  return a.mspId === b.mspId && a.key === b.key;
}
