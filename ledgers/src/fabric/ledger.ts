import {
  FABRIC_TX,
  MidlockError,
  canonicalJson,
  formatAccount,
  isMidlockError,
  sameAccount,
  swapIdOf,
  termsText,
  toHex,
  verifySecret,
  type Cursor,
  type FabricAccount,
  type Hex32,
  type LedgerHead,
  type LedgerIntent,
  type LedgerUpdate,
  type LegView,
  type SignedTransaction,
  type SwapTerms,
  type TransactionOutcome,
} from '@midlock/protocol';
import { parseEndorserTime, type EndorserTime } from './answers.ts';
import { createClockBook, type ClockOffset } from './clock-book.ts';
import { gatherEndorsements, type EndorseRequest } from './endorsement.ts';
import { createFabricAssets, type FabricAssets } from './assets.ts';
import { accountOf } from './identity.ts';
import { createNoteReservations } from './note-selection.ts';
import { openTransport } from './open-transport.ts';
import type { FabricLedgerOptions } from './options.ts';
import type { PeerQuorum } from './peer-quorum.ts';
import { readPrepared } from './prepared.ts';
import { createQueries } from './queries.ts';
import { readFabricLeg, readMidAccount } from './read-leg.ts';
import { createRecent } from '../recent.ts';
import { sleep } from '../sleep.ts';
import { probeStampGuards, type StampGuard, type StampProbe } from './stamp-guards.ts';
import { submitThrough } from './submit.ts';
import { outcomeOf } from './transaction-outcome.ts';
import { watchFabric } from './watch.ts';

/** The Fabric side of swaps; fits `LedgerPort`. */
export interface FabricLedger {
  readonly ledger: 'fabric';
  /** The account under which the identity holds assets. */
  readonly account: FabricAccount;
  readonly assets: FabricAssets;
  /** Height of the channel; `timeSec` is the clock of the fastest endorser, which is what guards are judged by. */
  head(): Promise<LedgerHead>;
  prepare(intent: LedgerIntent): Promise<SignedTransaction>;
  submit(transaction: SignedTransaction): Promise<void>;
  outcome(transaction: SignedTransaction): Promise<TransactionOutcome>;
  leg(terms: SwapTerms): Promise<LegView>;
  watch(cursor: Cursor | undefined, signal: AbortSignal): AsyncIterable<LedgerUpdate>;
  /** SHA-256 of the channel's genesis block header, as the first reachable peer has it. */
  networkId(): Promise<Hex32>;
  /** Clock offsets measured so far, for logs and metrics. */
  clockOffsets(): readonly ClockOffset[];
  /** Which organisations refuse stamps so far from their clocks; see {@link probeStampGuards}. Orders nothing. */
  stampGuards(probe: StampProbe): Promise<readonly StampGuard[]>;
  close(): void;
}

const NOBODY: ReadonlySet<string> = new Set();

/** How long a submitted transaction counts as under way although no peer has it yet. */
const RESEND_AFTER_MS = 5_000n;

/** More transactions than are under way at once; most are never asked for again. */
const KEPT_TRANSACTIONS = 1_024;

/** How long notes stay promised to a prepared lock whose fate nobody asked for. */
const RESERVE_MS = 60_000n;

/**
 * Connects lazily to every organisation's peer; sends nothing until a method is called.
 * @throws {MidlockError} CONFIG_INVALID, IDENTITY_INVALID.
 */
export async function createFabricLedger(options: FabricLedgerOptions): Promise<FabricLedger> {
  const { channel, chaincode, identity, endorsements } = options;
  const nowMs = options.nowMs ?? (() => BigInt(Date.now()));
  const transport = await openTransport(options);
  const { gateways } = transport;
  const account = accountOf(identity);
  const queries = createQueries({ channel, chaincode, gateways, nowMs });
  const clocks = createClockBook({
    nowMs,
    query: (mspId) => endorserTime(mspId),
  });
  const reservations = createNoteReservations(nowMs);
  const notesInFlight = createRecent<string, readonly Hex32[]>(KEPT_TRANSACTIONS);
  const mspIds = gateways.map(({ mspId }) => mspId);
  const peers: PeerQuorum = {
    organizations: mspIds,
    quorum: options.readQuorum ?? endorsements,
    sleep,
  };
  const takenAtMs = createRecent<string, bigint>(KEPT_TRANSACTIONS);
  let verified: Promise<void> | undefined;

  async function endorserTime(mspId: string): Promise<EndorserTime> {
    try {
      return await queries.from(mspId, { name: FABRIC_TX.time, arguments: [] }, parseEndorserTime);
    } catch (error) {
      // Before `config:initialize` there is no window; that transaction is stamped by this machine's clock.
      if (!isMidlockError(error, 'NOT_INITIALIZED')) throw error;
      return { mspId, clockMs: nowMs(), maxPastSec: 60n, maxFutureSec: 10n, gapSec: 0n };
    }
  }

  async function networkId(): Promise<Hex32> {
    return (await queries.block(0n)).hash as Hex32;
  }

  /** Once per process: the peers serve the channel that the configuration names. */
  function checkNetwork(): Promise<void> {
    const expected = options.networkId;
    if (expected === undefined) return Promise.resolve();
    verified ??= networkId()
      .then((actual) => {
        if (actual !== expected) throw new MidlockError('NETWORK_MISMATCH', { expected, actual });
      })
      .catch((error: unknown) => {
        verified = undefined;
        throw error;
      });
    return verified;
  }

  async function endorse(request: Omit<EndorseRequest, 'chaincode'>): Promise<SignedTransaction> {
    await checkNetwork();
    const { txId, bytes } = await gatherEndorsements(
      { gateways, ownMspId: identity.mspId, endorsements, clocks },
      { chaincode, ...request },
    );
    return { ledger: 'fabric', txId, bytes };
  }

  /** The orderers took it a moment ago: sending it again now would only fill blocks with duplicates. */
  function isUnderWay(txId: string): boolean {
    const atMs = takenAtMs.get(txId);
    return atMs !== undefined && nowMs() - atMs < RESEND_AFTER_MS;
  }

  async function submit({ txId, bytes }: SignedTransaction): Promise<void> {
    await submitThrough(transport.submitters(readPrepared(bytes)), bytes);
    takenAtMs.set(txId, nowMs());
  }

  const execute = async (name: string, args: readonly string[]): Promise<TransactionOutcome> => {
    const transaction = await endorse({
      name,
      arguments: args,
      purpose: { kind: 'any' },
      without: NOBODY,
    });
    await submit(transaction);
    const outcome = await committed(transaction);
    if (name === FABRIC_TX.initialize) clocks.forget(mspIds);
    return outcome;
  };

  async function committed(transaction: SignedTransaction): Promise<TransactionOutcome> {
    const untilMs = nowMs() + 30_000n;
    while (nowMs() < untilMs) {
      const outcome = await outcomeOf(queries, peers, transaction.txId);
      if (outcome.kind === 'valid') return outcome;
      if (outcome.kind === 'invalid')
        throw new MidlockError('COMMIT_INVALID', { code: outcome.code, txId: transaction.txId });
      await sleep(25);
    }
    throw new MidlockError('TIMED_OUT', { txId: transaction.txId, ledger: 'fabric' });
  }

  const assets = createFabricAssets({ account, queries, execute, reservations, nowMs });

  /** Who has no note at all may have the asset in an operator's own ledger, which needs none: the chaincode decides. */
  async function reserveNotes({ assetId, amount }: SwapTerms['fabric']): Promise<readonly Hex32[]> {
    const own = await assets.notes(assetId, account);
    return own.length === 0 ? [] : reservations.take(own, amount, nowMs() + RESERVE_MS);
  }

  async function prepareLock(terms: SwapTerms): Promise<SignedTransaction> {
    const { fabric } = terms;
    requireNetwork(terms);
    if (!sameAccount(fabric.owner, account))
      throw new MidlockError('NOT_OWNER', { owner: formatAccount(fabric.owner) });
    const notes = fabric.assetKind === 'fungible' ? await reserveNotes(fabric) : [];
    try {
      const transaction = await endorse({
        name: FABRIC_TX.lock,
        arguments: [termsText(terms), canonicalJson(notes)],
        purpose: { kind: 'any' },
        without: NOBODY,
        last: counterparties(terms),
      });
      notesInFlight.set(transaction.txId, notes);
      return transaction;
    } catch (error) {
      reservations.release(notes);
      throw error;
    }
  }

  function requireNetwork({ fabric }: SwapTerms): void {
    const { networkId: expected } = options;
    if (
      fabric.channel !== channel ||
      fabric.chaincode !== chaincode ||
      (expected !== undefined && fabric.networkId !== expected)
    ) {
      throw new MidlockError('NETWORK_MISMATCH', {
        channel: fabric.channel,
        chaincode: fabric.chaincode,
        networkId: fabric.networkId,
      });
    }
  }

  async function prepare(intent: LedgerIntent): Promise<SignedTransaction> {
    const { terms } = intent;
    const swapId = swapIdOf(terms);
    switch (intent.action) {
      case 'lock':
        return prepareLock(terms);
      case 'claim': {
        if (!verifySecret(intent.secret, terms.hashLock)) throw new MidlockError('SECRET_INVALID');
        return endorse({
          name: FABRIC_TX.claim,
          arguments: [swapId, toHex(intent.secret)],
          purpose: { kind: 'claim', expiresAtSec: terms.fabric.expiresAtSec },
          without: new Set([terms.fabric.owner.mspId, ...(options.counterpartyMsps ?? [])]),
        });
      }
      case 'refund':
        return endorse({
          name: FABRIC_TX.refund,
          arguments: [swapId],
          purpose: { kind: 'refund', notBeforeSec: await refundableFrom(terms, swapId) },
          without: NOBODY,
          last: counterparties(terms),
        });
      case 'release':
      case 'decline':
        return endorse({
          name: FABRIC_TX[intent.action],
          arguments: [intent.action === 'release' ? swapId : termsText(terms)],
          purpose: { kind: 'any' },
          without: NOBODY,
          last: counterparties(terms),
        });
    }
  }

  /** Organisations of the swap's parties other than the own: they may gain by delaying this. */
  function counterparties({ fabric: { owner, beneficiary } }: SwapTerms): ReadonlySet<string> {
    const parties = [owner.mspId, beneficiary.mspId, ...(options.counterpartyMsps ?? [])];
    return new Set(parties.filter((mspId) => mspId !== identity.mspId));
  }

  /** T + gap, with the gap under which this lock was made. Throws LOCK_UNKNOWN. */
  async function refundableFrom(terms: SwapTerms, swapId: Hex32): Promise<bigint> {
    for (const mspId of mspIds) {
      try {
        const locked = await readMidAccount(queries, mspId, swapId);
        if (locked !== undefined) return terms.fabric.expiresAtSec + locked.gapSec;
      } catch (error) {
        if (!isMidlockError(error, 'ENDPOINT_UNREACHABLE')) throw error;
      }
    }
    throw new MidlockError('LOCK_UNKNOWN', { swapId });
  }

  return {
    ledger: 'fabric',
    account,
    assets,
    networkId,
    prepare,
    submit,
    head: async () => {
      await checkNetwork();
      const [{ height, hash }, times] = await Promise.all([queries.height(), reachableClocks()]);
      return { height, hash, timeSec: fastest(times) / 1000n, finalizedHeight: height };
    },
    outcome: async ({ txId }) => {
      const outcome = await outcomeOf(queries, peers, txId);
      if (outcome.kind === 'unknown' && isUnderWay(txId)) return { kind: 'pending' };
      if (outcome.kind === 'valid' || outcome.kind === 'invalid') settleNotes(txId);
      return outcome;
    },
    leg: async (terms) => {
      await checkNetwork();
      requireNetwork(terms);
      return readFabricLeg({ queries, peers }, terms);
    },
    watch: (cursor, signal) =>
      watchFabric(
        {
          chaincode,
          gateways,
          queries,
          peers,
          stallMs: options.stallMs ?? 5_000,
          startBlock: options.startBlock ?? 0n,
          sleep,
          onTrouble: options.onTrouble ?? (() => undefined),
        },
        cursor,
        signal,
      ),
    clockOffsets: () => clocks.offsets(),
    stampGuards: (probe) => probeStampGuards(gateways, clocks, chaincode, probe),
    close: () => {
      transport.close();
    },
  };

  async function reachableClocks(): Promise<readonly bigint[]> {
    const answers = await Promise.allSettled(mspIds.map((mspId) => clocks.clocks([mspId])));
    return answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? answer.value.map((clock) => clock.nowMs) : [],
    );
  }

  function fastest(times: readonly bigint[]): bigint {
    if (times.length === 0) throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger: 'fabric' });
    return times.reduce((a, b) => (a > b ? a : b));
  }

  function settleNotes(txId: string): void {
    reservations.release(notesInFlight.get(txId) ?? []);
    notesInFlight.delete(txId);
    takenAtMs.delete(txId);
  }
}
