import { ESCROW, unpackTicket } from '@midlock/evm';
import type { Address } from '@midlock/protocol';
import { decodeTransaction } from './transaction.ts';

/** What transactions that are in no block yet will take of a token, minor units. */
export interface InFlight {
  /** From the balance in the escrow. */
  readonly balance: bigint;
  /** From the account itself, with the call. */
  readonly direct: bigint;
}

/** Sums the locks among signed transactions, so that locks prepared at once do not count on the same money. */
export function lockedInFlight(
  transactions: readonly Uint8Array[],
  escrow: Address,
  token: Address,
): InFlight {
  const orders = transactions.flatMap((bytes) => {
    const { to, data } = decodeTransaction(bytes);
    return to === escrow ? ordersIn(data, token) : [];
  });
  const sum = (direct: boolean): bigint =>
    orders
      .filter(({ ticket }) => unpackTicket(ticket).direct === direct)
      .reduce((total, { amount }) => total + amount, 0n);
  return { balance: sum(false), direct: sum(true) };
}

interface Order {
  readonly amount: bigint;
  readonly ticket: bigint;
}

/** The orders in the calldata of a lock; none in other calls. */
function ordersIn(data: string, token: Address): readonly Order[] {
  const call = ESCROW.parseTransaction({ data });
  if (call === null || String(call.args[0]).toLowerCase() !== token) return [];
  switch (call.name) {
    case 'lock':
    case 'lockWithPermit':
      return [call.args[1] as Order];
    case 'lockMany':
      return [...(call.args[1] as readonly Order[])];
    default:
      return [];
  }
}
