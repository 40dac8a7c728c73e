import { at } from '../internal/at.ts';
import { bytesInteger, integerBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { platformRandom, randomBelow, type RandomSource } from '../internal/random.ts';
import { encodeAnswer, encodeComplaint, encodeDeal } from './bodies.ts';
import { dealerWeights } from './close.ts';
import { sessionId, type KeygenParameters } from './parameters.ts';
import { proveConstant } from './possession.ts';
import { shareKey } from './result.ts';
import { isShareOf } from './shares.ts';
import type { KeygenState, KeygenTools } from './state.ts';

/**
 * One dealer's secret polynomial. Its coefficients are private to the object and are gone after {@link Dealing.erase}
 * (JavaScript may keep copies of numbers until they are collected).
 */
export class Dealing<T> {
  readonly dealer: number;
  readonly #tools: Pick<KeygenTools<T>, 'group'>;
  readonly #commitments: readonly Uint8Array[];
  readonly #possession: Uint8Array;
  #coefficients: readonly bigint[];

  /**
   * Draws a polynomial of degree threshold - 1. `oldShare` (32 bytes) is its constant term in a resharing.
   * Cost: `threshold` multiplications of the generator.
   * @throws {CryptoError} CRYPTO_RANGE for an old share that is zero or not below the order.
   */
  constructor(
    tools: Pick<KeygenTools<T>, 'group'>,
    parameters: KeygenParameters,
    dealer: number,
    oldShare?: Uint8Array,
    random: RandomSource = platformRandom,
  ) {
    const { group } = tools;
    const constant =
      oldShare === undefined ? randomBelow(group.order, random) : bytesInteger(oldShare);
    check('dealing.old-share', constant > 0n && constant < group.order, 'CRYPTO_RANGE');
    const rest = Array.from({ length: parameters.threshold - 1 }, () =>
      randomBelow(group.order, random),
    );
    this.dealer = dealer;
    this.#tools = tools;
    this.#coefficients = [constant, ...rest];
    this.#commitments = this.#coefficients.map((value) => group.encode(group.multiplyBase(value)));
    this.#possession = proveConstant(
      group,
      sessionId(parameters),
      dealer,
      constant,
      at(this.#commitments, 0),
      random,
    );
  }

  /** The share of one member, 32 bytes: to be encrypted to it before it leaves. */
  shareFor(member: number): Uint8Array {
    return integerBytes(this.#evaluate(member), 32);
  }

  /** The body of the deal packet; `ciphertexts` holds each member's encrypted share, that of member 1 first. */
  body(ciphertexts: readonly Uint8Array[]): Uint8Array {
    return encodeDeal(this.#commitments, this.#possession, ciphertexts);
  }

  /** The body of the answer packet, or undefined when nobody complained about this dealer. */
  answer(state: KeygenState<T>): Uint8Array | undefined {
    const members = state.complaints.get(this.dealer);
    if (members === undefined || state.excluded.has(this.dealer)) return undefined;
    return encodeAnswer(members.map((member) => ({ member, share: this.#evaluate(member) })));
  }

  /** Forgets the polynomial: to be called as soon as the run has ended, for old shares at hand-over. */
  erase(): void {
    this.#coefficients = [];
  }

  #evaluate(member: number): bigint {
    check('dealing.alive', this.#coefficients.length > 0, 'CRYPTO_STATE');
    const { order } = this.#tools.group;
    const x = BigInt(member);
    return this.#coefficients.reduceRight(
      (sum, coefficient) => (sum * x + coefficient) % order,
      0n,
    );
  }
}

/** Shares that a member decrypted, by dealer; a dealer is missing where decryption failed. */
export type ReceivedShares = ReadonlyMap<number, Uint8Array>;

/**
 * The body of the complaint packet: every dealer in the running whose share is missing or wrong. Empty when all is well; it is
 * sent all the same, so that nobody has to wait for the deadline.
 */
export function complaintBody<T>(
  tools: Pick<KeygenTools<T>, 'group'>,
  state: KeygenState<T>,
  member: number,
  shares: ReceivedShares,
): Uint8Array {
  const running = [...state.deals.entries()].filter(([dealer]) => !state.excluded.has(dealer));
  const bad = running.filter(([dealer, { commitments }]) => {
    const share = shares.get(dealer);
    return (
      share === undefined ||
      share.length !== 32 ||
      !isShareOf(tools, commitments, member, bytesInteger(share))
    );
  });
  return encodeComplaint(bad.map(([dealer]) => dealer).sort((a, b) => a - b));
}

/** The body of the confirmation packet once the result stands; undefined before. */
export function confirmationBody<T>(state: KeygenState<T>): Uint8Array | undefined {
  return state.result?.transcript;
}

/**
 * A member's share of the joint key (32 bytes): the sum of the qualified dealers' shares, published ones taking the place of
 * those complained about. It is compared with its public key before it is returned.
 * @throws {CryptoError} CRYPTO_STATE when the run has no result or a share is missing, CRYPTO_INVALID when the sum is wrong.
 */
export function jointShare<T>(
  tools: Pick<KeygenTools<T>, 'group'>,
  state: KeygenState<T>,
  member: number,
  shares: ReceivedShares,
): Uint8Array {
  const { group } = tools;
  const { result } = state;
  if (result === undefined) throw new CryptoError('CRYPTO_STATE', { phase: state.phase });
  const { qualified } = result;
  const weights = dealerWeights(state, group.order, qualified);
  const parts = qualified.map((dealer, i) => {
    const received = shares.get(dealer);
    const published = state.revealed.get(dealer)?.get(member);
    if (published === undefined && received === undefined)
      throw new CryptoError('CRYPTO_STATE', { dealer });
    const part = published ?? bytesInteger(received ?? new Uint8Array(0));
    return (part * (weights?.[i] ?? 1n)) % group.order;
  });
  const share = parts.reduce((a, b) => (a + b) % group.order, 0n);
  const right =
    share > 0n && group.equal(group.multiplyBase(share), shareKey(tools, result, member));
  check('joint-share.right', right, 'CRYPTO_INVALID');
  return integerBytes(share, 32);
}
