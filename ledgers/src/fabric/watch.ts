import { hashLockOf, MidlockError, type Cursor, type LedgerUpdate } from '@midlock/protocol';
import { parseBlock, type FabricBlock } from './block.ts';
import { factsOf, strayedSecretsOf } from './facts.ts';
import { translateGatewayError } from './gateway-error.ts';
import type { OrganizationGateway } from './organization-gateway.ts';
import type { Queries } from './queries.ts';

export interface FabricWatchOptions {
  readonly chaincode: string;
  /** In order of preference; the next one is used when a stream breaks. */
  readonly gateways: readonly OrganizationGateway[];
  readonly queries: Queries;
  readonly startBlock: bigint;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
}

const BACKOFF_MS = [100, 200, 500, 1_000, 2_000, 5_000] as const;

/**
 * Follows a channel block by block. Each block must chain to the one before it, the cursor's block included; a peer that
 * breaks the chain is left for the next. Every block is final; its time is the latest stamp of its swap facts.
 */
export async function* watchFabric(
  options: FabricWatchOptions,
  cursor: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<LedgerUpdate, void, undefined> {
  const { gateways, onTrouble } = options;
  let last: Cursor | undefined = cursor;
  let timeSec = 0n;
  let failures = 0;
  let turn = 0;
  // The signal changes while this function waits, which the type checker cannot see.
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    const gateway = gateways[turn % gateways.length] as OrganizationGateway;
    try {
      // The cursor's own block comes again, so that its hash is checked.
      for await (const raw of gateway.blocks(last?.height ?? options.startBlock, signal)) {
        const block = parseBlock(raw);
        if (last !== undefined && block.height === last.height) {
          checkHash(block, last, gateway);
          continue;
        }
        checkLink(block, last, gateway);
        const updates = updatesOf(block, options.chaincode, timeSec);
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
    }
    failures += 1;
    turn += 1;
    await options.sleep(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1] ?? 5_000, signal);
  }
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
