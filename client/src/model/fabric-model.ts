import { sha256 } from '@noble/hashes/sha2.js';
import {
  formatAccount,
  sameAccount,
  toHex,
  verifySecret,
  type AssetKind,
  type FabricAccount,
  type FabricLeg,
  type Hex32,
  type LegFact,
  type Position,
  type SwapProfile,
  type SwapTerms,
} from '@midlock/protocol';
import type { Action } from '../core/session.ts';
import { decodeRecord, encodeRecord } from '../store/codec.ts';
import { memoSwapId } from './memo.ts';
import { ModelRefusal } from './model-refusal.ts';

export { ModelRefusal };

/** An organisation's endorser: its clock's error and whether it serves. */
export interface ModelOrganization {
  readonly mspId: string;
  offsetSec: bigint;
  willing: (proposal: FabricProposal) => boolean;
  /** True where the endorser signs whatever stamp it is given: an organisation that cheats. */
  careless?: boolean;
}

export interface FabricProposal {
  readonly creator: FabricAccount;
  readonly action: Action;
  readonly terms: SwapTerms;
  readonly secret?: Uint8Array;
  readonly stampSec: bigint;
  /** Tells equal proposals apart. */
  readonly nonce: string;
}

/** An endorsed transaction: what was read and what is to be written, fixed at endorsement. */
interface Envelope {
  readonly proposal: FabricProposal;
  readonly endorsers: readonly string[];
  readonly reads: readonly (readonly [string, number])[];
  readonly writes: readonly (readonly [string, FabricValue | null])[];
}

export interface MidAccount {
  readonly state: 'locked' | 'claimed' | 'refunded' | 'released' | 'declined';
  readonly terms: SwapTerms;
  readonly secret?: Uint8Array;
}

/** A note, or a whole asset: then its kind, an amount of 1 and a key of its own. */
interface ModelNote {
  readonly owner: string;
  readonly assetId: string;
  readonly amount: bigint;
  readonly kind?: Exclude<AssetKind, 'fungible'>;
}

type FabricValue = { readonly note: ModelNote } | { readonly mid: MidAccount };

export interface FabricReceipt {
  readonly at: Position;
  readonly code: 'VALID' | 'MVCC_READ_CONFLICT' | 'ENDORSEMENT_POLICY_FAILURE' | 'DUPLICATE_TXID';
}

export interface FabricBlock {
  readonly height: bigint;
  readonly hash: string;
  readonly parentHash: string;
  readonly timeSec: bigint;
  readonly facts: readonly LegFact[];
  /** Every transaction of the block with its validation code; those that are not VALID changed nothing. */
  readonly transactions: readonly FabricTransaction[];
}

export interface FabricTransaction {
  readonly txId: string;
  readonly code: FabricReceipt['code'];
  readonly proposal: FabricProposal;
  readonly endorsers: readonly string[];
}

/** A Fabric channel with the mid-account contract: endorsement, ordering and validation as three steps. Pure. */
export interface FabricModel {
  readonly organizations: readonly ModelOrganization[];
  readonly blocks: readonly FabricBlock[];
  readonly revision: number;
  timeSec: bigint;
  balance(owner: FabricAccount, assetId: string): bigint;
  locked(assetId: string): bigint;
  /** Everything there is of an asset: all notes and open mid-accounts. */
  supply(assetId: string): bigint;
  midAccount(swapId: Hex32): MidAccount | undefined;
  /** Simulates at the named organisations. Throws ModelRefusal with the code of the first that refuses. */
  endorse(proposal: FabricProposal, mspIds: readonly string[]): { txId: string; bytes: Uint8Array };
  order(bytes: Uint8Array): void;
  /** Cuts a block of what was ordered; none when nothing was. */
  cut(): FabricBlock | undefined;
  receipt(txId: string): FabricReceipt | undefined;
  /** Transactions that were ordered and not yet cut. */
  queued(txId: string): boolean;
}

export interface FabricModelOptions {
  readonly startSec: bigint;
  readonly organizations: readonly string[];
  /** k: endorsements that make a transaction valid. */
  readonly endorsements: number;
  readonly fabric: SwapProfile['fabric'];
  /** The contract's configuration as far as it is more than the profile; any terms when absent. */
  readonly limits?: FabricLimits;
  readonly notes: readonly {
    readonly owner: FabricAccount;
    readonly assetId: string;
    readonly amount: bigint;
  }[];
  /** Unique assets and evidence, each with its holder. */
  readonly assets?: readonly {
    readonly holder: FabricAccount;
    readonly assetId: string;
    readonly kind: Exclude<AssetKind, 'fungible'>;
  }[];
  /** Planted bugs, for tests that show which invariant sees them. */
  readonly flaws?: ReadonlySet<FabricFlaw>;
}

/** What the contract's configuration asks of terms beside the least duration. */
export interface FabricLimits {
  readonly networkId: Hex32;
  readonly maxDurationSec: bigint;
  /** Least time between the deadlines of the long and the short leg, by direction. */
  readonly marginSec: Readonly<Record<SwapTerms['direction'], bigint>>;
}

/** A check or effect of the contract, or of validation, that a planted bug leaves out or does wrong. */
export type FabricFlaw =
  | 'mints'
  | 'settles-twice'
  | 'pays-caller'
  | 'claims-late'
  | 'refunds-early'
  | 'any-stamp'
  | 'any-duration';

export function createFabricModel(options: FabricModelOptions): FabricModel {
  const { fabric } = options;
  const flawed = (flaw: FabricFlaw): boolean => options.flaws?.has(flaw) === true;
  const state = new Map<string, { readonly version: number; readonly value: FabricValue }>();
  const receipts = new Map<string, FabricReceipt>();
  const blocks: FabricBlock[] = [
    {
      height: 0n,
      hash: 'f-0',
      parentHash: '',
      timeSec: options.startSec,
      facts: [],
      transactions: [],
    },
  ];
  const queue: { readonly txId: string; readonly envelope: Envelope }[] = [];
  const organizations: ModelOrganization[] = options.organizations.map((mspId) => ({
    mspId,
    offsetSec: 0n,
    willing: () => true,
  }));
  let [timeSec, revision] = [options.startSec, 0];
  for (const [index, { owner, assetId, amount }] of options.notes.entries())
    state.set(`note ${String(index)}`, {
      version: 0,
      value: { note: { owner: formatAccount(owner), assetId, amount } },
    });
  for (const { holder, assetId, kind } of options.assets ?? [])
    state.set(`asset ${assetId}`, {
      version: 0,
      value: { note: { owner: formatAccount(holder), assetId, amount: 1n, kind } },
    });

  const midOf = (swapId: string): MidAccount | undefined => {
    const value = state.get(`mid ${swapId}`)?.value;
    return value !== undefined && 'mid' in value ? value.mid : undefined;
  };
  const notes = (): { key: string; note: ModelNote }[] =>
    [...state].flatMap(([key, { value }]) => ('note' in value ? [{ key, note: value.note }] : []));

  const locked = (assetId: string): bigint =>
    [...state.values()].reduce(
      (sum, { value }) =>
        sum +
        ('mid' in value &&
        value.mid.state === 'locked' &&
        value.mid.terms.fabric.assetId === assetId
          ? value.mid.terms.fabric.amount
          : 0n),
      0n,
    );

  /** The contract: reads and writes of one proposal on the committed state. */
  function simulate(proposal: FabricProposal, txId: string): Pick<Envelope, 'reads' | 'writes'> {
    const { terms, action, creator, stampSec } = proposal;
    const leg = terms.fabric;
    const midKey = `mid ${memoSwapId(terms)}`;
    const mid = midOf(memoSwapId(terms));
    const reads: (readonly [string, number])[] = [[midKey, state.get(midKey)?.version ?? -1]];
    const pay = (to: FabricAccount): readonly [string, FabricValue] => {
      const { assetId, assetKind: kind, amount } = leg;
      const note = { owner: formatAccount(to), assetId, amount };
      return kind === 'fungible'
        ? [`note ${txId}/0`, { note }]
        : [`asset ${assetId}`, { note: { ...note, kind } }];
    };
    if (action === 'lock' || action === 'decline') return open(proposal, txId, reads);
    if (mid === undefined) throw new ModelRefusal('LOCK_UNKNOWN');
    if (mid.state !== 'locked') {
      const settled = { ...mid, state: action === 'claim' ? 'claimed' : 'refunded' } as const;
      return { reads, writes: [[midKey, { mid: settled }]] };
    }
    if (action === 'claim') {
      const { secret } = proposal;
      if (secret === undefined || !verifySecret(secret, terms.hashLock))
        throw new ModelRefusal('SECRET_INVALID');
      if (stampSec >= leg.expiresAtSec && !flawed('claims-late'))
        throw new ModelRefusal('CLAIM_TOO_LATE');
      const payee = flawed('pays-caller') ? creator : leg.beneficiary;
      return {
        reads,
        writes: [[midKey, { mid: { ...mid, state: 'claimed', secret } }], pay(payee)],
      };
    }
    if (action === 'refund') {
      if (stampSec < leg.expiresAtSec + fabric.gapSec && !flawed('refunds-early'))
        throw new ModelRefusal('REFUND_TOO_EARLY');
      return { reads, writes: [[midKey, { mid: { ...mid, state: 'refunded' } }], pay(leg.owner)] };
    }
    if (!sameAccount(creator, leg.beneficiary)) throw new ModelRefusal('NOT_BENEFICIARY');
    return { reads, writes: [[midKey, { mid: { ...mid, state: 'released' } }], pay(leg.owner)] };
  }

  /** The lock or the decline of a swap that has no mid-account yet. */
  function open(
    { terms, action, creator, stampSec }: FabricProposal,
    txId: string,
    reads: Envelope['reads'],
  ): Pick<Envelope, 'reads' | 'writes'> {
    const leg = terms.fabric;
    const swapId = memoSwapId(terms);
    const midKey = `mid ${swapId}`;
    if (options.limits !== undefined && leg.networkId !== options.limits.networkId)
      throw new ModelRefusal('NETWORK_MISMATCH');
    if (!sameAccount(creator, leg.owner)) throw new ModelRefusal('NOT_OWNER');
    if (action === 'lock') requireDeadlines(terms, stampSec);
    if (midOf(swapId) !== undefined) throw new ModelRefusal('LOCK_EXISTS');
    if (action === 'decline')
      return { reads, writes: [[midKey, { mid: { state: 'declined', terms } }]] };
    const chosen =
      leg.assetKind === 'fungible'
        ? chooseNotes(formatAccount(leg.owner), leg.assetId, leg.amount)
        : [wholeAsset(leg)];
    const sum = chosen.reduce((total, { note }) => total + note.amount, 0n);
    const change: FabricValue = {
      note: { owner: formatAccount(leg.owner), assetId: leg.assetId, amount: sum - leg.amount },
    };
    return {
      reads: [...reads, ...chosen.map(({ key }) => [key, state.get(key)?.version ?? -1] as const)],
      writes: [
        ...chosen.map(({ key }) => [key, null] as const),
        [midKey, { mid: { state: 'locked', terms } }],
        ...(sum > leg.amount ? [[`note ${txId}/1`, change] as const] : []),
        ...(flawed('mints') ? [minted(txId, leg.assetId)] : []),
      ],
    };
  }

  /** Refuses terms whose deadlines are too near, too far or too close to one another. */
  function requireDeadlines(
    { direction, fabric: leg, ethereum }: SwapTerms,
    stampSec: bigint,
  ): void {
    if (stampSec + fabric.commitSec > leg.expiresAtSec && !flawed('any-duration'))
      throw new ModelRefusal('DEADLINE_TOO_CLOSE');
    const { limits } = options;
    if (limits === undefined) return;
    if (stampSec + limits.maxDurationSec < leg.expiresAtSec)
      throw new ModelRefusal('DEADLINE_TOO_FAR');
    const aheadSec = leg.expiresAtSec - ethereum.expiresAtSec;
    const marginSec = direction === 'fabric-first' ? aheadSec : -aheadSec;
    if (marginSec < limits.marginSec[direction]) throw new ModelRefusal('DEADLINE_ORDER');
  }

  /** A settlement is held against its lock before its stamp is judged, by that lock's window. */
  function requireLocked({ action, terms }: FabricProposal): void {
    if (action === 'lock' || action === 'decline') return;
    const mid = midOf(memoSwapId(terms));
    if (mid === undefined) throw new ModelRefusal('LOCK_UNKNOWN');
    if (mid.state !== 'locked' && (!flawed('settles-twice') || mid.state === 'declined'))
      throw new ModelRefusal('LOCK_SETTLED');
  }

  function chooseNotes(owner: string, assetId: string, amount: bigint): ReturnType<typeof notes> {
    const reserved = new Set(queue.flatMap(({ envelope }) => envelope.reads.map(([key]) => key)));
    const chosen: ReturnType<typeof notes> = [];
    let sum = 0n;
    for (const candidate of notes()) {
      if (sum >= amount) break;
      if (
        candidate.note.owner !== owner ||
        candidate.note.assetId !== assetId ||
        candidate.note.kind !== undefined ||
        reserved.has(candidate.key)
      )
        continue;
      chosen.push(candidate);
      sum += candidate.note.amount;
    }
    if (sum < amount) throw new ModelRefusal('BALANCE_INSUFFICIENT');
    return chosen;
  }

  /** A unique asset or evidence that its owner may lock. While a mid-account holds it, it stands nowhere else. */
  function wholeAsset({ assetId, assetKind, owner }: FabricLeg): { key: string; note: ModelNote } {
    const key = `asset ${assetId}`;
    const value = state.get(key)?.value;
    if (value === undefined || !('note' in value)) {
      const isLocked = [...state.values()].some(
        ({ value: other }) =>
          'mid' in other &&
          other.mid.state === 'locked' &&
          other.mid.terms.fabric.assetKind !== 'fungible' &&
          other.mid.terms.fabric.assetId === assetId,
      );
      throw new ModelRefusal(isLocked ? 'ASSET_LOCKED' : 'ASSET_UNKNOWN');
    }
    if (value.note.kind !== assetKind) throw new ModelRefusal('ASSET_UNKNOWN');
    if (value.note.owner !== formatAccount(owner)) throw new ModelRefusal('NOT_OWNER');
    return { key, note: value.note };
  }

  function validate({ endorsers, reads }: Envelope, txId: string): FabricReceipt['code'] {
    if (receipts.has(txId)) return 'DUPLICATE_TXID';
    if (new Set(endorsers).size < options.endorsements) return 'ENDORSEMENT_POLICY_FAILURE';
    return reads.every(([key, version]) => (state.get(key)?.version ?? -1) === version)
      ? 'VALID'
      : 'MVCC_READ_CONFLICT';
  }

  return {
    organizations,
    get blocks() {
      return blocks;
    },
    get revision() {
      return revision;
    },
    get timeSec() {
      return timeSec;
    },
    set timeSec(value) {
      timeSec = value;
    },
    balance: (owner, assetId) =>
      notes().reduce(
        (sum, { note }) =>
          sum +
          (note.owner === formatAccount(owner) && note.assetId === assetId ? note.amount : 0n),
        0n,
      ),
    locked,
    supply: (assetId) =>
      notes().reduce(
        (sum, { note }) => (note.assetId === assetId ? sum + note.amount : sum),
        locked(assetId),
      ),
    midAccount: midOf,
    endorse(proposal, mspIds) {
      const txId = toHex(sha256(new TextEncoder().encode(encodeRecord(proposal)))).slice(2);
      for (const mspId of mspIds) {
        const organization = organizations.find((candidate) => candidate.mspId === mspId);
        if (organization?.willing(proposal) !== true) throw new ModelRefusal('ENDORSEMENT_REFUSED');
        requireLocked(proposal);
        if (organization.careless === true || flawed('any-stamp')) continue;
        const clockSec = timeSec + organization.offsetSec;
        if (
          proposal.stampSec < clockSec - fabric.maxPastSec ||
          proposal.stampSec > clockSec + fabric.maxFutureSec
        )
          throw new ModelRefusal('STAMP_OUTSIDE_WINDOW');
      }
      const envelope: Envelope = { proposal, endorsers: mspIds, ...simulate(proposal, txId) };
      return { txId, bytes: new TextEncoder().encode(encodeRecord({ txId, envelope })) };
    },
    order(bytes) {
      queue.push(readEnvelope(bytes));
      revision += 1;
    },
    cut() {
      if (queue.length === 0) return undefined;
      const parent = blocks.at(-1) as FabricBlock;
      const height = parent.height + 1n;
      const facts: LegFact[] = [];
      const transactions: FabricTransaction[] = [];
      for (const { txId, envelope } of queue.splice(0)) {
        const at: Position = {
          height,
          blockHash: `f-${String(height)}`,
          txId,
          timeSec: envelope.proposal.stampSec,
        };
        const code = validate(envelope, txId);
        transactions.push({
          txId,
          code,
          proposal: envelope.proposal,
          endorsers: envelope.endorsers,
        });
        if (code !== 'DUPLICATE_TXID') receipts.set(txId, { at, code });
        if (code !== 'VALID') continue;
        for (const [key, value] of envelope.writes) {
          if (value === null) state.delete(key);
          else state.set(key, { version: Number(height), value });
        }
        facts.push(factOf(envelope.proposal, at));
      }
      const block = {
        height,
        hash: `f-${String(height)}`,
        parentHash: parent.hash,
        timeSec,
        facts,
        transactions,
      };
      blocks.push(block);
      revision += 1;
      return block;
    },
    receipt: (txId) => receipts.get(txId),
    queued: (txId) => queue.some((entry) => entry.txId === txId),
  };
}

/** The planted mint: a note of nobody who is a party of any swap. */
function minted(txId: string, assetId: string): readonly [string, FabricValue] {
  return [`note ${txId}/2`, { note: { owner: 'nobody', assetId, amount: 1n } }];
}

interface Ordered {
  readonly txId: string;
  readonly envelope: Envelope;
}

const decoded = new WeakMap<Uint8Array, Ordered>();

/** Bytes never change once they are endorsed, so that each array is decoded once. */
function readEnvelope(bytes: Uint8Array): Ordered {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const ordered = decodeRecord(new TextDecoder().decode(bytes)) as Ordered;
  decoded.set(bytes, ordered);
  return ordered;
}

function factOf({ action, terms, secret }: FabricProposal, at: Position): LegFact {
  const swapId = memoSwapId(terms);
  const base = { ledger: 'fabric', swapId, at } as const;
  switch (action) {
    case 'lock':
      return { kind: 'locked', ...base, terms };
    case 'decline':
      return { kind: 'declined', ...base, terms };
    case 'claim':
      return { kind: 'claimed', ...base, secret: secret ?? new Uint8Array() };
    case 'refund':
      return { kind: 'refunded', ...base, how: 'expiry' };
    case 'release':
      return { kind: 'refunded', ...base, how: 'release' };
  }
}
