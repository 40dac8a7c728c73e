import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';

const EMPTY = new Uint8Array(0);

/**
 * Auth-mode HPKE (ChaCha20-Poly1305, first message, aad = info) from raw Diffie-Hellman products, written from RFC 9180 apart from
 * session/hpke.ts: what somebody computes who has the products without the sender's key. Tests only.
 */
export function encapsulateWith(
  products: Uint8Array,
  kemContext: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const kem = concat(utf8('KEM'), Uint8Array.of(0, 0x20));
  const suite = concat(utf8('HPKE'), Uint8Array.of(0, 0x20, 0, 1, 0, 3));
  const shared = expandAs(
    kem,
    extractAs(kem, EMPTY, 'eae_prk', products),
    'shared_secret',
    kemContext,
    32,
  );
  const context = concat(
    Uint8Array.of(2),
    extractAs(suite, EMPTY, 'psk_id_hash', EMPTY),
    extractAs(suite, EMPTY, 'info_hash', info),
  );
  const secret = extractAs(suite, shared, 'secret', EMPTY);
  const key = expandAs(suite, secret, 'key', context, 32);
  return chacha20poly1305(key, expandAs(suite, secret, 'base_nonce', context, 12), info).encrypt(
    plaintext,
  );
}

function extractAs(
  suite: Uint8Array,
  salt: Uint8Array,
  label: string,
  material: Uint8Array,
): Uint8Array {
  return extract(sha256, concat(utf8('HPKE-v1'), suite, utf8(label), material), salt);
}

function expandAs(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return expand(
    sha256,
    prk,
    concat(integerBytes(BigInt(length), 2), utf8('HPKE-v1'), suite, utf8(label), info),
    length,
  );
}
