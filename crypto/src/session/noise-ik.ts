import { concat, utf8 } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import { symmetricState, type SymmetricState, type Transport } from './noise-state.ts';
import { diffieHellman, generateKemKey, type KemKeyPair } from './x25519.ts';

/** Noise_IK_25519_ChaChaPoly_SHA256 (Noise, revision 34): one round trip, both sides known by their static keys. */
const PROTOCOL = utf8('Noise_IK_25519_ChaChaPoly_SHA256');

/** Largest message (Noise, section 3). */
export const MAX_NOISE_MESSAGE = 65_535;

/** The initiator after its first message. */
export interface InitiatorHandshake {
  /** To send: 96 bytes and the payload. */
  readonly message: Uint8Array;
  /**
   * Reads the reply; once. Throws CRYPTO_INVALID for a reply that does not verify (another may follow) and CRYPTO_STATE afterwards.
   */
  finish(reply: Uint8Array): { readonly payload: Uint8Array; readonly transport: Transport };
}

/** The responder after the first message. */
export interface ResponderHandshake {
  /** Who sent it, by static key; the caller looks up the identity that the key is bound to. */
  readonly initiator: Uint8Array;
  /** The initiator's ephemeral key: names this handshake in a replay guard. */
  readonly ephemeral: Uint8Array;
  /** The first payload. It can be replayed, and whoever holds the responder's static key can forge it: act on it only after a replay check. */
  readonly payload: Uint8Array;
  /** Answers; once. `message` is 48 bytes and the payload. */
  reply(payload: Uint8Array): { readonly message: Uint8Array; readonly transport: Transport };
}

/**
 * Starts a handshake with the holder of `responder` (static public key).
 * @param prologue What both sides must agree on: tag, domain, versions. @param payload The request.
 * @throws {CryptoError} CRYPTO_KEY for a bad key.
 */
export function startHandshake(
  own: KemKeyPair,
  responder: Uint8Array,
  prologue: Uint8Array,
  payload: Uint8Array,
  random: RandomSource = platformRandom,
): InitiatorHandshake {
  const state = symmetricState(PROTOCOL, prologue);
  const ephemeral = generateKemKey(random);
  state.mixHash(responder);
  state.mixHash(ephemeral.publicKey);
  state.mixKey(diffieHellman(ephemeral.secretKey, responder));
  const sealedStatic = state.encryptAndHash(own.publicKey);
  state.mixKey(diffieHellman(own.secretKey, responder));
  const sealedPayload = state.encryptAndHash(payload);
  let waiting: SymmetricState | undefined = state;
  return {
    message: concat(ephemeral.publicKey, sealedStatic, sealedPayload),
    finish: (reply) => {
      if (waiting === undefined) throw new CryptoError('CRYPTO_STATE', { field: 'handshake' });
      checkMessage(reply, 48);
      // A copy: a forged reply must not spoil the state for the true one.
      const attempt = waiting.clone();
      attempt.mixHash(reply.subarray(0, 32));
      attempt.mixKey(diffieHellman(ephemeral.secretKey, reply.subarray(0, 32)));
      attempt.mixKey(diffieHellman(own.secretKey, reply.subarray(0, 32)));
      const opened = attempt.decryptAndHash(reply.subarray(32));
      waiting = undefined;
      return { payload: opened, transport: attempt.split('initiator') };
    },
  };
}

/**
 * Reads a first message.
 * @throws {CryptoError} CRYPTO_ENCODING for another length, CRYPTO_INVALID when it does not verify, CRYPTO_KEY for a bad key.
 */
export function acceptHandshake(
  own: KemKeyPair,
  prologue: Uint8Array,
  message: Uint8Array,
  random: RandomSource = platformRandom,
): ResponderHandshake {
  checkMessage(message, 96);
  const state = symmetricState(PROTOCOL, prologue);
  const remoteEphemeral = message.slice(0, 32);
  state.mixHash(own.publicKey);
  state.mixHash(remoteEphemeral);
  state.mixKey(diffieHellman(own.secretKey, remoteEphemeral));
  const initiator = state.decryptAndHash(message.subarray(32, 80));
  state.mixKey(diffieHellman(own.secretKey, initiator));
  const opened = state.decryptAndHash(message.subarray(80));
  let answered = false;
  return {
    initiator,
    ephemeral: remoteEphemeral,
    payload: opened,
    reply: (payload) => {
      if (answered) throw new CryptoError('CRYPTO_STATE', { field: 'handshake' });
      answered = true;
      const ephemeral = generateKemKey(random);
      state.mixHash(ephemeral.publicKey);
      state.mixKey(diffieHellman(ephemeral.secretKey, remoteEphemeral));
      state.mixKey(diffieHellman(ephemeral.secretKey, initiator));
      const message = concat(ephemeral.publicKey, state.encryptAndHash(payload));
      return { message, transport: state.split('responder') };
    },
  };
}

function checkMessage(message: Uint8Array, least: number): void {
  check(
    'noise.message-length',
    message.length >= least && message.length <= MAX_NOISE_MESSAGE,
    'CRYPTO_ENCODING',
    { length: message.length },
  );
}
