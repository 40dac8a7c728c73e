import {
  encodeDeposit,
  encodeWithdraw,
  readBalance,
  readFreeSlots,
  type FreeSlot,
} from '@midlock/evm';
import { Interface } from 'ethers';
import { ETH, MidlockError, type Address } from '@midlock/protocol';
import { revertError } from './escrow-log.ts';
import type { EscrowReader } from './escrow-reader.ts';
import type { Endpoints } from './endpoints.ts';
import { ACCOUNT_GAS, TOKEN_GAS } from './gas-limits.ts';
import { RpcRefusal } from './json-rpc.ts';
import { quantity } from './quantity.ts';
import type { Call } from './sender.ts';
import { parseQuantity, parseData, type Receipt } from './wire.ts';

const TOKEN = new Interface([
  'function approve(address spender, uint256 amount) returns (bool)',
  'function transfer(address to, uint256 amount) returns (bool)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'function decimals() view returns (uint8)',
  'function symbol() view returns (string)',
]);

export interface EscrowAccountOptions {
  readonly endpoints: Endpoints;
  readonly reader: EscrowReader;
  readonly escrow: Address;
  readonly address: Address;
  /** Signs, sends and waits until the transaction is in a block. */
  readonly execute: (call: Call) => Promise<Receipt>;
}

/** One account's balances in and beside the escrow, as typed calls. Writing calls resolve when mined; none of them carries a secret. */
export interface EscrowAccount {
  /** Free balance in the escrow; the account's own unless another is given. */
  balance(token: Address, account?: Address): Promise<bigint>;
  /** ETH or tokens that an account holds itself. */
  tokenBalance(token: Address, account?: Address): Promise<bigint>;
  /** What the escrow may take of a token. */
  allowance(token: Address): Promise<bigint>;
  deposit(token: Address, amount: bigint): Promise<Receipt>;
  withdraw(token: Address, amount: bigint, to?: Address): Promise<Receipt>;
  approve(token: Address, amount: bigint): Promise<Receipt>;
  /** Sends ETH or tokens to somebody. */
  transfer(token: Address, to: Address, amount: bigint): Promise<Receipt>;
  /** The lowest free slot that is not reserved, a recycled one before a fresh one; and its generation. */
  freeSlot(reserved: ReadonlySet<bigint>): Promise<FreeSlot>;
  /** As {@link freeSlot}, many at once. Throws ARGUMENT_INVALID when there are too few. */
  freeSlots(count: number, reserved: ReadonlySet<bigint>): Promise<readonly FreeSlot[]>;
  /** Runs a call without a secret against the latest state. Throws the contract's refusal by its code. */
  simulate(call: Call): Promise<void>;
}

const SPAN = 512n;
const MAX_SLOTS = 64n * SPAN;

export function createEscrowAccount(options: EscrowAccountOptions): EscrowAccount {
  const { endpoints, reader, escrow, address, execute } = options;

  async function tokenView(
    token: Address,
    name: string,
    args: readonly unknown[],
  ): Promise<bigint> {
    const call = { to: token, data: TOKEN.encodeFunctionData(name, args) };
    return endpoints.agreed('eth_call', [call, 'latest'], (value) => {
      const data = parseData(value, name);
      if (data.length !== 66)
        throw new MidlockError('TOKEN_MISBEHAVED', { token, what: `${name} answered no number` });
      return BigInt(data);
    });
  }

  const executeEscrow = (data: string, value = 0n): Promise<Receipt> =>
    executeChecked({ to: escrow, data, value, gasLimit: ACCOUNT_GAS });

  async function executeChecked(call: Call): Promise<Receipt> {
    await simulate(call);
    return execute(call);
  }

  async function simulate({ to, data, value, gasLimit }: Call): Promise<void> {
    const call = { from: address, to, data, value: quantity(value), gas: quantity(gasLimit) };
    try {
      await endpoints.any('eth_call', [call, 'latest'], (result) => result);
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      if (/insufficient funds|out ?of ?funds|insufficient balance/i.test(error.reason))
        throw new MidlockError('FEE_BUDGET', { account: address, reason: error.reason });
      throw revertError(error.data);
    }
  }

  async function freeSlots(
    count: number,
    reserved: ReadonlySet<bigint>,
  ): Promise<readonly FreeSlot[]> {
    const usable: FreeSlot[] = [];
    // An owner with very many open locks has its free slots further up.
    for (let from = 0n; usable.length < count && from < MAX_SLOTS; from += SPAN) {
      const found = await reader.read((call) =>
        readFreeSlots(call, address, { from, count: count + reserved.size, span: Number(SPAN) }),
      );
      usable.push(...found.filter(({ slot }) => !reserved.has(slot)));
    }
    if (usable.length < count)
      throw new MidlockError('ARGUMENT_INVALID', { name: 'slots', free: usable.length, count });
    const recycled = usable.filter(({ generation }) => generation > 0n);
    const fresh = usable.filter(({ generation }) => generation === 0n);
    return [...recycled, ...fresh].slice(0, count);
  }

  return {
    balance: (token, account = address) => reader.read((call) => readBalance(call, token, account)),
    tokenBalance: (token, account = address) =>
      token === ETH
        ? endpoints.agreed('eth_getBalance', [account, 'latest'], (value) =>
            parseQuantity(value, 'balance'),
          )
        : tokenView(token, 'balanceOf', [account]),
    allowance: (token) => tokenView(token, 'allowance', [address, escrow]),
    deposit: (token, amount) =>
      executeEscrow(encodeDeposit(token, amount), token === ETH ? amount : 0n),
    withdraw: (token, amount, to = address) => executeEscrow(encodeWithdraw(token, amount, to)),
    approve: (token, amount) =>
      executeChecked({
        to: token,
        data: TOKEN.encodeFunctionData('approve', [escrow, amount]),
        value: 0n,
        gasLimit: TOKEN_GAS,
      }),
    transfer: (token, to, amount) =>
      executeChecked(
        token === ETH
          ? { to, data: '0x', value: amount, gasLimit: TOKEN_GAS }
          : {
              to: token,
              data: TOKEN.encodeFunctionData('transfer', [to, amount]),
              value: 0n,
              gasLimit: TOKEN_GAS,
            },
      ),
    freeSlots,
    freeSlot: async (reserved) => {
      const [slot] = await freeSlots(1, reserved);
      return slot as FreeSlot;
    },
    simulate,
  };
}
