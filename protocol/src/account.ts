import { sha256 } from '@noble/hashes/sha2.js';
import { parseHex32, textOf, toHex32, type Hex32 } from './bytes.ts';
import { check } from './check.ts';

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
  const data = { field, expected: '1 to 64 of letters, digits, . _ -' };
  check('account.msp-id', MSP_ID.test(textOf(value)), 'TERMS_FIELD_INVALID', data);
  return textOf(value);
}

/** Parses {@link formatAccount}'s text. Throws TERMS_FIELD_INVALID. */
export function parseAccount(value: unknown, field: string): FabricAccount {
  const [, mspId = '', key] = /^([^:]+):(.*)$/.exec(textOf(value)) ?? [];
  const data = { field, expected: 'MspId:0x<64 hex digits>' };
  check('account.form', MSP_ID.test(mspId), 'TERMS_FIELD_INVALID', data);
  return { mspId, key: parseHex32(key, field) };
}

export function sameAccount(a: FabricAccount, b: FabricAccount): boolean {
  return a.mspId === b.mspId && a.key === b.key;
}
