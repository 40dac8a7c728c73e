import { concat, sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import { identifier, noblePublic, type FrostKeys, type FrostShare } from './keys.ts';
import { hedgedBytes } from './nonces.ts';
import { secp256k1, secp256k1_FROST, type NonceCommitments } from './suite.ts';

/** Nonces waiting for their session, at most; the oldest is dropped and can then never be answered. */
const MAX_WAITING = 64;

/** What a coordinator sends to the signers of a session: the message and each signer's commitment (66 bytes), by index. */
export interface SigningPackage {
  readonly message: Uint8Array;
  readonly commitments: ReadonlyMap<number, Uint8Array>;
}

interface Waiting {
  readonly message: Uint8Array;
  readonly nonces: { readonly hiding: Uint8Array; readonly binding: Uint8Array };
}

/**
 * One member's signer (RFC 9591, 5.1 and 5.2). Nonces live in its private memory and nowhere else: there is no way to read,
 * store or restore them, so that a process brought back from a snapshot of its data has none, and a commitment is answered at
 * most once. A copy of the whole process memory (a virtual machine resumed twice) is outside what a program can see;
 * do not snapshot machines that sign.
 */
export class FrostSigner {
  readonly index: number;
  readonly #share: FrostShare;
  readonly #keys: FrostKeys;
  readonly #random: RandomSource;
  readonly #waiting = new Map<string, Waiting>();
  #counter = 0;

  /** @throws {CryptoError} CRYPTO_KEY when the share does not belong to the keys, or these are not in the agreed form. */
  constructor(keys: FrostKeys, share: FrostShare, random: RandomSource = platformRandom) {
    const { verifyingShares } = noblePublic(keys);
    const key = verifyingShares[identifier(share.index)];
    check(
      'frost.share-key',
      key !== undefined && sameBytes(key, publicKeyOf(share.secret)),
      'CRYPTO_KEY',
    );
    this.index = share.index;
    this.#share = share;
    this.#keys = keys;
    this.#random = random;
  }

  /** Draws a nonce pair for one message and returns its commitment: hiding, then binding point, 33 bytes each. */
  commit(message: Uint8Array): Uint8Array {
    this.#counter += 1;
    const bytes = hedgedBytes(this.#random, this.#share.secret, message, this.#counter);
    const { nonces, commitments } = secp256k1_FROST.commit(this.#secret(), bytes);
    const commitment = concat(commitments.hiding, commitments.binding);
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size >= MAX_WAITING) this.#waiting.delete(oldest);
    this.#waiting.set(keyOf(commitment), { message: message.slice(), nonces });
    return commitment;
  }

  /**
   * The signature share (32 bytes) for a session in which one of this signer's commitments stands. The nonce pair is gone
   * before the share is computed: whatever happens then, there is no second answer.
   * @throws {CryptoError} CRYPTO_STATE when the commitment was answered, dropped or never made by this object;
   * CRYPTO_DOMAIN when the message is not the one that was committed to; CRYPTO_ENCODING for a malformed package.
   */
  respond(session: SigningPackage): Uint8Array {
    const own = session.commitments.get(this.index);
    const waiting = own === undefined ? undefined : this.#take(own);
    if (waiting === undefined)
      throw new CryptoError('CRYPTO_STATE', { check: 'frost.nonce-unused', index: this.index });
    check('frost.message-committed', sameBytes(waiting.message, session.message), 'CRYPTO_DOMAIN');
    const commitments = parseCommitments(this.#keys, session);
    try {
      return secp256k1_FROST.signShare(
        this.#secret(),
        noblePublic(this.#keys),
        waiting.nonces,
        commitments,
        session.message,
      );
    } catch (cause) {
      throw new CryptoError('CRYPTO_ENCODING', { check: 'frost.package' }, { cause });
    } finally {
      waiting.nonces.hiding.fill(0);
      waiting.nonces.binding.fill(0);
    }
  }

  #take(commitment: Uint8Array): Waiting | undefined {
    const key = keyOf(commitment);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }

  #secret(): { identifier: string; signingShare: Uint8Array } {
    return { identifier: identifier(this.index), signingShare: this.#share.secret };
  }
}

/**
 * Commitments in noble's form, ascending.
 * @throws {CryptoError} CRYPTO_STATE for another number of signers than the threshold, CRYPTO_RANGE for an unknown index,
 * CRYPTO_ENCODING for a length other than 66.
 */
export function parseCommitments(keys: FrostKeys, session: SigningPackage): NonceCommitments[] {
  check('frost.session-size', session.commitments.size === keys.threshold, 'CRYPTO_STATE', {
    size: session.commitments.size,
  });
  return [...session.commitments.entries()]
    .sort(([a], [b]) => a - b)
    .map(([index, bytes]) => {
      check(
        'frost.session-member',
        Number.isInteger(index) && index >= 1 && index <= keys.size,
        'CRYPTO_RANGE',
        { index },
      );
      check('frost.commitment-length', bytes.length === 66, 'CRYPTO_ENCODING', { index });
      return {
        identifier: identifier(index),
        hiding: bytes.slice(0, 33),
        binding: bytes.slice(33, 66),
      };
    });
}

function publicKeyOf(secret: Uint8Array): Uint8Array {
  try {
    return secp256k1.getPublicKey(secret, true);
  } catch {
    return new Uint8Array(0);
  }
}

function keyOf(commitment: Uint8Array): string {
  return commitment.join(',');
}
