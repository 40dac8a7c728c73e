import { MidlockError, type Address } from '@midlock/protocol';
import type { LaneEntry, NonceStore } from './nonce-store.ts';

export interface Signed {
  readonly txId: string;
  readonly bytes: Uint8Array;
}

/** What the lane needs to know of the chain. */
export interface LaneChain {
  /** Transactions of the account in blocks (`latest`) or in blocks and pool (`pending`). */
  count(account: Address, tag: 'latest' | 'pending'): Promise<bigint>;
  /** True while a node knows the transaction, mined or not. */
  knows(txId: string): Promise<boolean>;
  /** Sends bytes to every node; failures do not matter here. */
  broadcast(bytes: Uint8Array): Promise<void>;
  /** Signs a transfer of nothing to oneself that outbids `over` when given. */
  signFiller(nonce: bigint, over: Signed | undefined): Promise<Signed>;
}

export interface NonceLaneOptions {
  readonly account: Address;
  readonly store: NonceStore;
  readonly chain: LaneChain;
  readonly nowMs: () => bigint;
  /** How long a prepared transaction may keep later ones waiting before its nonce is filled; default 60 s. */
  readonly unsentAfterMs?: bigint;
  /**
   * The same for what an earlier process prepared, counted from this one's start; default 3 s. Its owner resumes at once,
   * or died before it wrote down that there is such a transaction.
   */
  readonly inheritedAfterMs?: bigint;
}

/** What a nonce is taken for. */
export interface NonceUse {
  /** The same for every try of one effect, and for no other effect. */
  readonly purpose?: string;
  /** The escrow slots that the transaction will fill. */
  readonly slots?: readonly bigint[];
}

/** The strictly sequential nonces of one account. */
export interface NonceLane {
  /**
   * Takes the next nonce, lets `build` sign for it and stores the result before returning. A nonce that was taken for the
   * same purpose and of which nothing left is taken again: whoever asks twice has not heard of the first, and a nonce that
   * nobody uses would keep back all above it.
   */
  allocate(
    build: (nonce: bigint) => Promise<Signed>,
    use?: NonceUse,
  ): Promise<Signed & { nonce: bigint }>;
  /** Signs again for a nonce that was taken. Throws SUBMIT_UNKNOWN when the lane has forgotten it. */
  replace(
    nonce: bigint,
    build: (nonce: bigint) => Promise<Signed>,
  ): Promise<Signed & { nonce: bigint }>;
  /** Records, durably, that bytes of this nonce are about to leave. */
  markSent(nonce: bigint): Promise<void>;
  /** Everything ever signed for a nonce. */
  siblings(nonce: bigint): Promise<readonly Signed[]>;
  /**
   * Chooses slots and money and allocates for them while nobody else does: `choose` gets what is promised to
   * transactions in no block yet, so that two locks in flight never count on the same.
   */
  choosingSlots<T>(choose: (promised: Promised) => Promise<T>): Promise<T>;
  /** Gives a nonce back whose bytes the caller will never send. */
  abandon(nonce: bigint): Promise<void>;
  /**
   * Keeps the lane moving: sends again what the nodes have forgotten (a reorg, a restart), fills nonces that nobody
   * will use, drops old entries. Call it at each new head. Returns what it did.
   */
  tend(): Promise<{ readonly resent: number; readonly filled: number }>;
}

/** What transactions that are in no block yet hold. */
export interface Promised {
  readonly slots: ReadonlySet<bigint>;
  /** Their newest bytes. */
  readonly transactions: readonly Uint8Array[];
  /** The pool holds a transaction of this account of which the lane knows nothing: another copy of the key, or a lost store. */
  readonly foreign: boolean;
}

const KEPT_BELOW_HEAD = 256n;

/** See {@link NonceLane}. Calls are serialized; one lane per account and process. */
export function createNonceLane(options: NonceLaneOptions): NonceLane {
  const {
    account,
    store,
    chain,
    nowMs,
    unsentAfterMs = 60_000n,
    inheritedAfterMs = 3_000n,
  } = options;
  const startedMs = nowMs();
  const own = new Set<bigint>();
  let tail: Promise<unknown> = Promise.resolve();
  let choosing: Promise<unknown> = Promise.resolve();

  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = tail.then(work, work);
    tail = result.catch(() => undefined);
    return result;
  }

  async function entryOf(nonce: bigint): Promise<LaneEntry | undefined> {
    return (await store.load(account)).find((entry) => entry.nonce === nonce);
  }

  async function addSigned(nonce: bigint, signed: Signed): Promise<void> {
    const entry = await entryOf(nonce);
    await store.put(account, {
      sent: false,
      createdAtMs: nowMs(),
      ...entry,
      nonce,
      signed: [...(entry?.signed ?? []), signed],
    });
  }

  async function promised(): Promise<Promised> {
    const [mined, pending] = [
      await chain.count(account, 'latest'),
      await chain.count(account, 'pending'),
    ];
    const entries = await store.load(account);
    const open = entries.filter(({ nonce }) => nonce >= mined);
    return {
      foreign: BigInt(open.filter(({ nonce }) => nonce < pending).length) < pending - mined,
      slots: new Set(open.flatMap(({ slots }) => slots ?? [])),
      transactions: open.flatMap(({ signed }) => signed.slice(-1).map(({ bytes }) => bytes)),
    };
  }

  async function fill(nonce: bigint, over: Signed | undefined): Promise<void> {
    const filler = await chain.signFiller(nonce, over);
    await addSigned(nonce, filler);
    await setSent(nonce);
    await chain.broadcast(filler.bytes);
  }

  async function setSent(nonce: bigint): Promise<void> {
    const entry = await entryOf(nonce);
    if (entry !== undefined && !entry.sent) await store.put(account, { ...entry, sent: true });
  }

  async function tendSent(entry: LaneEntry): Promise<number> {
    const newest = entry.signed.at(-1);
    if (newest === undefined || (await chain.knows(newest.txId))) return 0;
    await chain.broadcast(newest.bytes);
    return 1;
  }

  async function tend(): Promise<{ resent: number; filled: number }> {
    const entries = await store.load(account);
    const top = entries.at(-1)?.nonce;
    if (top === undefined) return { resent: 0, filled: 0 };
    const mined = await chain.count(account, 'latest');
    const done = { resent: 0, filled: 0 };
    for (const { nonce } of entries) {
      if (nonce + KEPT_BELOW_HEAD >= mined) continue;
      await store.delete(account, nonce);
      own.delete(nonce);
    }
    const byNonce = new Map(entries.map((entry) => [entry.nonce, entry]));
    for (let nonce = mined; nonce <= top; nonce += 1n) {
      const entry = byNonce.get(nonce);
      if (entry?.sent === true) done.resent += await tendSent(entry);
      else if (isStuck(entry, nonce < top)) {
        await fill(nonce, entry?.signed.at(-1));
        done.filled += 1;
      }
    }
    return done;
  }

  /** A hole blocks everything above it at once; a prepared transaction only after its time, and only if others wait. */
  function isStuck(entry: LaneEntry | undefined, othersWait: boolean): boolean {
    if (entry === undefined) return true;
    if (!othersWait) return false;
    return own.has(entry.nonce)
      ? nowMs() - entry.createdAtMs >= unsentAfterMs
      : nowMs() - startedMs >= inheritedAfterMs;
  }

  return {
    allocate: (build, { purpose, slots = [] } = {}) =>
      exclusive(async () => {
        const pending = await chain.count(account, 'pending');
        const entries = await store.load(account);
        const unheard = unheardEntry(entries, purpose, pending);
        const top = entries.at(-1)?.nonce;
        const next = top === undefined || top + 1n < pending ? pending : top + 1n;
        const nonce = unheard?.nonce ?? next;
        const signed = await build(nonce);
        own.add(nonce);
        await store.put(account, {
          ...(purpose === undefined ? {} : { purpose }),
          ...{ nonce, sent: false, createdAtMs: nowMs() },
          slots: [...(unheard?.slots ?? []), ...slots],
          signed: [...(unheard?.signed ?? []), signed],
        });
        return { ...signed, nonce };
      }),
    replace: (nonce, build) =>
      exclusive(async () => {
        if ((await entryOf(nonce)) === undefined) throw forgotten(account, nonce);
        const signed = await build(nonce);
        await addSigned(nonce, signed);
        return { ...signed, nonce };
      }),
    markSent: (nonce) => exclusive(() => setSent(nonce)),
    siblings: async (nonce) => (await entryOf(nonce))?.signed ?? [],
    choosingSlots: (choose) => {
      const result = choosing.then(async () => choose(await promised()));
      choosing = result.catch(() => undefined);
      return result;
    },
    abandon: (nonce) => {
      // Also when the store cannot be written now: what nobody waits for is filled at the next head.
      own.delete(nonce);
      return exclusive(async () => {
        const entries = await store.load(account);
        const entry = entries.find((candidate) => candidate.nonce === nonce);
        if (entry === undefined || entry.sent) return;
        if (entries.at(-1)?.nonce === nonce) await store.delete(account, nonce);
        else await fill(nonce, entry.signed.at(-1));
      });
    },
    tend: () => exclusive(tend),
  };
}

/** The entry at or above `free` that was taken for this purpose and of which nothing has left: nobody heard of it. */
export function unheardEntry(
  entries: readonly LaneEntry[],
  purpose: string | undefined,
  free: bigint,
): LaneEntry | undefined {
  if (purpose === undefined) return undefined;
  return entries.find((entry) => !entry.sent && entry.nonce >= free && entry.purpose === purpose);
}

function forgotten(account: Address, nonce: bigint): MidlockError {
  return new MidlockError('SUBMIT_UNKNOWN', { account, nonce, reason: 'not in the nonce lane' });
}
