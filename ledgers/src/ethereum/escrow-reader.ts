import {
  MidlockError,
  type Address,
  type EthereumLock,
  type Hex32,
  type LegFact,
} from '@midlock/protocol';
import type { BlockFacts } from './chain-follower.ts';
import type { Endpoints } from './endpoints.ts';
import {
  ESCROW,
  SWAP_TOPICS,
  encodeStatus,
  readEscrowLog,
  secretsInCalldata,
  type EscrowAddress,
  type EscrowEvent,
} from './escrow-codec.ts';
import { readBlock } from './finality.ts';
import { RpcRefusal } from './json-rpc.ts';
import { quantity } from './quantity.ts';
import {
  parseBlockTransactions,
  parseData,
  parseLogs,
  type BlockHeader,
  type WireLog,
} from './wire.ts';

export interface EscrowReaderOptions extends EscrowAddress {
  readonly endpoints: Endpoints;
}

/** An event of the escrow and where it stands. */
export interface PlacedEvent {
  readonly event: EscrowEvent;
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
  /** Calls a view function as of the latest block. Throws the contract's refusal by its code. */
  view(name: string, args: readonly unknown[]): Promise<readonly unknown[]>;
  /** Secrets in calldata of a block's transactions, or of the pool when no block is given. Never throws. */
  strayedSecrets(block: BlockHeader | undefined): Promise<readonly Uint8Array[]>;
  /** Called with every lock that is seen. */
  onLock(listener: (lock: EthereumLock) => void): void;
}

const OPEN = 1n;

export function createEscrowReader(options: EscrowReaderOptions): EscrowReader {
  const { endpoints, escrow } = options;
  const listeners: ((lock: EthereumLock) => void)[] = [];
  const deadlines = new Map<Hex32, bigint>();

  function placed(logs: readonly WireLog[]): readonly PlacedEvent[] {
    return logs
      .filter(({ address }) => address === escrow)
      .flatMap((log) => {
        const event = readEscrowLog(log, options);
        return event === undefined ? [] : [{ event, log }];
      })
      .sort(inOrder);
  }

  /** Events as facts; remembers each lock's deadline, by which an early refund is known as cooperative. */
  function factsOf(events: readonly PlacedEvent[], block: BlockHeader): readonly LegFact[] {
    return events.map(({ event, log }) => {
      const { swapId } = event;
      const { height, hash: blockHash, timeSec } = block;
      const at = { height, blockHash, txId: log.txId, timeSec };
      switch (event.type) {
        case 'locked':
          deadlines.set(event.lock.lockId, event.lock.expiresAtSec);
          for (const listener of listeners) listener(event.lock);
          return { kind: 'locked', ledger: 'ethereum', swapId, lock: event.lock, at };
        case 'claimed':
          return { kind: 'claimed', ledger: 'ethereum', swapId, secret: event.secret, at };
        case 'refunded': {
          const early = timeSec < (deadlines.get(event.lockId) ?? 0n);
          return {
            kind: 'refunded',
            ledger: 'ethereum',
            swapId,
            how: early ? 'cooperative' : 'expiry',
            at,
          };
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

  return {
    factsIn: async (block) => {
      const events = await logs({ blockHash: block.hash });
      if (events.some(({ log }) => log.blockHash !== block.hash))
        throw new MidlockError('ENDPOINT_LIED', { what: 'log of another block' });
      return factsOf(events, block);
    },
    factsBetween: async (from, to) => {
      const events = await logs({ fromBlock: quantity(from), toBlock: quantity(to) });
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
    isOpen: async (lock, block) => {
      const call = { to: escrow, data: encodeStatus(lock) };
      const status = await endpoints.agreed(
        'eth_call',
        [call, { blockHash: block.hash }],
        (value) => BigInt(parseData(value, 'status')),
      );
      return status === OPEN;
    },
    view: (name, args) =>
      endpoints.agreed(
        'eth_call',
        [{ to: escrow, data: ESCROW.encodeFunctionData(name, args) }, 'latest'],
        (value) => decodeResult(name, value, escrow),
      ),
    strayedSecrets: async (block) => {
      try {
        const [method, key] =
          block === undefined
            ? ['eth_getBlockByNumber', 'pending']
            : ['eth_getBlockByHash', block.hash];
        const transactions = await endpoints.any(
          method as string,
          [key, true],
          parseBlockTransactions,
        );
        return transactions
          .filter(({ to }) => to === escrow)
          .flatMap(({ input }) => secretsInCalldata(input));
      } catch (error) {
        // Nodes without a pool, or without whole blocks: the events tell the secret a little later.
        if (error instanceof MidlockError || error instanceof RpcRefusal) return [];
        throw error;
      }
    },
    onLock: (listener) => {
      listeners.push(listener);
    },
  };
}

/** Decodes a view's answer. Throws ENDPOINT_LIED; an empty answer means that there is no escrow at the address. */
function decodeResult(name: string, value: unknown, escrow: Address): readonly unknown[] {
  const data = parseData(value, name);
  if (data === '0x')
    throw new MidlockError('NETWORK_MISMATCH', { escrow, what: 'no contract at this address' });
  try {
    return [...ESCROW.decodeFunctionResult(name, data)] as readonly unknown[];
  } catch {
    throw new MidlockError('ENDPOINT_LIED', { what: `malformed answer of ${name}` });
  }
}

function inOrder(a: PlacedEvent, b: PlacedEvent): number {
  const height = a.log.blockHeight - b.log.blockHeight;
  const index = a.log.logIndex - b.log.logIndex;
  return height !== 0n ? (height < 0n ? -1 : 1) : index < 0n ? -1 : index > 0n ? 1 : 0;
}
