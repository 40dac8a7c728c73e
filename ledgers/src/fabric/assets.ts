import {
  FABRIC_TX,
  canonicalJson,
  formatAccount,
  type ChaincodeConfigInput,
  type ChaincodeConfigJson,
  type ConservationJson,
  type FabricAccount,
  type NoteJson,
  type Hex32,
  type TransactionOutcome,
  type UniqueAssetJson,
} from '@midlock/protocol';
import {
  parseChaincodeConfig,
  parseConservation,
  parseNotes,
  parseUniqueAsset,
  parseUniqueAssets,
} from './answers.ts';
import type { NoteReservations } from './note-selection.ts';
import type { Queries } from './queries.ts';

export interface FabricAssetsOptions {
  readonly account: FabricAccount;
  readonly queries: Queries;
  /** Endorses, submits and waits for the commit. Throws COMMIT_INVALID and whatever refuses. */
  readonly execute: (name: string, args: readonly string[]) => Promise<TransactionOutcome>;
  readonly reservations: NoteReservations;
  readonly nowMs: () => bigint;
}

/** Assets and configuration on Fabric, as typed calls. Writing calls resolve when committed VALID. */
export interface FabricAssets {
  createFungible(assetId: string): Promise<TransactionOutcome>;
  mint(assetId: string, to: FabricAccount, amount: bigint): Promise<TransactionOutcome>;
  /** Pays `amount` from the caller's notes; the change comes back as one note. */
  transfer(assetId: string, to: FabricAccount, amount: bigint): Promise<TransactionOutcome>;
  /** Makes `count` notes of `amount` from the caller's own (merging first where none is big enough): each can be locked in the same block. */
  splitOff(assetId: string, amount: bigint, count: number): Promise<TransactionOutcome>;
  /** All notes of an account, page by page. */
  notes(assetId: string, owner: FabricAccount): Promise<readonly NoteJson[]>;
  /** Sum of an account's free notes. */
  balance(assetId: string, owner: FabricAccount): Promise<bigint>;
  issueUnique(assetId: string, to: FabricAccount, contentHash: Hex32): Promise<TransactionOutcome>;
  issueEvidence(
    assetId: string,
    to: FabricAccount,
    contentHash: Hex32,
    schemaId: string,
  ): Promise<TransactionOutcome>;
  appendEvidence(
    assetId: string,
    contentHash: Hex32,
    schemaId: string,
  ): Promise<TransactionOutcome>;
  transferAsset(assetId: string, to: FabricAccount): Promise<TransactionOutcome>;
  /** Throws ASSET_UNKNOWN. */
  asset(assetId: string): Promise<UniqueAssetJson>;
  assetsOf(holder: FabricAccount): Promise<readonly UniqueAssetJson[]>;
  /** issued - burnt = free + locked at one height. Throws ASSET_UNKNOWN. */
  conservation(assetId: string): Promise<ConservationJson>;
  initialize(config: ChaincodeConfigInput): Promise<TransactionOutcome>;
  /** Throws NOT_INITIALIZED. */
  config(): Promise<ChaincodeConfigJson>;
}

const PAGE_SIZE = '100';
const RESERVE_MS = 30_000n;

export function createFabricAssets(options: FabricAssetsOptions): FabricAssets {
  const { account, queries, execute, reservations, nowMs } = options;

  async function notes(assetId: string, owner: FabricAccount): Promise<readonly NoteJson[]> {
    return pages((bookmark) =>
      queries.any(
        {
          name: FABRIC_TX.notesOf,
          arguments: [formatAccount(owner), assetId, PAGE_SIZE, bookmark],
        },
        parseNotes,
      ),
    );
  }

  /** Spends the caller's notes worth at least `amount`. */
  async function spend(
    assetId: string,
    amount: bigint,
    use: (inputs: readonly Hex32[], worth: bigint) => Promise<TransactionOutcome>,
  ): Promise<TransactionOutcome> {
    const own = await notes(assetId, account);
    const inputs = reservations.take(own, amount, nowMs() + RESERVE_MS);
    const worth = own
      .filter(({ id }) => inputs.includes(id))
      .reduce((sum, note) => sum + BigInt(note.amount), 0n);
    try {
      return await use(inputs, worth);
    } finally {
      reservations.release(inputs);
    }
  }

  const self = formatAccount(account);

  function splitOff(assetId: string, amount: bigint, count: number): Promise<TransactionOutcome> {
    const wanted = amount * BigInt(count);
    return spend(assetId, wanted, async (inputs, worth) => {
      const [single] = inputs;
      if (single === undefined || inputs.length > 1) {
        reservations.release(inputs);
        await execute(FABRIC_TX.merge, [assetId, self, canonicalJson(inputs)]);
        return splitOff(assetId, amount, count);
      }
      const parts = Array.from({ length: count }, () => String(amount));
      const amounts = worth > wanted ? [...parts, String(worth - wanted)] : parts;
      return execute(FABRIC_TX.split, [assetId, self, single, canonicalJson(amounts)]);
    });
  }

  return {
    createFungible: (assetId) => execute(FABRIC_TX.createFungible, [assetId]),
    mint: (assetId, to, amount) =>
      execute(FABRIC_TX.mint, [assetId, formatAccount(to), String(amount)]),
    transfer: (assetId, to, amount) =>
      spend(assetId, amount, (inputs) =>
        execute(FABRIC_TX.transfer, [
          assetId,
          self,
          canonicalJson(inputs),
          formatAccount(to),
          String(amount),
        ]),
      ),
    splitOff,
    notes,
    balance: async (assetId, owner) =>
      (await notes(assetId, owner)).reduce((sum, note) => sum + BigInt(note.amount), 0n),
    issueUnique: (assetId, to, contentHash) =>
      execute(FABRIC_TX.issueUnique, [assetId, formatAccount(to), contentHash]),
    issueEvidence: (assetId, to, contentHash, schemaId) =>
      execute(FABRIC_TX.issueEvidence, [assetId, formatAccount(to), contentHash, schemaId]),
    appendEvidence: (assetId, contentHash, schemaId) =>
      execute(FABRIC_TX.appendEvidence, [assetId, contentHash, schemaId]),
    transferAsset: (assetId, to) => execute(FABRIC_TX.transferAsset, [assetId, formatAccount(to)]),
    asset: (assetId) =>
      queries.any({ name: FABRIC_TX.getAsset, arguments: [assetId] }, parseUniqueAsset),
    assetsOf: (holder) =>
      pages((bookmark) =>
        queries.any(
          { name: FABRIC_TX.assetsOf, arguments: [formatAccount(holder), PAGE_SIZE, bookmark] },
          parseUniqueAssets,
        ),
      ),
    conservation: (assetId) =>
      queries.any({ name: FABRIC_TX.conservation, arguments: [assetId] }, parseConservation),
    initialize: (config) => execute(FABRIC_TX.initialize, [canonicalJson(config)]),
    config: () => queries.any({ name: FABRIC_TX.getConfig, arguments: [] }, parseChaincodeConfig),
  };
}

async function pages<T>(
  read: (bookmark: string) => Promise<{ items: readonly T[]; bookmark: string }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let bookmark = '';
  do {
    const page = await read(bookmark);
    all.push(...page.items);
    // A peer that repeats a bookmark would keep the loop for ever.
    bookmark = page.bookmark === bookmark || page.items.length === 0 ? '' : page.bookmark;
  } while (bookmark !== '');
  return all;
}
