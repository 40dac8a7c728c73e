import { bytesToHex } from '@noble/hashes/utils.js';
import { integerBytes, lengthPrefixed, sameBytes, utf8 } from '../encoding/bytes.ts';
import { KEM_BINDING_TAG } from '../encoding/domains.ts';
import { check } from '../internal/check.ts';
import type { Certificate } from '../identity/certificate.ts';
import { verifyEthereumSignature } from '../identity/ethereum.ts';
import { certificateKeyHash, verifyFabricSignature } from '../identity/fabric.ts';
import { typedDataDigest, type TypedData } from '../identity/typed-data.ts';
import { checkKemPublicKey } from './x25519.ts';

/** The claim that a KEM key belongs to a chain identity, in one domain, until a time. */
export interface KemBinding {
  /** Statement domain hash or network id, 32 bytes. */
  readonly domain: Uint8Array;
  /** Ethereum address (20 bytes) or key hash of a Fabric certificate (32 bytes). */
  readonly identity: Uint8Array;
  /** X25519 public key, 32 bytes. */
  readonly key: Uint8Array;
  readonly expiresAtSec: bigint;
}

/** Who vouches: an Ethereum account, or a Fabric certificate whose chain the caller verified. */
export type BindingSigner =
  | { readonly kind: 'ethereum'; readonly address: Uint8Array }
  | { readonly kind: 'fabric'; readonly certificate: Certificate };

declare const bound: unique symbol;

/** A binding that was verified: the only thing that messages are sealed to. */
export type BoundKemKey = KemBinding & { readonly [bound]: true };

/** What a Fabric identity signs (SHA-256 and ECDSA, as any Fabric message): tag, domain, identity, key, expiry, length-prefixed. */
export function kemBindingBytes(binding: KemBinding): Uint8Array {
  return lengthPrefixed(
    utf8(KEM_BINDING_TAG),
    binding.domain,
    binding.identity,
    binding.key,
    integerBytes(binding.expiresAtSec, 8),
  );
}

/** What an Ethereum account signs: typed data that wallets show field by field. */
export function kemBindingTypedData(binding: KemBinding): TypedData {
  const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;
  return {
    types: {
      EIP712Domain: [
        { name: 'name', type: 'string' },
        { name: 'version', type: 'string' },
      ],
      KemBinding: [
        { name: 'purpose', type: 'string' },
        { name: 'domain', type: 'bytes32' },
        { name: 'identity', type: 'address' },
        { name: 'key', type: 'bytes32' },
        { name: 'expiresAtSec', type: 'uint64' },
      ],
    },
    primaryType: 'KemBinding',
    domain: { name: 'Midlock', version: '1' },
    message: {
      purpose: KEM_BINDING_TAG,
      domain: hex(binding.domain),
      identity: hex(binding.identity),
      key: hex(binding.key),
      expiresAtSec: binding.expiresAtSec,
    },
  };
}

/**
 * Checks a binding for the caller's domain at a time.
 * @throws {CryptoError} CRYPTO_DOMAIN, CRYPTO_KEY, CRYPTO_INVALID (expired, or signed by somebody else).
 */
export function acceptKemBinding(
  binding: KemBinding,
  signature: Uint8Array,
  signer: BindingSigner,
  domain: Uint8Array,
  nowSec: bigint,
): BoundKemKey {
  check(
    'kem-binding.domain',
    domain.length === 32 && sameBytes(binding.domain, domain),
    'CRYPTO_DOMAIN',
  );
  check('kem-binding.expired', nowSec < binding.expiresAtSec, 'CRYPTO_INVALID', {
    expiresAtSec: binding.expiresAtSec,
  });
  checkKemPublicKey(binding.key);
  const identity =
    signer.kind === 'ethereum' ? signer.address : certificateKeyHash(signer.certificate);
  check('kem-binding.identity', sameBytes(binding.identity, identity), 'CRYPTO_INVALID');
  const right =
    signer.kind === 'ethereum'
      ? verifyEthereumSignature(
          signer.address,
          typedDataDigest(kemBindingTypedData(binding)),
          signature,
        )
      : verifyFabricSignature(signer.certificate, kemBindingBytes(binding), signature);
  check('kem-binding.signature', right, 'CRYPTO_INVALID');
  return binding as BoundKemKey;
}
