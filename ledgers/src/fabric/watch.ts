import { hashLockOf, MidlockError, type Cursor, type LedgerUpdate } from '@midlock/protocol';
import { parseBlock, type FabricBlock } from './block.ts';
import { factsOf, strayedSecretsOf } from './facts.ts';
import { translateGatewayError } from './gateway-error.ts';
import type { OrganizationGateway } from './transport.ts';
import { agreeOn, type PeerQuorum } from './peer-quorum.ts';
import type { Queries } from './queries.ts';

export interface FabricWatchOptions {
  readonly chaincode: string;
  /** In order of preference; the next one is used when a stream breaks. */
  readonly gateways: readonly OrganizationGateway[];
  readonly queries: Queries;
  /** How many organisations must have a block of our chaincode as the streaming one has it, that one included. */
  readonly peers: PeerQuorum;
  readonly startBlock: bigint;
  /** So long a stream may lag behind other peers before the next one is used. */
  readonly stallMs: number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
}

const BACKOFF_MS = [100, 200, 500, 1_000, 2_000, 5_000] as const;

/**
 * Follows a channel block by block. Each block must chain to the one before it, the cursor's block included, and a block
 * with transactions of our chaincode must be confirmed by further organisations, since validation codes stand outside
 * the hash. A peer that fails in this, or falls silent while others go on, is left for the next. Every block is final;
 * its time is the latest stamp of its swap facts.
 */
export async function* watchFabric(
  options: FabricWatchOptions,
  cursor: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<LedgerUpdate, void, undefined> {
  const { gateways, onTrouble, chaincode } = options;
  let last: Cursor | undefined = cursor;
  let timeSec = 0n;
  let failures = 0;
  let turn = 0;
  // The signal changes while this function waits, which the type checker cannot see.
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    const gateway = gateways[turn % gateways.length] as OrganizationGateway;
    const guard = guardStream(options, () => last, signal);
    try {
      // The cursor's own block comes again, so that its hash is checked.
      for await (const raw of gateway.blocks(last?.height ?? options.startBlock, guard.signal)) {
        const block = parseBlock(raw);
        if (last !== undefined && block.height === last.height) {
          checkHash(block, last, gateway);
          continue;
        }
        checkLink(block, last, gateway);
        await confirm(options, block, gateway.mspId);
        const updates = updatesOf(block, chaincode, timeSec);
        timeSec = updates.timeSec;
        last = { height: block.height, hash: block.hash };
        failures = 0;
        yield* updates.list;
      }
    } catch (error) {
      if (stopped()) return;
      onTrouble(
        error instanceof MidlockError ? error : translateGatewayError(error, gateway.endpoint),
      );
    } finally {
      guard.stop();
    }
    failures += 1;
    turn += 1;
    await options.sleep(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1] ?? 5_000, signal);
  }
}

/** Asks further organisations for a block that concerns us; they must have the same transactions with the same codes. */
async function confirm(
  { chaincode, queries, peers }: FabricWatchOptions,
  block: FabricBlock,
  servedBy: string,
): Promise<void> {
  const quorum = peers.quorum - 1;
  if (quorum < 1 || !block.transactions.some((transaction) => transaction.chaincode === chaincode))
    return;
  const others = peers.organizations.filter((mspId) => mspId !== servedBy);
  const expected = digestOf(block);
  await agreeOn(
    { ...peers, organizations: others, quorum },
    `block ${String(block.height)}`,
    async (mspId) => {
      const answer = await queries.blockFrom(mspId, block.height);
      return answer !== undefined && digestOf(answer) === expected;
    },
    (a, b) => a && b,
  );
}

function digestOf({ hash, transactions }: FabricBlock): string {
  return [
    hash,
    ...transactions.map(({ txId, validationCode }) => `${txId}:${String(validationCode)}`),
  ].join(' ');
}

/** Ends a stream that stays behind what other peers have: a connection that died silently, or a peer that keeps blocks back. */
function guardStream(
  { queries, stallMs }: FabricWatchOptions,
  last: () => Cursor | undefined,
  signal: AbortSignal,
): { readonly signal: AbortSignal; stop(): void } {
  const stalled = new AbortController();
  let behindAt: bigint | undefined;
  const timer = setInterval(() => {
    const mine = last()?.height ?? -1n;
    queries.height().then(
      ({ height }) => {
        if (height > mine && behindAt === mine && last()?.height === (mine < 0n ? undefined : mine))
          stalled.abort();
        behindAt = height > mine ? mine : undefined;
      },
      () => undefined,
    );
  }, stallMs);
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    stop: () => {
      clearInterval(timer);
    },
  };
}

function updatesOf(
  block: FabricBlock,
  chaincode: string,
  before: bigint,
): { list: readonly LedgerUpdate[]; timeSec: bigint } {
  const { height, hash, parentHash } = block;
  const facts = factsOf(block, chaincode);
  const timeSec = facts.reduce(
    (latest, { at }) => (at.timeSec > latest ? at.timeSec : latest),
    before,
  );
  return {
    timeSec,
    list: [
      { kind: 'block', block: { ledger: 'fabric', height, hash, parentHash, timeSec, facts } },
      ...strayedSecretsOf(block, chaincode).map((secret): LedgerUpdate => ({
        kind: 'secret',
        ledger: 'fabric',
        hashLock: hashLockOf(secret),
        secret,
      })),
      { kind: 'finalized', ledger: 'fabric', height, hash, timeSec },
    ],
  };
}

function checkHash(block: FabricBlock, cursor: Cursor, { endpoint }: OrganizationGateway): void {
  if (block.hash === cursor.hash) return;
  throw new MidlockError('ENDPOINT_LIED', {
    endpoint,
    what: 'another block stands where the cursor points: wrong channel, or a network that was set up anew',
    height: block.height,
  });
}

function checkLink(
  block: FabricBlock,
  last: Cursor | undefined,
  { endpoint }: OrganizationGateway,
): void {
  if (last === undefined) return;
  if (block.height === last.height + 1n && block.parentHash === last.hash) return;
  throw new MidlockError('ENDPOINT_LIED', {
    endpoint,
    what: 'block does not follow the one before it',
    height: block.height,
  });
}
