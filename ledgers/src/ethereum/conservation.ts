import { Interface } from 'ethers';
import { ETH, MidlockError, type Address, type EthereumLock, type Hex32 } from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import { ESCROW, readEscrowLog, type EscrowAddress } from './escrow-codec.ts';
import { quantity } from './quantity.ts';
import { parseData, parseLogs, parseQuantity, type WireLog } from './wire.ts';

/** The escrow's books for one token at one block, minor units. */
export interface EthereumConservation {
  readonly token: Address;
  readonly height: bigint;
  /** What the contract holds. */
  readonly held: bigint;
  /** Balances of all accounts. */
  readonly credits: bigint;
  /** Open locks. */
  readonly locked: bigint;
  /** held - credits - locked: forced ETH and direct transfers. */
  readonly surplus: bigint;
  readonly holds: boolean;
}

export interface ConservationOptions extends EscrowAddress {
  readonly endpoints: Endpoints;
  readonly startBlock: bigint;
  readonly logRange: bigint;
}

const TOKEN = new Interface(['function balanceOf(address account) view returns (uint256)']);

/**
 * Counts the escrow's liabilities from all of its events and compares them with what it holds.
 * Cost: every log since the deployment; for demos, audits and tests, not for each block.
 */
export async function readConservation(
  options: ConservationOptions,
  tokens: readonly Address[],
): Promise<readonly EthereumConservation[]> {
  const head = await options.endpoints.head();
  const books = countBooks(await allLogs(options, head.height), options);
  return Promise.all(
    tokens.map(async (token) => {
      const { credits, locked } = books.get(token) ?? { credits: 0n, locked: 0n };
      const held = await holding(options, token, head.hash);
      const surplus = held - credits - locked;
      return { token, height: head.height, held, credits, locked, surplus, holds: surplus >= 0n };
    }),
  );
}

interface Book {
  credits: bigint;
  locked: bigint;
}

/** Replays the events: what is owed as balances and what is locked, by token. Throws ENDPOINT_LIED for a book that cannot be. */
export function countBooks(
  logs: readonly WireLog[],
  address: EscrowAddress,
): ReadonlyMap<Address, Readonly<Book>> {
  const books = new Map<Address, Book>();
  const open = new Map<Hex32, EthereumLock>();
  const bookOf = (token: Address): Book => {
    const book = books.get(token) ?? { credits: 0n, locked: 0n };
    books.set(token, book);
    return book;
  };
  /** A one-shot lock comes from outside; a mid-account lock moves a balance. */
  const move = ({ token, amount, direct }: EthereumLock, sign: 1n | -1n): void => {
    bookOf(token).locked += sign * amount;
    if (!direct) bookOf(token).credits -= sign * amount;
  };
  for (const log of logs) {
    const event = readEscrowLog(log, address);
    if (event === undefined) {
      const { token, amount } = creditIn(log);
      bookOf(token).credits += amount;
    } else if (event.type === 'locked') {
      open.set(event.lock.lockId, event.lock);
      move(event.lock, 1n);
    } else {
      const lock = open.get(event.lockId);
      if (lock === undefined)
        throw new MidlockError('ENDPOINT_LIED', { what: 'a settlement without its lock' });
      open.delete(event.lockId);
      move(lock, -1n);
    }
  }
  return books;
}

/** How an event that is no lock's changes the sum of all balances. */
function creditIn(log: WireLog): { token: Address; amount: bigint } {
  const event = ESCROW.parseLog(log);
  if (event === null || event.name === 'Skipped') return { token: ETH, amount: 0n };
  const token = String(event.args['token']).toLowerCase() as Address;
  const amount = event.args['amount'] as bigint;
  return { token, amount: event.name === 'Withdrawn' ? -amount : amount };
}

async function allLogs(
  { endpoints, escrow, startBlock, logRange }: ConservationOptions,
  head: bigint,
): Promise<readonly WireLog[]> {
  const logs: WireLog[] = [];
  for (let from = startBlock; from <= head; from += logRange) {
    const to = from + logRange - 1n < head ? from + logRange - 1n : head;
    const filter = { address: escrow, fromBlock: quantity(from), toBlock: quantity(to) };
    logs.push(...(await endpoints.agreed('eth_getLogs', [filter], parseLogs)));
  }
  return logs;
}

function holding(
  { endpoints, escrow }: ConservationOptions,
  token: Address,
  blockHash: string,
): Promise<bigint> {
  if (token === ETH)
    return endpoints.agreed('eth_getBalance', [escrow, { blockHash }], (value) =>
      parseQuantity(value, 'balance'),
    );
  const call = { to: token, data: TOKEN.encodeFunctionData('balanceOf', [escrow]) };
  return endpoints.agreed('eth_call', [call, { blockHash }], (value) =>
    BigInt(parseData(value, 'balance')),
  );
}
