import { sha256 } from '@noble/hashes/sha2.js';
import {
  counterpartHash,
  swapIdOf,
  toHex,
  toHex32,
  verifySecret,
  type Address,
  type EthereumLock,
  type Hex32,
  type LegFact,
  type Position,
  type SwapTerms,
} from '@midlock/protocol';
import type { Action } from '../core/session.ts';
import { decodeRecord, encodeRecord } from '../store/codec.ts';
import { createUndoLog } from './undo-log.ts';

/** A transaction of the model; its bytes are its encoding, its id their SHA-256. */
export interface EthereumCall {
  readonly from: Address;
  readonly nonce: bigint;
  readonly fee: bigint;
  /** `filler` only uses up a nonce. */
  readonly action: Action | 'filler';
  readonly terms?: SwapTerms;
  readonly secret?: Uint8Array;
}

export interface EthereumBlock {
  readonly height: bigint;
  readonly hash: string;
  readonly parentHash: string;
  readonly timeSec: bigint;
  readonly facts: readonly LegFact[];
  readonly calls: readonly EthereumCall[];
}

export interface Receipt {
  readonly at: Position;
  /** Undefined when it took effect; otherwise the contract's refusal. */
  readonly refusal?: string;
}

export interface ModelLock extends EthereumLock {
  readonly state: 'locked' | 'claimed' | 'refunded';
  readonly at: Position;
  readonly secret?: Uint8Array;
}

/** An Ethereum chain with one escrow: pool, blocks, reorgs and finality, all moved by its driver. Pure. */
export interface EthereumModel {
  readonly blocks: readonly EthereumBlock[];
  readonly finalizedHeight: bigint;
  /** Raised on every change; drivers and ports read it to see that something happened. */
  readonly revision: number;
  balance(account: Address, token: Address): bigint;
  /** Sum of what open locks hold of a token. */
  locked(token: Address): bigint;
  locksOf(swapId: Hex32): readonly ModelLock[];
  receipt(txId: string): Receipt | undefined;
  nonce(account: Address): bigint;
  pool(): readonly { readonly txId: string; readonly call: EthereumCall }[];
  /** Adds to the pool; a higher fee replaces the same nonce; a used nonce is ignored. */
  send(bytes: Uint8Array): string;
  drop(txId: string): void;
  /** Seals a block of every pool transaction that `includes` lets in, in nonce order. */
  mine(timeSec: bigint, includes?: (call: EthereumCall) => boolean): EthereumBlock;
  /** Takes back the last `depth` blocks, never a final one; their transactions return to the pool or are lost. */
  reorg(depth: number, fate: 'pool' | 'lost'): void;
  finalize(height: bigint): void;
}

export interface EthereumModelOptions {
  readonly startSec: bigint;
  readonly balances: readonly {
    readonly account: Address;
    readonly token: Address;
    readonly amount: bigint;
  }[];
  /** The escrow refuses a lock whose deadline is nearer. */
  readonly minDurationSec: bigint;
}

export function encodeCall(call: EthereumCall): { txId: string; bytes: Uint8Array } {
  const bytes = new TextEncoder().encode(encodeRecord(call));
  return { txId: toHex(sha256(bytes)), bytes };
}

export function decodeCall(bytes: Uint8Array): EthereumCall {
  return decodeRecord(new TextDecoder().decode(bytes)) as EthereumCall;
}

export function createEthereumModel(options: EthereumModelOptions): EthereumModel {
  const log = createUndoLog();
  const balances = log.map<bigint>();
  const nonces = log.map<bigint>();
  const locks = log.map<ModelLock>();
  const receipts = log.map<Receipt>();
  const pool = new Map<string, EthereumCall>();
  const blocks: EthereumBlock[] = [
    {
      height: 0n,
      hash: 'e-genesis',
      parentHash: '',
      timeSec: options.startSec,
      facts: [],
      calls: [],
    },
  ];
  let finalizedHeight = 0n;
  let revision = 0;
  let forks = 0;
  for (const { account, token, amount } of options.balances)
    balances.set(`${account} ${token}`, amount);

  const nonce = (account: Address): bigint => nonces.get(account) ?? 0n;
  const balance = (account: Address, token: Address): bigint =>
    balances.get(`${account} ${token}`) ?? 0n;
  const move = (account: Address, token: Address, delta: bigint): void => {
    balances.set(`${account} ${token}`, balance(account, token) + delta);
  };
  const locksOf = (swapId: Hex32): ModelLock[] =>
    [...locks.values()].filter((lock) => lock.swapId === swapId);

  /** Executes a call; returns the fact or the refusal. Mirrors the escrow's checks. */
  function execute(call: EthereumCall, at: Position): LegFact | string {
    const { terms, action } = call;
    if (terms === undefined) return 'Filler';
    const { ethereum } = terms;
    const swapId = swapIdOf(terms);
    if (action === 'lock') {
      if (call.from !== ethereum.owner) return 'NotOwner';
      if (at.timeSec + options.minDurationSec > ethereum.expiresAtSec) return 'DeadlineTooClose';
      if (balance(call.from, ethereum.token) < ethereum.amount) return 'BalanceInsufficient';
      move(call.from, ethereum.token, -ethereum.amount);
      const lock = newLock(terms, swapId, call.nonce);
      locks.set(lock.lockId, { ...lock, state: 'locked', at });
      return { kind: 'locked', ledger: 'ethereum', swapId, lock, at };
    }
    const lock = locksOf(swapId).find(({ state }) => state === 'locked');
    if (lock === undefined) return locksOf(swapId).length === 0 ? 'LockUnknown' : 'LockSettled';
    if (action === 'claim') {
      const { secret } = call;
      if (secret === undefined || !verifySecret(secret, lock.hashLock)) return 'SecretInvalid';
      if (at.timeSec >= lock.expiresAtSec) return 'ClaimTooLate';
      locks.set(lock.lockId, { ...lock, state: 'claimed', secret, at });
      move(lock.beneficiary, lock.token, lock.amount);
      return { kind: 'claimed', ledger: 'ethereum', swapId, secret, at };
    }
    if (action === 'release') {
      if (call.from !== lock.beneficiary) return 'NotBeneficiary';
      locks.set(lock.lockId, { ...lock, state: 'refunded', at });
      move(lock.owner, lock.token, lock.amount);
      return { kind: 'refunded', ledger: 'ethereum', swapId, how: 'cooperative', at };
    }
    if (action !== 'refund') return 'Unknown';
    if (at.timeSec < lock.expiresAtSec) return 'RefundTooEarly';
    locks.set(lock.lockId, { ...lock, state: 'refunded', at });
    move(lock.owner, lock.token, lock.amount);
    return { kind: 'refunded', ledger: 'ethereum', swapId, how: 'expiry', at };
  }

  function include(
    txId: string,
    call: EthereumCall,
    where: Omit<Position, 'txId'>,
    facts: LegFact[],
  ): void {
    pool.delete(txId);
    nonces.set(call.from, call.nonce + 1n);
    const at = { ...where, txId };
    const result = execute(call, at);
    if (typeof result === 'string') receipts.set(txId, { at, refusal: result });
    else {
      receipts.set(txId, { at });
      facts.push(result);
    }
  }

  return {
    get blocks() {
      return blocks;
    },
    get finalizedHeight() {
      return finalizedHeight;
    },
    get revision() {
      return revision;
    },
    balance,
    locked: (token) =>
      [...locks.values()].reduce(
        (sum, lock) => sum + (lock.state === 'locked' && lock.token === token ? lock.amount : 0n),
        0n,
      ),
    locksOf,
    receipt: (txId) => receipts.get(txId),
    nonce,
    pool: () => [...pool].map(([txId, call]) => ({ txId, call })),
    send(bytes) {
      const call = decodeCall(bytes);
      const txId = toHex(sha256(bytes));
      revision += 1;
      if (call.nonce < nonce(call.from)) return txId;
      for (const [otherId, other] of pool) {
        if (other.from !== call.from || other.nonce !== call.nonce) continue;
        if (other.fee >= call.fee) return txId;
        pool.delete(otherId);
      }
      pool.set(txId, call);
      return txId;
    },
    drop(txId) {
      pool.delete(txId);
      revision += 1;
    },
    mine(timeSec, includes = () => true) {
      const parent = blocks.at(-1) as EthereumBlock;
      log.mark();
      const height = parent.height + 1n;
      const where = { height, blockHash: `e-${String(height)}-${String(forks)}`, timeSec };
      const facts: LegFact[] = [];
      const calls: EthereumCall[] = [];
      const waiting = [...pool].sort(([, a], [, b]) => (a.nonce < b.nonce ? -1 : 1));
      for (const [txId, call] of waiting) {
        if (call.nonce < nonce(call.from)) pool.delete(txId);
        else if (call.nonce === nonce(call.from) && includes(call)) {
          include(txId, call, where, facts);
          calls.push(call);
        }
      }
      const block = {
        height,
        hash: where.blockHash,
        parentHash: parent.hash,
        timeSec,
        facts,
        calls,
      };
      blocks.push(block);
      revision += 1;
      return block;
    },
    reorg(depth, fate) {
      forks += 1;
      revision += 1;
      for (let step = 0; step < depth; step += 1) {
        const tip = blocks.at(-1) as EthereumBlock;
        if (tip.height <= finalizedHeight) return;
        blocks.pop();
        log.undo();
        if (fate === 'pool') for (const call of tip.calls) pool.set(encodeCall(call).txId, call);
      }
    },
    finalize(height) {
      revision += 1;
      if (height > finalizedHeight) finalizedHeight = height;
    },
  };
}

function newLock(terms: SwapTerms, swapId: Hex32, slot: bigint): EthereumLock {
  const { ethereum, hashLock } = terms;
  return {
    lockId: toHex32(
      sha256(new TextEncoder().encode(`${ethereum.owner} ${String(slot)} ${swapId}`)),
    ),
    swapId,
    owner: ethereum.owner,
    slot,
    generation: 0n,
    token: ethereum.token,
    amount: ethereum.amount,
    beneficiary: ethereum.beneficiary,
    expiresAtSec: ethereum.expiresAtSec,
    hashLock,
    counterpart: counterpartHash(terms),
    direct: false,
  };
}
