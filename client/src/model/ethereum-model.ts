import { sha256 } from '@noble/hashes/sha2.js';
import {
  counterpartHash,
  parseAddress,
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
import { memoSwapId } from './memo.ts';
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
  /** What a release brings; without it the sender itself consents to the swap's lock, without end. */
  readonly consent?: ModelConsent;
}

/** A consent to a refund before the deadline: whose signature, over which lock, valid while block time < expiresAtSec. */
export interface ModelConsent {
  readonly signer: Address;
  readonly lockId?: Hex32;
  readonly expiresAtSec: bigint;
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
  /** Everything there is of a token: all balances and open locks. */
  supply(token: Address): bigint;
  locksOf(swapId: Hex32): readonly ModelLock[];
  receipt(txId: string): Receipt | undefined;
  nonce(account: Address): bigint;
  pool(): readonly { readonly txId: string; readonly call: EthereumCall }[];
  /**
   * Adds to the pool; a higher fee replaces the same nonce; a used nonce is ignored. A `private` transaction goes to
   * block builders only: {@link pool} does not show it.
   */
  send(bytes: Uint8Array, channel?: 'public' | 'private'): string;
  drop(txId: string): void;
  /** Seals a block of every pool transaction that `includes` lets in, in nonce order. */
  mine(timeSec: bigint, includes?: (call: EthereumCall) => boolean): EthereumBlock;
  /**
   * Takes back the last `depth` blocks; their transactions return to the pool or are lost. It stops at a final one, unless
   * `reach` says that the chain breaks its promise: then the block below is the last final one.
   */
  reorg(depth: number, fate: 'pool' | 'lost', reach?: 'final-too'): void;
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
  /** And one whose deadline is further away; none when absent. */
  readonly maxDurationSec?: bigint;
  /** The chain and escrow for which calls must be signed; any when absent. */
  readonly domain?: { readonly chainId: bigint; readonly escrow: Address };
  /** Planted bugs, for tests that show which invariant sees them. */
  readonly flaws?: ReadonlySet<EthereumFlaw>;
}

/** A check or effect of the escrow that a planted bug leaves out or does wrong. */
export type EthereumFlaw =
  | 'mints'
  | 'settles-twice'
  | 'pays-caller'
  | 'claims-late'
  | 'refunds-early'
  | 'any-domain'
  | 'any-duration';

/** Whom the planted mint pays: no party of any swap. */
const NOBODY = parseAddress(`0x${'d'.repeat(40)}`, 'address');

export function encodeCall(call: EthereumCall): { txId: string; bytes: Uint8Array } {
  const bytes = new TextEncoder().encode(encodeRecord(call));
  return { txId: toHex(sha256(bytes)), bytes };
}

const decoded = new WeakMap<Uint8Array, { readonly txId: string; readonly call: EthereumCall }>();

/** Bytes never change once they are signed, so that each array is decoded and hashed once. */
function readCall(bytes: Uint8Array): { readonly txId: string; readonly call: EthereumCall } {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const call = decodeRecord(new TextDecoder().decode(bytes)) as EthereumCall;
  const read = { txId: toHex(sha256(bytes)), call };
  decoded.set(bytes, read);
  return read;
}

export function decodeCall(bytes: Uint8Array): EthereumCall {
  return readCall(bytes).call;
}

export function createEthereumModel(options: EthereumModelOptions): EthereumModel {
  const log = createUndoLog();
  const balances = log.map<bigint>();
  const nonces = log.map<bigint>();
  const locks = log.map<ModelLock>();
  const receipts = log.map<Receipt>();
  const pool = new Map<string, EthereumCall>();
  const privateIds = new Set<string>();
  /** Lock ids of a swap; ids are never reused, so that reorgs leave this index alone. */
  const idsOfSwap = new Map<string, string[]>();
  const flawed = (flaw: EthereumFlaw): boolean => options.flaws?.has(flaw) === true;
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
    (idsOfSwap.get(swapId) ?? []).flatMap((id) => locks.get(id) ?? []);

  const locked = (token: Address): bigint =>
    [...locks.values()].reduce(
      (sum, lock) => sum + (lock.state === 'locked' && lock.token === token ? lock.amount : 0n),
      0n,
    );

  function isForeign({ ethereum }: SwapTerms): boolean {
    const { domain } = options;
    if (domain === undefined || flawed('any-domain')) return false;
    return ethereum.chainId !== domain.chainId || ethereum.escrow !== domain.escrow;
  }

  /** Executes a call; returns the fact or the refusal. Mirrors the escrow's checks. */
  function execute(call: EthereumCall, at: Position): LegFact | string {
    const { terms, action } = call;
    if (terms === undefined) return 'Filler';
    // The words of a call have 96 bits for the amount.
    if (terms.ethereum.amount === 0n || terms.ethereum.amount >> 96n !== 0n) return 'AmountInvalid';
    const swapId = memoSwapId(terms);
    if (action === 'lock') return lock(call, terms, swapId, at);
    const { expiresAtSec } = terms.ethereum;
    // Time and signature are judged before the slot is read.
    if (action === 'claim' && at.timeSec >= expiresAtSec && !flawed('claims-late'))
      return 'ClaimTooLate';
    if (action === 'refund' && at.timeSec < expiresAtSec && !flawed('refunds-early'))
      return 'RefundTooEarly';
    const all = locksOf(swapId);
    const open =
      all.find(({ state }) => state === 'locked') ?? (flawed('settles-twice') ? all[0] : undefined);
    const refusal =
      action === 'release' ? consentRefusal(call, terms, open ?? all.at(-1), at) : undefined;
    if (refusal !== undefined) return refusal;
    if (open === undefined) return all.length === 0 ? 'LockUnknown' : 'LockSettled';
    switch (action) {
      case 'claim':
        return claim(call, open, at);
      case 'release':
        return giveBack(open, 'cooperative', at);
      case 'refund':
        return giveBack(open, 'expiry', at);
      case 'decline':
      case 'filler':
        return 'Unknown';
    }
  }

  function lock(
    call: EthereumCall,
    terms: SwapTerms,
    swapId: Hex32,
    at: Position,
  ): LegFact | string {
    const { ethereum } = terms;
    if (call.from !== ethereum.owner) return 'NotOwner';
    if (at.timeSec + options.minDurationSec > ethereum.expiresAtSec && !flawed('any-duration'))
      return 'DeadlineTooClose';
    const { maxDurationSec } = options;
    if (maxDurationSec !== undefined && at.timeSec + maxDurationSec < ethereum.expiresAtSec)
      return 'DeadlineTooFar';
    if (balance(call.from, ethereum.token) < ethereum.amount) return 'BalanceInsufficient';
    move(call.from, ethereum.token, -ethereum.amount);
    const made = newLock(terms, swapId, call.nonce);
    locks.set(made.lockId, { ...made, state: 'locked', at });
    const known = idsOfSwap.get(swapId) ?? [];
    if (!known.includes(made.lockId)) idsOfSwap.set(swapId, [...known, made.lockId]);
    return { kind: 'locked', ledger: 'ethereum', swapId, lock: made, at };
  }

  function claim(
    { secret, from }: EthereumCall,
    { state, ...open }: ModelLock,
    at: Position,
  ): LegFact | string {
    // The escrow has the hash lock inside a commitment only: another secret names another lock.
    if (secret === undefined || !verifySecret(secret, open.hashLock)) return 'LockUnknown';
    locks.set(open.lockId, { ...open, state: 'claimed', secret, at });
    const payee = flawed('pays-caller') ? from : open.beneficiary;
    if (state === 'locked') move(payee, open.token, open.amount);
    if (flawed('mints')) move(NOBODY, open.token, 1n);
    return { kind: 'claimed', ledger: 'ethereum', swapId: open.swapId, secret, at };
  }

  function giveBack(
    { state, ...open }: ModelLock,
    how: 'cooperative' | 'expiry',
    at: Position,
  ): LegFact {
    locks.set(open.lockId, { ...open, state: 'refunded', at });
    if (state === 'locked') move(open.owner, open.token, open.amount);
    return { kind: 'refunded', ledger: 'ethereum', swapId: open.swapId, how, at };
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
    locked,
    supply: (token) =>
      [...balances.entries()].reduce(
        (sum, [key, amount]) => (key.endsWith(` ${token}`) ? sum + amount : sum),
        locked(token),
      ),
    locksOf,
    receipt: (txId) => receipts.get(txId),
    nonce,
    pool: () => [...pool].flatMap(([txId, call]) => (privateIds.has(txId) ? [] : [{ txId, call }])),
    send(bytes, channel = 'public') {
      const { txId, call } = readCall(bytes);
      revision += 1;
      if (call.terms !== undefined && isForeign(call.terms)) return txId;
      if (channel === 'public') privateIds.delete(txId);
      else if (!pool.has(txId)) privateIds.add(txId);
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
      const waiting = [...pool].sort(([, a], [, b]) =>
        a.nonce === b.nonce ? 0 : a.nonce < b.nonce ? -1 : 1,
      );
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
    reorg(depth, fate, reach) {
      forks += 1;
      revision += 1;
      for (let step = 0; step < depth; step += 1) {
        const tip = blocks.at(-1) as EthereumBlock;
        if (tip.height === 0n || (tip.height <= finalizedHeight && reach === undefined)) return;
        if (tip.height <= finalizedHeight) finalizedHeight = tip.height - 1n;
        blocks.pop();
        log.undo();
        // Who saw the orphaned block knows its transactions, however they came into it.
        if (fate === 'pool')
          for (const call of tip.calls) {
            const { txId } = encodeCall(call);
            privateIds.delete(txId);
            pool.set(txId, call);
          }
      }
    },
    finalize(height) {
      revision += 1;
      if (height > finalizedHeight) finalizedHeight = height;
    },
  };
}

function consentRefusal(
  { from, consent }: EthereumCall,
  { ethereum }: SwapTerms,
  lock: ModelLock | undefined,
  at: Position,
): string | undefined {
  if (consent !== undefined && at.timeSec >= consent.expiresAtSec) return 'ConsentExpired';
  if ((consent?.signer ?? from) !== ethereum.beneficiary) return 'NotBeneficiary';
  const forAnother =
    consent?.lockId !== undefined && lock !== undefined && consent.lockId !== lock.lockId;
  return forAnother ? 'NotBeneficiary' : undefined;
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
