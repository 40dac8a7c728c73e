import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import { diffieHellman, kemKeyPair, type KemKeyPair } from './x25519.ts';

/**
 * HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256, in base and auth mode.
 * Neither mode has forward secrecy against a leaked recipient key, and in auth mode that key also lets its holder pose as any
 * sender towards the recipient; where that matters use the handshake (noise-ik.ts).
 */
export type HpkeAead = 'aes-128-gcm' | 'chacha20-poly1305';

const AEADS = {
  'aes-128-gcm': { id: 1, keyLength: 16, cipher: gcm },
  'chacha20-poly1305': { id: 3, keyLength: 32, cipher: chacha20poly1305 },
} as const;

const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0, 0x20));
const EMPTY = new Uint8Array(0);

export interface HpkeOptions {
  readonly aead?: HpkeAead;
  /** What the message is for: tag, domain, identities. Both sides must give the same bytes. */
  readonly info: Uint8Array;
}

/** The sender's end. Messages open in the order in which they were sealed. */
export interface HpkeSender {
  /** The encapsulated key to send along, 32 bytes. */
  readonly enc: Uint8Array;
  /** Encrypts the next message: as long as the plaintext and 16 bytes more. */
  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** A secret that both ends share, of 1 to 8,160 bytes. */
  exportSecret(context: Uint8Array, length: number): Uint8Array;
}

/** The recipient's end. */
export interface HpkeRecipient {
  /** Decrypts the next message. Throws CRYPTO_INVALID and stays at the same message when it does not verify. */
  open(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  exportSecret(context: Uint8Array, length: number): Uint8Array;
}

/**
 * Starts sending to `recipient` (public key, 32 bytes); with `sender` in auth mode.
 * @throws {CryptoError} CRYPTO_KEY for a bad key. Cost: three to five scalar multiplications.
 */
export function hpkeSender(
  recipient: Uint8Array,
  options: HpkeOptions,
  sender?: KemKeyPair,
  random: RandomSource = platformRandom,
): HpkeSender {
  const ephemeral = deriveKemKey(random.bytes(32));
  const secrets = [
    diffieHellman(ephemeral.secretKey, recipient),
    ...(sender === undefined ? [] : [diffieHellman(sender.secretKey, recipient)]),
  ];
  const shared = kemSecret(
    concat(...secrets),
    concat(ephemeral.publicKey, recipient, sender?.publicKey ?? EMPTY),
  );
  const context = keySchedule(shared, options, sender === undefined ? 0 : 2);
  return {
    enc: ephemeral.publicKey,
    seal: (aad, plaintext) =>
      context.next((key, nonce, { cipher }) => cipher(key, nonce, aad).encrypt(plaintext)),
    exportSecret: context.exportSecret,
  };
}

/**
 * Starts receiving what {@link hpkeSender} sent under `enc`; with `sender` (public key) only from its holder.
 * @throws {CryptoError} CRYPTO_KEY for a bad key.
 */
export function hpkeRecipient(
  enc: Uint8Array,
  recipient: KemKeyPair,
  options: HpkeOptions,
  sender?: Uint8Array,
): HpkeRecipient {
  const secrets = [
    diffieHellman(recipient.secretKey, enc),
    ...(sender === undefined ? [] : [diffieHellman(recipient.secretKey, sender)]),
  ];
  const shared = kemSecret(concat(...secrets), concat(enc, recipient.publicKey, sender ?? EMPTY));
  const context = keySchedule(shared, options, sender === undefined ? 0 : 2);
  return {
    open: (aad, ciphertext) =>
      context.next((key, nonce, { cipher }) => {
        try {
          return cipher(key, nonce, aad).decrypt(ciphertext);
        } catch (cause) {
          throw new CryptoError('CRYPTO_INVALID', { check: 'hpke.tag' }, { cause });
        }
      }),
    exportSecret: context.exportSecret,
  };
}

/** DeriveKeyPair for X25519 (RFC 9180, 7.1.3). */
export function deriveKemKey(seed: Uint8Array): KemKeyPair {
  const prk = labeledExtract(KEM_SUITE, EMPTY, 'dkp_prk', seed);
  return kemKeyPair(labeledExpand(KEM_SUITE, prk, 'sk', EMPTY, 32));
}

function kemSecret(dh: Uint8Array, context: Uint8Array): Uint8Array {
  return labeledExpand(
    KEM_SUITE,
    labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', dh),
    'shared_secret',
    context,
    32,
  );
}

type Aead = (typeof AEADS)[HpkeAead];

function keySchedule(
  shared: Uint8Array,
  { aead = 'chacha20-poly1305', info }: HpkeOptions,
  mode: 0 | 2,
) {
  const parameters = AEADS[aead];
  const suite = concat(utf8('HPKE'), Uint8Array.of(0, 0x20, 0, 1, 0, parameters.id));
  const context = concat(
    Uint8Array.of(mode),
    labeledExtract(suite, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(suite, EMPTY, 'info_hash', info),
  );
  const secret = labeledExtract(suite, shared, 'secret', EMPTY);
  const key = labeledExpand(suite, secret, 'key', context, parameters.keyLength);
  const baseNonce = labeledExpand(suite, secret, 'base_nonce', context, 12);
  const exporter = labeledExpand(suite, secret, 'exp', context, 32);
  let sequence = 0n;
  return {
    next: (action: (key: Uint8Array, nonce: Uint8Array, aead: Aead) => Uint8Array): Uint8Array => {
      const counter = integerBytes(sequence, 12);
      const result = action(
        key,
        baseNonce.map((byte, i) => byte ^ (counter[i] ?? 0)),
        parameters,
      );
      sequence += 1n;
      return result;
    },
    exportSecret: (exporterContext: Uint8Array, length: number): Uint8Array => {
      check('hpke.export-length', length >= 1 && length <= 255 * 32, 'CRYPTO_RANGE', { length });
      return labeledExpand(suite, exporter, 'sec', exporterContext, length);
    },
  };
}

function labeledExtract(
  suite: Uint8Array,
  salt: Uint8Array,
  label: string,
  material: Uint8Array,
): Uint8Array {
  return extract(sha256, concat(utf8('HPKE-v1'), suite, utf8(label), material), salt);
}

function labeledExpand(
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
