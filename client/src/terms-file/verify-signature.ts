import { createPublicKey } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import {
  fabricAccount,
  fromHex,
  sameAccount,
  toHex,
  type Address,
  type FabricAccount,
} from '@midlock/protocol';

/**
 * True iff `signature` (65 bytes r, s, v with v 27 or 28, s low) over a 32-byte digest is the address's own.
 * Source: yellow paper, appendix F; EIP-2 for the low s.
 */
export function verifyEthereumSignature(
  address: Address,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return false;
  try {
    const compact = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact');
    if (compact.hasHighS()) return false;
    const point = compact.addRecoveryBit(v - 27).recoverPublicKey(digest);
    return toHex(keccak_256(point.toBytes(false).subarray(1)).subarray(12)) === address;
  } catch {
    return false;
  }
}

/**
 * True iff `signature` (ECDSA, P-256, DER, s low) over a 32-byte digest is the account's own.
 * `publicKeyHex` is the SubjectPublicKeyInfo in DER as hex; its hash must be the account's key.
 */
export function verifyFabricSignature(
  account: FabricAccount,
  digest: Uint8Array,
  publicKeyHex: string,
  signature: Uint8Array,
): boolean {
  try {
    const spki = fromHex(publicKeyHex);
    if (!sameAccount(fabricAccount(account.mspId, spki), account)) return false;
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false;
    const { x = '', y = '' } = key.export({ format: 'jwk' });
    const point = Uint8Array.of(4, ...Buffer.from(x, 'base64url'), ...Buffer.from(y, 'base64url'));
    return p256.verify(signature, digest, point, { prehash: false, format: 'der', lowS: true });
  } catch {
    return false;
  }
}
