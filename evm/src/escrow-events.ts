import type { Address, EthereumLock, Hex32 } from '@midlock/protocol';
import { fromHex } from '@midlock/protocol';
import type { LogDescription } from 'ethers';
import { ESCROW } from './escrow-interface.ts';
import { lockIdOf } from './lock-id.ts';
import { unpackTicket } from './ticket.ts';
import { unpackAsset, unpackPlace } from './words.ts';

/** A log as a node returns it. */
export interface EscrowLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** Every event of the escrow, decoded. Amounts are minor units. */
export type EscrowEvent =
  | {
      readonly kind: 'deposited';
      readonly account: Address;
      readonly token: Address;
      readonly amount: bigint;
    }
  | {
      readonly kind: 'withdrawn';
      readonly account: Address;
      readonly token: Address;
      readonly to: Address;
      readonly amount: bigint;
    }
  | { readonly kind: 'locked'; readonly lock: EthereumLock }
  | {
      readonly kind: 'claimed';
      readonly swapId: Hex32;
      readonly lockId: Hex32;
      readonly secret: Uint8Array;
    }
  | { readonly kind: 'refunded'; readonly swapId: Hex32; readonly lockId: Hex32 }
  | {
      readonly kind: 'payout-credited';
      readonly lockId: Hex32;
      readonly account: Address;
      readonly token: Address;
      readonly amount: bigint;
    }
  | {
      readonly kind: 'skipped';
      readonly swapId: Hex32;
      readonly lockId: Hex32;
      readonly reason: string;
    };

/** Topic 0 of an event, for log filters. */
export function escrowTopic(
  name:
    'Locked' | 'Claimed' | 'Refunded' | 'Deposited' | 'Withdrawn' | 'PayoutCredited' | 'Skipped',
): Hex32 {
  const event = ESCROW.getEvent(name);
  if (event === null) throw new Error(`no event ${name}`);
  return event.topicHash as Hex32;
}

/**
 * Decodes a log of an escrow. Undefined for a log that is none of its events; the caller filters by address.
 * @param chainId The chain the log comes from; it is part of the lock's id.
 */
export function decodeEscrowLog(log: EscrowLog, chainId: bigint): EscrowEvent | undefined {
  const parsed = parse(log);
  if (parsed === undefined) return undefined;
  const { args } = parsed;
  switch (parsed.name) {
    case 'Deposited':
      return {
        kind: 'deposited',
        account: address(args[0]),
        token: address(args[1]),
        amount: args[2] as bigint,
      };
    case 'Withdrawn':
      return {
        kind: 'withdrawn',
        account: address(args[0]),
        token: address(args[1]),
        to: address(args[2]),
        amount: args[3] as bigint,
      };
    case 'Locked':
      return { kind: 'locked', lock: lockOf(parsed, address(log.address), chainId) };
    case 'Claimed':
      return {
        kind: 'claimed',
        ...settled(parsed, address(log.address), chainId),
        secret: fromHex(hex32(args[2])),
      };
    case 'Refunded':
      return { kind: 'refunded', ...settled(parsed, address(log.address), chainId) };
    case 'PayoutCredited':
      return {
        kind: 'payout-credited',
        lockId: hex32(args[0]),
        account: address(args[1]),
        token: address(args[2]),
        amount: args[3] as bigint,
      };
    case 'Skipped':
      return {
        kind: 'skipped',
        swapId: hex32(args[0]),
        lockId: hex32(args[1]),
        reason: reason(String(args[2])),
      };
    default:
      return undefined;
  }
}

function parse(log: EscrowLog): LogDescription | undefined {
  try {
    const parsed = ESCROW.parseLog(log) ?? undefined;
    // An argument that does not decode throws only when it is looked at.
    parsed?.args.toArray();
    return parsed;
  } catch {
    // A foreign event may share a topic and not decode.
    return undefined;
  }
}

/** Which lock a Claimed or Refunded event ends. */
function settled(
  { args }: LogDescription,
  escrow: Address,
  chainId: bigint,
): { readonly swapId: Hex32; readonly lockId: Hex32 } {
  const swapId = hex32(args[0]);
  return {
    swapId,
    lockId: lockIdOf({ chainId, escrow, swapId, ...unpackPlace(args[1] as bigint) }),
  };
}

function lockOf({ args }: LogDescription, escrow: Address, chainId: bigint): EthereumLock {
  const swapId = hex32(args[0]);
  const owner = address(args[1]);
  const ticket = unpackTicket(args[3] as bigint);
  const { slot, generation } = ticket;
  return {
    lockId: lockIdOf({ chainId, escrow, owner, slot, generation, swapId }),
    swapId,
    owner,
    hashLock: hex32(args[4]),
    ...unpackAsset(args[2] as bigint),
    ...ticket,
  };
}

function reason(selector: string): string {
  return ESCROW.getError(selector)?.name ?? selector;
}

function address(value: unknown): Address {
  return String(value).toLowerCase() as Address;
}

function hex32(value: unknown): Hex32 {
  return String(value) as Hex32;
}
