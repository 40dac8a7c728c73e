import { createHash } from 'node:crypto';
import {
  ESCROW,
  encodeClaim,
  encodeLock,
  encodeRefund,
  lockIdOf,
  unpackTicket,
} from '@midlock/evm';
import {
  hashLockOf,
  fromHex,
  type Address,
  type EthereumLock,
  type Hex32,
} from '@midlock/protocol';
import { decodeTransaction } from '../../../ledgers/src/ethereum/transaction.ts';
import {
  BLOCK_SEC,
  CHAIN_ID,
  ESCROW_ADDRESS,
  GENESIS_SEC,
  OTHER,
  SWAPS,
  swapAt,
} from './ethereum-swaps.ts';

/** A transaction of the model chain. */
export interface ModelTransaction {
  readonly txId: string;
  readonly from: Address;
  readonly to: Address | null;
  readonly input: string;
  readonly nonce: bigint;
}

/** A log as a node tells it. */
export interface ModelLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly transactionHash: string;
  readonly logIndex: string;
  readonly removed: boolean;
}

export interface ModelBlock {
  readonly height: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timeSec: bigint;
  readonly transactions: readonly ModelTransaction[];
  readonly logs: readonly ModelLog[];
  readonly failed: ReadonlySet<string>;
  readonly after: State;
}

/** What stands after a block. */
export interface State {
  readonly locks: readonly (EthereumLock & { readonly open: boolean })[];
  readonly counts: ReadonlyMap<Address, bigint>;
}

export interface EthereumChain {
  readonly blocks: readonly ModelBlock[];
  readonly pool: readonly ModelTransaction[];
  readonly finalized: number;
  mine(): void;
  /** Takes the newest blocks back and mines one more than those; `keep` says whether their transactions come again. */
  reorg(depth: number, keep: boolean): void;
  /** Takes signed bytes; returns a node's words for what it does not like. */
  send(bytes: Uint8Array): string | undefined;
}

type Event = readonly [name: string, values: readonly unknown[]];

const FINAL_DEPTH = 4;
const EMPTY: State = { locks: [], counts: new Map() };

/** The chain as every input finds it: eleven blocks with locks in every state. */
const HISTORY: readonly (readonly ModelTransaction[])[] = history();

export function createEthereumChain(): EthereumChain {
  let blocks = [...TEMPLATE];
  let pool: ModelTransaction[] = [strayClaim()];
  let [finalized, forks] = [blocks.length - 1 - FINAL_DEPTH, 0];

  function mine(transactions: readonly ModelTransaction[]): void {
    blocks = [...blocks, nextBlock(blocks.at(-1), transactions, forks)];
    finalized = Math.max(finalized, blocks.length - 1 - FINAL_DEPTH);
  }

  function minePool(): void {
    const counts = new Map((blocks.at(-1) as ModelBlock).after.counts);
    const ready = [...pool]
      .sort((a, b) => Number(a.nonce - b.nonce))
      .filter((transaction) => {
        const { from, nonce } = transaction;
        if (nonce !== (counts.get(from) ?? 0n)) return false;
        counts.set(from, nonce + 1n);
        return true;
      });
    pool = pool.filter((transaction) => !ready.includes(transaction));
    mine(ready);
  }

  return {
    get blocks() {
      return blocks;
    },
    get pool() {
      return pool;
    },
    get finalized() {
      return finalized;
    },
    mine: minePool,
    reorg: (depth, keep) => {
      const most = blocks.length - 1 - finalized;
      const cut = Math.min(Math.max(1, Math.abs(Math.trunc(depth)) % 8), most);
      if (cut < 1) return;
      const gone = blocks.slice(-cut).flatMap(({ transactions }) => transactions);
      blocks = blocks.slice(0, -cut);
      forks += 1;
      mine(keep ? gone : []);
      for (let i = 0; i < cut; i += 1) mine([]);
    },
    send: (bytes) => {
      const { txId, from, to, data, nonce } = decodeTransaction(bytes);
      if (pool.some((other) => other.txId === txId)) return 'already known';
      const next = (blocks.at(-1) as ModelBlock).after.counts.get(from) ?? 0n;
      if (nonce < next) return 'nonce too low';
      pool = [
        ...pool.filter((other) => other.from !== from || other.nonce !== nonce),
        { txId, from, to, input: data, nonce },
      ];
      minePool();
      return undefined;
    },
  };
}

export function nextBlock(
  parent: ModelBlock | undefined,
  transactions: readonly ModelTransaction[],
  fork: number,
): ModelBlock {
  const height = parent === undefined ? 0 : parent.height + 1;
  const timeSec = GENESIS_SEC + BLOCK_SEC * BigInt(height);
  const hash = hashOf(`block ${String(height)} ${String(fork)} ${parent?.hash ?? ''}`);
  const failed = new Set<string>();
  const logs: ModelLog[] = [];
  let after = parent?.after ?? EMPTY;
  for (const transaction of transactions) {
    const counts = new Map(after.counts).set(transaction.from, transaction.nonce + 1n);
    const done = execute(transaction, after, timeSec);
    if (typeof done === 'string') failed.add(transaction.txId);
    else {
      for (const [name, values] of done.events)
        logs.push({
          address: ESCROW_ADDRESS,
          ...ESCROW.encodeEventLog(name, values),
          blockHash: hash,
          blockNumber: hex(height),
          transactionHash: transaction.txId,
          logIndex: hex(logs.length),
          removed: false,
        });
    }
    after = { locks: typeof done === 'string' ? after.locks : done.locks, counts };
  }
  const parentHash = parent?.hash ?? hashOf('nothing');
  return { height, hash, parentHash, timeSec, transactions, logs, failed, after };
}

interface Done {
  readonly locks: State['locks'];
  readonly events: readonly Event[];
}

/** What a call does to a state, or the name of the contract's error. Only what the adapter can tell apart is modelled. */
export function execute(
  { from, to, input }: Pick<ModelTransaction, 'from' | 'to' | 'input'>,
  { locks }: State,
  timeSec: bigint,
): Done | string {
  if (to !== ESCROW_ADDRESS) return { locks, events: [] };
  const call = ESCROW.parseTransaction({ data: input });
  const args = (call?.args.toArray() ?? []) as unknown[];
  const token = String(args[0]).toLowerCase() as Address;
  switch (call?.name) {
    case 'lock':
      return lockAll(from, token, [args[1] as Order], locks);
    case 'lockMany':
      return lockAll(from, token, args[1] as readonly Order[], locks);
    case 'claim':
      return settle(locks, (lock) =>
        claimed(lock, [String(args[1]), args[2] as Reference], timeSec),
      );
    case 'claimMany':
      return settle(locks, (lock) =>
        (args[1] as [string, Reference][])
          .map((item) => claimed(lock, item, timeSec))
          .find((event) => event !== undefined),
      );
    case 'refund':
    case 'refundWithConsent':
      return settle(locks, (lock) =>
        refunded(lock, args[2] as Reference, timeSec, call.name === 'refundWithConsent'),
      );
    case 'refundMany':
      return settle(locks, (lock) =>
        (args[1] as [string, Reference][])
          .map(([, reference]) => refunded(lock, reference, timeSec, false))
          .find((event) => event !== undefined),
      );
    case 'deposit':
      return { locks, events: [['Deposited', [from, token, args[1]]]] };
    case 'withdraw':
      return { locks, events: [['Withdrawn', [from, token, args[2], args[1]]]] };
    default:
      return 'LockUnknown';
  }
}

interface Order {
  readonly amount: bigint;
  readonly hashLock: string;
  readonly ticket: bigint;
}
type Reference = readonly [stake: bigint, swapId: string, ticket: bigint];
type ModelLock = State['locks'][number];

function lockAll(
  owner: Address,
  token: Address,
  orders: readonly Order[],
  before: State['locks'],
): Done | string {
  const events: Event[] = [];
  let locks = before;
  for (const { amount, hashLock, ticket } of orders) {
    const fields = unpackTicket(ticket);
    const known = SWAPS.find(({ terms }) => terms.hashLock === hashLock);
    const swapId = known?.swapId ?? (hashLock as Hex32);
    const { slot, generation } = fields;
    if (locks.some((lock) => lock.open && lock.owner === owner && lock.slot === slot))
      return 'LockExists';
    const lockId = lockIdOf({
      chainId: CHAIN_ID,
      escrow: ESCROW_ADDRESS,
      owner,
      slot,
      generation,
      swapId,
    });
    const lock = { lockId, swapId, owner, token, amount, hashLock: hashLock as Hex32, ...fields };
    locks = [...locks, { ...lock, open: true }];
    events.push(['Locked', [swapId, owner, (BigInt(token) << 96n) | amount, ticket, hashLock]]);
  }
  return { locks, events };
}

function settle(locks: State['locks'], end: (lock: ModelLock) => Event | undefined): Done | string {
  const events: Event[] = [];
  const after = locks.map((lock) => {
    const event = lock.open ? end(lock) : undefined;
    if (event === undefined) return lock;
    events.push(event);
    return { ...lock, open: false };
  });
  return events.length === 0 ? 'LockUnknown' : { locks: after, events };
}

function claimed(
  lock: ModelLock,
  [secret, reference]: readonly [string, Reference],
  timeSec: bigint,
): Event | undefined {
  const fits = isOf(lock, reference) && hashLockOf(fromHex(secret)) === lock.hashLock;
  return fits && timeSec < lock.expiresAtSec
    ? ['Claimed', [lock.swapId, placeOf(lock), secret]]
    : undefined;
}

function refunded(
  lock: ModelLock,
  reference: Reference,
  timeSec: bigint,
  early: boolean,
): Event | undefined {
  return isOf(lock, reference) && (early || timeSec >= lock.expiresAtSec)
    ? ['Refunded', [lock.swapId, placeOf(lock)]]
    : undefined;
}

export function isOf(lock: ModelLock, [, swapId, ticket]: Reference): boolean {
  const { slot, generation } = unpackTicket(ticket);
  return lock.swapId === swapId && lock.slot === slot && lock.generation === generation;
}

function placeOf({ owner, slot, generation }: ModelLock): bigint {
  return (BigInt(owner) << 55n) | (slot << 31n) | generation;
}

export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

export function hashOf(text: string): string {
  return `0x${createHash('sha256').update(text).digest('hex')}`;
}

/** Locks 0, 1, 2, 4, 5 and 6; claims 1; refunds 2; a claim of 5 that comes too late and shows its secret; then claims nothing. */
function history(): readonly (readonly ModelTransaction[])[] {
  const counts = new Map<Address, bigint>();
  const call = (from: Address, input: string): ModelTransaction => {
    const nonce = counts.get(from) ?? 0n;
    counts.set(from, nonce + 1n);
    const txId = hashOf(`${from} ${String(nonce)}`);
    return { txId, from, to: ESCROW_ADDRESS, input, nonce };
  };
  const lock = (n: number): ModelTransaction => {
    const { terms } = swapAt(n);
    const choice = { slot: BigInt(n), generation: 0n, direct: n % 2 === 1 };
    return call(terms.ethereum.owner, encodeLock(terms, choice));
  };
  const claim = (n: number): ModelTransaction =>
    call(swapAt(n).terms.ethereum.beneficiary, encodeClaim(lockOf(n), swapAt(n).secret));
  return [
    [],
    [lock(0), lock(2)],
    [lock(1)],
    [lock(5), lock(4)],
    [claim(1)],
    [],
    [call(OTHER, encodeRefund(lockOf(2)))],
    [lock(6)],
    [claim(5)],
    [],
    [],
  ];
}

function lockOf(n: number): EthereumLock {
  const { terms, swapId } = swapAt(n);
  const { owner, token, amount, beneficiary, expiresAtSec } = terms.ethereum;
  const place = { owner, slot: BigInt(n), generation: 0n, swapId };
  const lockId = lockIdOf({ chainId: CHAIN_ID, escrow: ESCROW_ADDRESS, ...place });
  const { hashLock } = terms;
  const direct = n % 2 === 1;
  return { lockId, ...place, token, amount, beneficiary, expiresAtSec, hashLock, direct };
}

/** A claim of swap 6 that waits in the pool behind a nonce that never comes. */
function strayClaim(): ModelTransaction {
  const input = encodeClaim(lockOf(6), swapAt(6).secret);
  return { txId: hashOf('stray'), from: OTHER, to: ESCROW_ADDRESS, input, nonce: 99n };
}

const TEMPLATE: readonly ModelBlock[] = HISTORY.reduce<readonly ModelBlock[]>(
  (blocks, transactions) => [...blocks, nextBlock(blocks.at(-1), transactions, 0)],
  [],
);
