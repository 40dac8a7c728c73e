import type { Endorsement, Endorser } from '../endorser/endorser.ts';
import type { EndorsementLayout } from '../msp/index.ts';
import { detailOf, type PeerDetail } from './status.ts';

interface OpenLayout {
  /** Endorsements still wanted, by organisation. */
  readonly wanted: Map<string, number>;
  readonly endorsements: Endorsement[];
}

/**
 * Which peers to ask for endorsements, and what has come. Layouts are tried in order; a peer that fails is replaced by
 * the next one of its organisation, and where there is none, all layouts that need that organisation fall away.
 */
export class EndorsementPlan {
  /** Why peers gave no endorsement. */
  readonly details: PeerDetail[] = [];
  #layouts: OpenLayout[];
  readonly #candidates: Map<string, Endorser[]>;
  #payload: Uint8Array | undefined;
  #completed: OpenLayout | undefined;

  /** `candidates`: peers that can be asked, by organisation, in order of preference. */
  constructor(
    layouts: readonly EndorsementLayout[],
    candidates: ReadonlyMap<string, readonly Endorser[]>,
  ) {
    this.#layouts = layouts.map((layout) => ({ wanted: new Map(layout), endorsements: [] }));
    this.#candidates = new Map([...candidates].map(([mspId, peers]) => [mspId, [...peers]]));
  }

  /** The endorsements of the first layout that was satisfied, each endorser's once. */
  get completed(): readonly Endorsement[] | undefined {
    return this.#completed?.endorsements;
  }

  /** Takes the peers that the next layout still needs; undefined when no layout is left. */
  takeLayout(): readonly Endorser[] | undefined {
    for (;;) {
      const [layout] = this.#layouts;
      if (layout === undefined) return undefined;
      const wanted = [...layout.wanted];
      if (wanted.every(([mspId, count]) => this.#peersOf(mspId).length >= count))
        return wanted.flatMap(([mspId, count]) => this.#peersOf(mspId).splice(0, count));
      this.#layouts.shift();
    }
  }

  /** Another peer of the organisation instead of one that failed; undefined when there is none. */
  takeAnother(mspId: string): Endorser | undefined {
    const next = this.#peersOf(mspId).shift();
    if (next === undefined)
      this.#layouts = this.#layouts.filter(({ wanted }) => !wanted.has(mspId));
    return next;
  }

  /** Counts an endorsement in every layout that wants one of its organisation; false when its payload differs from the first. */
  accept(endorser: Endorser, endorsement: Endorsement): boolean {
    const { mspId } = endorser.options;
    this.#candidates.set(
      mspId,
      this.#peersOf(mspId).filter((peer) => peer !== endorser),
    );
    this.#payload ??= endorsement.payload;
    if (Buffer.compare(this.#payload, endorsement.payload) !== 0) {
      this.details.push(detailOf(endorser, 'ProposalResponsePayloads do not match'));
      return false;
    }
    for (const layout of this.#layouts) {
      const count = layout.wanted.get(mspId);
      if (count === undefined) continue;
      layout.endorsements.push(endorsement);
      if (count > 1) layout.wanted.set(mspId, count - 1);
      else layout.wanted.delete(mspId);
      if (layout.wanted.size > 0) continue;
      this.#completed ??= layout;
      break;
    }
    return true;
  }

  #peersOf(mspId: string): Endorser[] {
    return this.#candidates.get(mspId) ?? [];
  }
}
