import { obligationsOf, type EscrowEvent } from '@midlock/evm';
import { Interface } from 'ethers';
import { ETH, MidlockError, type Address } from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import { readEscrowLog, type EscrowAddress } from './escrow-log.ts';
import { readBlock } from './finality.ts';
import { quantity } from './quantity.ts';
import { parseData, parseLogs, parseQuantity } from './wire.ts';

/** The escrow's books for one token at one block, minor units. */
export interface EthereumConservation {
  readonly token: Address;
  readonly height: bigint;
  /** What the contract holds. */
  readonly held: bigint;
  /** Balances of all accounts and open locks. */
  readonly owed: bigint;
  /** held - owed: forced ETH and direct transfers. */
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
  const events = await allEvents(options, head.height);
  return Promise.all(
    tokens.map(async (token) => {
      const owed = obligationsOf(events, token);
      const held = await holding(options, token, head.hash);
      const surplus = held - owed;
      return { token, height: head.height, held, owed, surplus, holds: surplus >= 0n };
    }),
  );
}

async function allEvents(
  { endpoints, chainId, escrow, startBlock, logRange }: ConservationOptions,
  head: bigint,
): Promise<readonly EscrowEvent[]> {
  const events: EscrowEvent[] = [];
  // A head at a height that no chain has would be searched up to for ever.
  if (head > startBlock && (await readBlock(endpoints, (startBlock + head) / 2n)) === null)
    throw new MidlockError('ENDPOINT_LIED', { what: 'no block below the head', height: head });
  for (let from = startBlock; from <= head; from += logRange) {
    const to = from + logRange - 1n < head ? from + logRange - 1n : head;
    const filter = { address: escrow, fromBlock: quantity(from), toBlock: quantity(to) };
    for (const log of await endpoints.agreed('eth_getLogs', [filter], parseLogs)) {
      const event = readEscrowLog(log, chainId);
      if (event !== undefined) events.push(event);
    }
  }
  return events;
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
