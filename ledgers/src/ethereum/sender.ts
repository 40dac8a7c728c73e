import { MidlockError, toHex, type Address, type SignedTransaction } from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import {
  checkBudget,
  chooseFees,
  maxCost,
  type FeeMarket,
  type FeePolicy,
  type Fees,
} from './fees.ts';
import { TRANSFER_GAS } from './gas-limits.ts';
import { RpcRefusal } from './json-rpc.ts';
import { createNonceLane, type NonceLane, type Signed } from './nonce-lane.ts';
import type { NonceStore } from './nonce-store.ts';
import { sendToAll } from './submit.ts';
import { decodeTransaction, signChecked, type EthereumSigner } from './transaction.ts';
import { parseQuantity } from './wire.ts';

/** A call to make: what is signed beside nonce and fees. */
export interface Call {
  readonly to: Address | null;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
}

export interface SenderOptions {
  readonly endpoints: Endpoints;
  readonly chainId: bigint;
  readonly signer: EthereumSigner;
  readonly store: NonceStore;
  readonly fees: FeePolicy;
  /** Legacy transactions only, for chains that refuse EIP-1559 ones. */
  readonly legacyFees: boolean;
  readonly nowMs: () => bigint;
  readonly unsentAfterMs?: bigint;
}

/** Signs transactions of one account, in nonce order, and sends them. */
export interface Sender {
  readonly account: Address;
  readonly lane: NonceLane;
  /** Signs a call with the next nonce. Throws FEE_BUDGET. */
  sign(call: Call, urgency: Urgency): Promise<SignedTransaction>;
  /** Signs what `before` asked for again, dearer by at least an eighth. Throws FEE_BUDGET. */
  raise(before: SignedTransaction, urgency: Urgency): Promise<SignedTransaction>;
  send(transaction: SignedTransaction): Promise<void>;
}

export interface Urgency {
  readonly urgentBySec?: bigint | undefined;
  /** The escrow slots that the call will fill. */
  readonly slots?: readonly bigint[];
  /** See {@link NonceUse}. */
  readonly purpose?: string | undefined;
}

export function createSender(options: SenderOptions): Sender {
  const { endpoints, chainId, signer, fees: policy, nowMs } = options;
  const account = signer.address;

  async function market(): Promise<FeeMarket> {
    const { baseFeePerGas } = await endpoints.head();
    const legacy = options.legacyFees || baseFeePerGas === undefined;
    const method = legacy ? 'eth_gasPrice' : 'eth_maxPriorityFeePerGas';
    return {
      baseFeePerGas: legacy ? undefined : baseFeePerGas,
      suggested: await suggestion(method),
    };
  }

  /** Some nodes have no suggestion; the policy's floor is one. */
  async function suggestion(method: string): Promise<bigint> {
    try {
      return await endpoints.any(method, [], (value) => parseQuantity(value, 'fee'));
    } catch (error) {
      if (error instanceof RpcRefusal) return 0n;
      throw error;
    }
  }

  async function signFor(
    nonce: bigint,
    call: Call,
    urgency: Urgency,
    replaces?: Fees,
  ): Promise<Signed> {
    const { urgentBySec } = urgency;
    const fees = chooseFees({
      market: await market(),
      policy,
      ...(urgentBySec === undefined ? {} : { remainingSec: urgentBySec - nowMs() / 1000n }),
      ...(replaces === undefined ? {} : { replaces }),
    });
    const balance = await endpoints.any('eth_getBalance', [account, 'latest'], (value) =>
      parseQuantity(value, 'balance'),
    );
    checkBudget(account, balance, maxCost(fees, call.gasLimit, call.value));
    return signChecked(signer, { chainId, nonce, fees, ...call });
  }

  const lane = createNonceLane({
    account,
    store: options.store,
    nowMs,
    ...(options.unsentAfterMs === undefined ? {} : { unsentAfterMs: options.unsentAfterMs }),
    chain: {
      count: (address, tag) =>
        endpoints.any('eth_getTransactionCount', [address, tag], (value) =>
          parseQuantity(value, 'nonce'),
        ),
      knows: (txId) => endpoints.any('eth_getTransactionByHash', [txId], (value) => value !== null),
      broadcast: async (bytes) => {
        await Promise.allSettled(
          endpoints.all.map((node) => node.call('eth_sendRawTransaction', [toHex(bytes)])),
        );
      },
      signFiller: (nonce, over) =>
        signFor(
          nonce,
          { to: account, data: '0x', value: 0n, gasLimit: TRANSFER_GAS },
          {},
          over === undefined ? undefined : decodeTransaction(over.bytes).fees,
        ),
    },
  });

  const signed = ({ txId, bytes, nonce }: Signed & { nonce: bigint }): SignedTransaction => ({
    ledger: 'ethereum',
    txId,
    bytes,
    lane: { account, nonce },
  });

  return {
    account,
    lane,
    sign: async (call, urgency) =>
      signed(
        await lane.allocate((nonce) => signFor(nonce, call, urgency), {
          ...(urgency.purpose === undefined ? {} : { purpose: urgency.purpose }),
          ...(urgency.slots === undefined ? {} : { slots: urgency.slots }),
        }),
      ),
    raise: async (before, urgency) => {
      if (before.lane?.account !== account)
        throw new MidlockError('ARGUMENT_INVALID', {
          name: 'replaces',
          expected: `a transaction of ${account}`,
        });
      const { to, data, value, gasLimit, fees } = decodeTransaction(before.bytes);
      return signed(
        await lane.replace(before.lane.nonce, (nonce) =>
          signFor(nonce, { to, data, value, gasLimit }, urgency, fees),
        ),
      );
    },
    send: async (transaction) => {
      if (transaction.lane?.account === account) await lane.markSent(transaction.lane.nonce);
      await sendToAll(endpoints, transaction);
    },
  };
}
