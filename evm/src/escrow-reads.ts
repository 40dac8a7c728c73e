import { MidlockError, type Address, type EthereumLock, type Hex32 } from '@midlock/protocol';
import { ESCROW } from './escrow-interface.ts';
import { packStake } from './words.ts';
import { packTicket } from './ticket.ts';

/** `eth_call`: calldata to the escrow, returned data back. Never used with a secret. */
export type EscrowCall = (calldata: string) => Promise<string>;

/** Limits fixed at deployment. */
export interface EscrowLimits {
  /** A deadline is at least and at most this many seconds away. */
  readonly minDurationSec: bigint;
  readonly maxDurationSec: bigint;
  /** Gas that a one-shot payout hands on at most, and gas that it keeps back. */
  readonly payoutGas: bigint;
  readonly payoutReserve: bigint;
}

/** A slot that can be locked, with the generation that the lock must name. */
export interface FreeSlot {
  readonly slot: bigint;
  readonly generation: bigint;
}

const STATUS = ['unknown', 'open', 'settled'] as const;

/** Minor units that `account` can lock or withdraw. */
export async function readBalance(
  call: EscrowCall,
  token: Address,
  account: Address,
): Promise<bigint> {
  const [balance] = await read(call, 'balanceOf', [token, account]);
  return balance as bigint;
}

/** The limits of this escrow. */
export async function readLimits(call: EscrowCall): Promise<EscrowLimits> {
  const [limits] = await read(call, 'limits', []);
  const [minDurationSec, maxDurationSec, payoutGas, payoutReserve] = limits as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { minDurationSec, maxDurationSec, payoutGas, payoutReserve };
}

/** Up to `count` free slots from `from` on, ascending, searching at most `span` (default 4 x count + 64) slots in one call. */
export async function readFreeSlots(
  call: EscrowCall,
  owner: Address,
  options: { readonly from?: bigint; readonly count: number; readonly span?: number },
): Promise<FreeSlot[]> {
  const { from = 0n, count, span = 4 * count + 64 } = options;
  const [indices, generations] = (await read(call, 'freeSlots', [owner, from, count, span])) as [
    bigint[],
    bigint[],
  ];
  return indices.map((slot, i) => ({ slot, generation: generations[i] ?? 0n }));
}

/** A slot's state; the generation of a taken slot is known only from its lock. */
export async function readSlot(
  call: EscrowCall,
  owner: Address,
  slot: bigint,
): Promise<{ readonly locked: true } | { readonly locked: false; readonly generation: bigint }> {
  const [locked, generation] = await read(call, 'slotOf', [owner, slot]);
  return locked === true ? { locked } : { locked: false, generation: generation as bigint };
}

/**
 * Whether a lock with exactly these fields is open, or its slot has moved on to a later generation and stands free. A lock that was
 * settled and whose slot is taken again reads as unknown: events tell more.
 */
export async function readStatus(
  call: EscrowCall,
  lock: EthereumLock,
): Promise<(typeof STATUS)[number]> {
  const reference = [packStake(lock), lock.swapId, packTicket(lock)];
  const [status] = await read(call, 'statusOf', [lock.token, lock.hashLock, reference]);
  return STATUS[Number(status)] ?? 'unknown';
}

/** The lock id as the contract computes it. */
export async function readLockId(
  call: EscrowCall,
  lock: Pick<EthereumLock, 'owner' | 'slot' | 'generation' | 'swapId'>,
): Promise<Hex32> {
  const [id] = await read(call, 'lockIdOf', [lock.owner, lock.slot, lock.generation, lock.swapId]);
  return id as Hex32;
}

async function read(
  call: EscrowCall,
  name: string,
  args: readonly unknown[],
): Promise<readonly unknown[]> {
  const data = await call(ESCROW.encodeFunctionData(name, args));
  // A node answers 0x for an address without code.
  if (data === '0x')
    throw new MidlockError('NETWORK_MISMATCH', { reason: 'no escrow stands at this address' });
  return ESCROW.decodeFunctionResult(name, data).toArray() as readonly unknown[];
}
