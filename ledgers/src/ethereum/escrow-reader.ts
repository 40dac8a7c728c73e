import { readStatus, secretsOf, type EscrowCall } from '@midlock/evm';
import { MidlockError, type EthereumLock, type Hex32, type LegFact } from '@midlock/protocol';
import type { BlockFacts } from './chain-follower.ts';
import type { Endpoints } from './endpoints.ts';
import { SWAP_TOPICS, readSwapLog, type EscrowAddress, type SwapEvent } from './escrow-log.ts';
import { readBlock } from './finality.ts';
import { RpcRefusal } from './json-rpc.ts';
import { quantity } from './quantity.ts';
import { createRecent } from '../recent.ts';
import {
  parseBlockTransactions,
  parseData,
  parseLogs,
  type BlockHeader,
  type WireLog,
} from './wire.ts';

/** More than end within any reorg. */
const KEPT_ENDS = 512;

export interface EscrowReaderOptions extends EscrowAddress {
  readonly endpoints: Endpoints;
}

/** An event of the escrow and where it stands. */
export interface PlacedEvent {
  readonly event: SwapEvent;
  readonly log: WireLog;
}

/** Reads the escrow's events and state; every answer that decides is agreed on by the quorum. */
export interface EscrowReader {
  factsIn(block: BlockHeader): Promise<readonly LegFact[]>;
  factsBetween(from: bigint, to: bigint): Promise<readonly BlockFacts[]>;
  /** Events of one swap in a range of heights, in order. */
  eventsOf(swapId: Hex32, from: bigint, to: bigint): Promise<readonly PlacedEvent[]>;
  /** Whether a lock stands open in the state of a block. */
  isOpen(lock: EthereumLock, block: BlockHeader): Promise<boolean>;
  /** Reads the contract through its bindings, as of a block or of the latest. Throws NETWORK_MISMATCH where no escrow stands. */
  read<T>(ask: (call: EscrowCall) => Promise<T>, block?: BlockHeader): Promise<T>;
  /** Secrets in calldata of a block's transactions, or of the pool when no block is given. Never throws. */
  strayedSecrets(block: BlockHeader | undefined): Promise<readonly Uint8Array[]>;
  /** Called with every lock that is seen, and with every swap whose lock is seen to end. */
  onLock(seen: (lock: EthereumLock) => void, ended: (swapId: Hex32) => void): void;
}

export function createEscrowReader(options: EscrowReaderOptions): EscrowReader {
  const { endpoints, escrow } = options;
  const listeners: {
    readonly seen: (lock: EthereumLock) => void;
    readonly ended: (swapId: Hex32) => void;
  }[] = [];
  const deadlines = new Map<Hex32, bigint>();
  const endedDeadlines = createRecent<Hex32, bigint>(KEPT_ENDS);

  function placed(logs: readonly WireLog[]): readonly PlacedEvent[] {
    return logs
      .filter(({ address }) => address === escrow)
      .flatMap((log) => {
        const event = readSwapLog(log, options.chainId);
        return event === undefined ? [] : [{ event, log }];
      })
      .sort(inOrder);
  }

  /** A reorg may bring an end back: its lock's deadline stays known for a while. */
  function end(swapId: Hex32, lockId: Hex32): void {
    const expiresAtSec = deadlines.get(lockId);
    deadlines.delete(lockId);
    if (expiresAtSec !== undefined) endedDeadlines.set(lockId, expiresAtSec);
    for (const { ended } of listeners) ended(swapId);
  }

  /** Events as facts; remembers each lock's deadline, by which an early refund is known as cooperative. */
  function factsOf(events: readonly PlacedEvent[], block: BlockHeader): readonly LegFact[] {
    return events.map(({ event, log }) => {
      const { height, hash: blockHash, timeSec } = block;
      const at = { height, blockHash, txId: log.txId, timeSec };
      switch (event.kind) {
        case 'locked': {
          const { lock } = event;
          deadlines.set(lock.lockId, lock.expiresAtSec);
          for (const { seen } of listeners) seen(lock);
          return { kind: 'locked', ledger: 'ethereum', swapId: lock.swapId, lock, at };
        }
        case 'claimed': {
          const { swapId, lockId, secret } = event;
          end(swapId, lockId);
          return { kind: 'claimed', ledger: 'ethereum', swapId, secret, at };
        }
        case 'refunded': {
          const { swapId, lockId } = event;
          end(swapId, lockId);
          const early = timeSec < (endedDeadlines.get(lockId) ?? 0n);
          const how = early ? 'cooperative' : 'expiry';
          return { kind: 'refunded', ledger: 'ethereum', swapId, how, at };
        }
      }
    });
  }

  async function logs(filter: Readonly<Record<string, unknown>>): Promise<readonly PlacedEvent[]> {
    return placed(
      await endpoints.agreed(
        'eth_getLogs',
        [{ address: escrow, topics: [SWAP_TOPICS], ...filter }],
        parseLogs,
      ),
    );
  }

  async function blockOf({ blockHeight, blockHash }: WireLog): Promise<BlockHeader> {
    const block = await readBlock(endpoints, blockHeight);
    if (block?.hash === blockHash) return block;
    throw new MidlockError('ENDPOINT_LIED', {
      what: 'log of a block that does not stand',
      height: blockHeight,
    });
  }

  async function read<T>(ask: (call: EscrowCall) => Promise<T>, block?: BlockHeader): Promise<T> {
    const at = block === undefined ? 'latest' : { blockHash: block.hash };
    try {
      return await ask((data) =>
        endpoints.agreed('eth_call', [{ to: escrow, data }, at], (value) =>
          parseData(value, 'eth_call'),
        ),
      );
    } catch (error) {
      if (error instanceof MidlockError || error instanceof RpcRefusal) throw error;
      // The bindings could not decode the answer.
      throw new MidlockError('ENDPOINT_LIED', { what: 'malformed answer of the escrow' });
    }
  }

  return {
    factsIn: async (block) => {
      const events = await logs({ blockHash: block.hash });
      if (events.some(({ log }) => log.blockHash !== block.hash))
        throw new MidlockError('ENDPOINT_LIED', { what: 'log of another block' });
      return factsOf(events, block);
    },
    factsBetween: async (from, to) => {
      const events = await logs({ fromBlock: quantity(from), toBlock: quantity(to) });
      if (events.some(({ log: { blockHeight } }) => blockHeight < from || blockHeight > to))
        throw new MidlockError('ENDPOINT_LIED', { what: 'log of a block that was not asked for' });
      const byBlock = Map.groupBy(events, ({ log }) => log.blockHash);
      const found: BlockFacts[] = [];
      for (const group of byBlock.values()) {
        const block = await blockOf((group[0] as PlacedEvent).log);
        found.push({ block, facts: factsOf(group, block) });
      }
      return found;
    },
    eventsOf: (swapId, from, to) =>
      logs({ fromBlock: quantity(from), toBlock: quantity(to), topics: [SWAP_TOPICS, swapId] }),
    isOpen: async (lock, block) => (await read((call) => readStatus(call, lock), block)) === 'open',
    read,
    strayedSecrets: async (block) => {
      try {
        const [method, key] =
          block === undefined
            ? ['eth_getBlockByNumber', 'pending']
            : ['eth_getBlockByHash', block.hash];
        const transactions = await endpoints.any(method, [key, true], parseBlockTransactions);
        return transactions
          .filter(({ to }) => to === escrow)
          .flatMap(({ input }) => secretsOf(input));
      } catch (error) {
        // Nodes without a pool, or without whole blocks: the events tell the secret a little later.
        if (error instanceof MidlockError || error instanceof RpcRefusal) return [];
        throw error;
      }
    },
    onLock: (seen, ended) => {
      listeners.push({ seen, ended });
    },
  };
}

function inOrder(a: PlacedEvent, b: PlacedEvent): number {
  const height = a.log.blockHeight - b.log.blockHeight;
  const index = a.log.logIndex - b.log.logIndex;
  return height !== 0n ? (height < 0n ? -1 : 1) : index < 0n ? -1 : index > 0n ? 1 : 0;
}
