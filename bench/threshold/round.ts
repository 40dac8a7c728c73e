import type { CurveEngine } from '@midlock/crypto/bls/engine';
import { signWith } from '@midlock/crypto/bls/keys';
import { encodePoint, parseMember } from '@midlock/crypto/bls/points';
import { BLS_TAGS } from '@midlock/crypto/bls/tags';
import { createCombiner, type Combiner, type Partial } from '@midlock/crypto/bls/threshold';
import { verifySignature } from '@midlock/crypto/bls/verify';
import type { DealtKey } from '@midlock/crypto/testing/trusted-dealer';
import { timed } from '../timing.ts';

/** One-way delays of a round with linear communication: proposal to the members, votes back, decision to the members. */
export const DELAYS_PER_ROUND = 3;
export const DELAY_MS = 10;

/** Computing time of one round, without the network: each member works on its own machine, so one member's time counts once. */
export interface RoundTime {
  readonly signMs: number;
  readonly combineMs: number;
  readonly verifyMs: number;
}

/** Rounds of one committee in one epoch: the combiner remembers liars from round to round. */
export class RoundSimulation<P, Q> {
  readonly #engine: CurveEngine<P, Q>;
  readonly #key: DealtKey<Q>;
  readonly #combiner: Combiner;
  #round = 0;

  constructor(engine: CurveEngine<P, Q>, key: DealtKey<Q>) {
    this.#engine = engine;
    this.#key = key;
    this.#combiner = createCombiner(engine, key.keys);
  }

  /**
   * Runs one round on a fresh message. Votes arrive in a random order with those of liars first, the worst case for the combiner.
   * Everything from bytes: partials are parsed, the result is encoded, and a member parses and verifies it.
   */
  run(liars: ReadonlySet<number>): RoundTime {
    this.#round += 1;
    const message = new TextEncoder().encode(`round ${String(this.#round)}`);
    const [signMs] = timed(() => signWith(this.#share(1), BLS_TAGS.attestation, message));
    const partials = this.#votes(message, liars);
    const [combineMs, result] = timed(() =>
      this.#combiner.combine(BLS_TAGS.attestation, message, partials),
    );
    if (result.kind !== 'signed')
      throw new Error(`round ${String(this.#round)} is short of ${String(result.missing)}`);
    const [verifyMs, valid] = timed(() => {
      const signature = parseMember(this.#engine.g1, result.signature);
      return verifySignature(
        this.#engine,
        this.#key.keys.groupKey,
        BLS_TAGS.attestation,
        message,
        signature,
      );
    });
    if (!valid) throw new Error('the combined signature does not verify');
    return { signMs, combineMs, verifyMs };
  }

  /** Votes of all members, made outside the measured time with the accelerator: the keys of a bench are no secrets. */
  #votes(message: Uint8Array, liars: ReadonlySet<number>): Partial[] {
    const { g1 } = this.#engine;
    const hashed = this.#engine.hashToG1(message, BLS_TAGS.attestation);
    const indices = Array.from({ length: this.#key.keys.size }, (_, i) => i + 1);
    const order = [
      ...shuffled(indices.filter((i) => liars.has(i))),
      ...shuffled(indices.filter((i) => !liars.has(i))),
    ];
    // No more than f + t votes are ever looked at.
    return order.slice(0, this.#key.keys.threshold + liars.size).map((index) => {
      const share = BigInt(`0x${Buffer.from(this.#share(index)).toString('hex')}`);
      return {
        index,
        bytes: encodePoint(g1, g1.multiply(hashed, liars.has(index) ? share ^ 1n : share)),
      };
    });
  }

  #share(index: number): Uint8Array {
    const share = this.#key.shares[index - 1];
    if (share === undefined) throw new Error(`no share ${String(index)}`);
    return share;
  }
}

function shuffled(values: readonly number[]): number[] {
  return values
    .map((value) => [Math.random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}
