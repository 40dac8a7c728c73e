import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';

/** An encrypted channel after a handshake. Messages must arrive whole, once and in order. */
export interface Transport {
  /** Hash of the whole handshake, 32 bytes, equal at both ends: binds what is signed elsewhere to this session. */
  readonly handshakeHash: Uint8Array;
  send(plaintext: Uint8Array): Uint8Array;
  /** Throws CRYPTO_INVALID for anything but the next message; the channel stays usable. */
  receive(ciphertext: Uint8Array): Uint8Array;
}

/** SymmetricState of the Noise specification (section 5.2) for SHA-256 and ChaCha20-Poly1305. */
export interface SymmetricState {
  mixHash(data: Uint8Array): void;
  mixKey(material: Uint8Array): void;
  encryptAndHash(plaintext: Uint8Array): Uint8Array;
  decryptAndHash(ciphertext: Uint8Array): Uint8Array;
  split(role: 'initiator' | 'responder'): Transport;
  clone(): SymmetricState;
}

interface State {
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly key: Uint8Array | undefined;
  readonly counter: bigint;
}

const EMPTY = new Uint8Array(0);

/** Starts with a protocol name of at most 32 bytes and a prologue. */
export function symmetricState(protocol: Uint8Array, prologue: Uint8Array): SymmetricState {
  const hash = concat(protocol, new Uint8Array(32 - protocol.length));
  return wrap({
    hash: sha256(concat(hash, prologue)),
    chainingKey: hash,
    key: undefined,
    counter: 0n,
  });
}

function wrap(start: State): SymmetricState {
  let state = start;
  const mixHash = (data: Uint8Array): void => {
    state = { ...state, hash: sha256(concat(state.hash, data)) };
  };
  const keyed = (): Uint8Array => {
    if (state.key === undefined) throw new CryptoError('CRYPTO_STATE', { field: 'noise' });
    return state.key;
  };
  return {
    mixHash,
    mixKey: (material) => {
      const output = hkdf(sha256, material, state.chainingKey, EMPTY, 64);
      state = { ...state, chainingKey: output.slice(0, 32), key: output.slice(32), counter: 0n };
    },
    encryptAndHash: (plaintext) => {
      const ciphertext = chacha20poly1305(keyed(), noiseNonce(state.counter), state.hash).encrypt(
        plaintext,
      );
      state = { ...state, counter: state.counter + 1n };
      mixHash(ciphertext);
      return ciphertext;
    },
    decryptAndHash: (ciphertext) => {
      const plaintext = open(keyed(), state.counter, state.hash, ciphertext);
      state = { ...state, counter: state.counter + 1n };
      mixHash(ciphertext);
      return plaintext;
    },
    split: (role) => {
      const output = hkdf(sha256, EMPTY, state.chainingKey, EMPTY, 64);
      const [first, second] = [output.slice(0, 32), output.slice(32)];
      return role === 'initiator'
        ? transport(first, second, state.hash)
        : transport(second, first, state.hash);
    },
    clone: () => wrap(state),
  };
}

function transport(
  sendKey: Uint8Array,
  receiveKey: Uint8Array,
  handshakeHash: Uint8Array,
): Transport {
  let sent = 0n;
  let received = 0n;
  return {
    handshakeHash,
    send: (plaintext) => {
      const ciphertext = chacha20poly1305(sendKey, noiseNonce(sent)).encrypt(plaintext);
      sent += 1n;
      return ciphertext;
    },
    receive: (ciphertext) => {
      const plaintext = open(receiveKey, received, EMPTY, ciphertext);
      received += 1n;
      return plaintext;
    },
  };
}

function open(
  key: Uint8Array,
  counter: bigint,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  try {
    return chacha20poly1305(key, noiseNonce(counter), aad).decrypt(ciphertext);
  } catch (cause) {
    throw new CryptoError('CRYPTO_INVALID', { check: 'noise.tag' }, { cause });
  }
}

/** Four zero bytes and the counter, little-endian. Throws CRYPTO_STATE when the counter is used up. */
export function noiseNonce(counter: bigint): Uint8Array {
  // 2^64 - 1 is reserved (Noise, section 5.1).
  check('noise.counter', counter < (1n << 64n) - 1n, 'CRYPTO_STATE', { field: 'counter' });
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setBigUint64(4, counter, true);
  return bytes;
}
