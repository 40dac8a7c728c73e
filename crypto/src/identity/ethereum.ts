import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesInteger, sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check, holds } from '../internal/check.ts';

const ORDER = secp256k1.Point.Fn.ORDER;

/** A signature in parts; `yParity` picks the key among the two that fit. */
export interface EthereumSignature {
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: 0 | 1;
}

/**
 * Reads a signature of 65 bytes (r, s, v = 27 or 28) or 64 bytes (EIP-2098: the parity in the top bit of s).
 * @throws {CryptoError} CRYPTO_ENCODING for another length or v, CRYPTO_INVALID for r or s out of range or a high s (EIP-2).
 */
export function parseEthereumSignature(bytes: Uint8Array): EthereumSignature {
  check(
    'ethereum.signature-length',
    bytes.length === 64 || bytes.length === 65,
    'CRYPTO_ENCODING',
    { length: bytes.length },
  );
  const r = bytesInteger(bytes.subarray(0, 32));
  const word = bytesInteger(bytes.subarray(32, 64));
  const compact = bytes.length === 64;
  const s = compact ? word & ((1n << 255n) - 1n) : word;
  const v = bytes[64] ?? 27 + Number(word >> 255n);
  check('ethereum.signature-v', v === 27 || v === 28, 'CRYPTO_ENCODING', { v });
  check('ethereum.signature-range', r > 0n && r < ORDER && s > 0n && s < ORDER, 'CRYPTO_INVALID');
  check('ethereum.signature-low-s', s <= ORDER / 2n, 'CRYPTO_INVALID');
  return { r, s, yParity: v === 28 ? 1 : 0 };
}

/**
 * The 20-byte address whose key signed the 32-byte digest.
 * @throws {CryptoError} as {@link parseEthereumSignature}; CRYPTO_INVALID when no key fits.
 */
export function recoverEthereumAddress(digest: Uint8Array, signature: Uint8Array): Uint8Array {
  const { r, s, yParity } = parseEthereumSignature(signature);
  check('ethereum.digest-length', digest.length === 32, 'CRYPTO_ENCODING', { field: 'digest' });
  try {
    return ethereumAddress(
      new secp256k1.Signature(r, s, yParity).recoverPublicKey(digest).toBytes(false),
    );
  } catch (cause) {
    throw new CryptoError('CRYPTO_INVALID', { check: 'ethereum.recovery' }, { cause });
  }
}

/** True when the key of `address` (20 bytes, not zero) signed `digest` (32 bytes). Never throws. */
export function verifyEthereumSignature(
  address: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!holds('ethereum.address', address.length === 20 && address.some((byte) => byte !== 0)))
    return false;
  try {
    return holds('ethereum.signer', sameBytes(recoverEthereumAddress(digest, signature), address));
  } catch {
    return false;
  }
}

/** The address of an uncompressed public key of 65 bytes: the last 20 bytes of keccak256 of its coordinates. */
export function ethereumAddress(publicKey: Uint8Array): Uint8Array {
  check('ethereum.key-form', publicKey.length === 65 && publicKey[0] === 4, 'CRYPTO_ENCODING', {
    field: 'publicKey',
  });
  return keccak_256(publicKey.subarray(1)).subarray(12);
}
