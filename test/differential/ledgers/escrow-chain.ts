import { Interface, JsonRpcSigner, type Signer } from 'ethers';
import {
  DEMO_TOKEN_ABI,
  DEVELOPMENT_LIMITS,
  deployDemoToken,
  deployEscrow,
  encodeDeposit,
} from '@midlock/evm';
import { ETH, type Address } from '@midlock/protocol';
import { startAnvil, type Chain } from '../../../evm/test/support/anvil.ts';
import { NAMES, PARTIES } from '../parties.ts';
import { CREDIT, ESCROW_SEC, START_SEC, WALLET } from '../rules.ts';

/** A receipt, as far as the comparison reads it. */
export interface Mined {
  readonly ok: boolean;
  readonly logs: readonly {
    readonly address: string;
    readonly topics: readonly string[];
    readonly data: string;
  }[];
  /** Revert data, `0x` when it did not revert. */
  readonly revertData: string;
  readonly feeWei: bigint;
}

/** Anvil with escrow, token and four funded parties; each life cycle begins at the same state. */
export interface EscrowChain {
  readonly chainId: bigint;
  readonly escrow: Address;
  readonly token: Address;
  /** Takes everything back to the start. */
  reset(): Promise<void>;
  /** One transaction in one block at `atSec`. */
  send(tx: SentTransaction, atSec: bigint): Promise<Mined>;
  call(to: Address, data: string): Promise<string>;
  /** Many calls in one request, in order. */
  calls(
    list: readonly (readonly [method: string, params: readonly unknown[]])[],
  ): Promise<string[]>;
  /** Lets the contract wallet say yes to one digest from now on. */
  approve(digest: string): Promise<void>;
  close(): Promise<void>;
}

export interface SentTransaction {
  readonly from: Address;
  readonly data: string;
  readonly value: bigint;
}

const GAS = '0x2dc6c0';
/** isValidSignature(digest, ..) answers the magic value iff the digest stands in slot 0; takes ether. Written by hand. */
const WALLET_CODE = '0x5f5460043514631626ba7e60e01b025f5260205ff3';

export async function startEscrowChain(): Promise<EscrowChain> {
  const chain = await startAnvil(START_SEC - 100n);
  const url = chain.provider._getConnection().url;
  const request = async (
    list: readonly (readonly [string, readonly unknown[]])[],
  ): Promise<string[]> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        list.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })),
      ),
    });
    const answers = (await response.json()) as {
      id: number;
      result?: string;
      error?: { message: string };
    }[];
    return answers
      .sort((a, b) => a.id - b.id)
      .map(({ id, result, error }) => {
        if (error !== undefined) throw new Error(`${String(list[id]?.[0])}: ${error.message}`);
        return result ?? '';
      });
  };
  const rpc = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    (await request([[method, params]]))[0];

  const { escrow, token } = await furnish(chain);
  let snapshot = await chain.snapshot();
  await chain.provider.send('evm_setAutomine', [false]);

  return {
    chainId: chain.chainId,
    escrow,
    token,
    calls: request,
    call: async (to, data) => (await rpc('eth_call', { to, data }, 'latest')) as string,
    async reset() {
      await chain.revert(snapshot);
      snapshot = await chain.snapshot();
    },
    async send({ from, data, value }, atSec) {
      await rpc('evm_setNextBlockTimestamp', Number(atSec));
      const hash = await rpc('eth_sendTransaction', {
        from,
        to: escrow,
        data,
        value: `0x${value.toString(16)}`,
        gas: GAS,
      });
      await rpc('evm_mine');
      const receipt = (await rpc('eth_getTransactionReceipt', hash)) as {
        status: string;
        logs: Mined['logs'];
        gasUsed: string;
        effectiveGasPrice: string;
      };
      const ok = receipt.status === '0x1';
      return {
        ok,
        logs: receipt.logs,
        feeWei: BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice),
        revertData: ok ? '0x' : await revertData(hash),
      };
    },
    async approve(digest) {
      await rpc('anvil_setStorageAt', PARTIES.carol.ethereum, `0x${'0'.repeat(64)}`, digest);
    },
    close: () => chain.close(),
  };

  async function revertData(hash: unknown): Promise<string> {
    const trace = (await rpc('debug_traceTransaction', hash, {
      tracer: 'callTracer',
    })) as { output?: string };
    return trace.output ?? '0x';
  }
}

/** Deploys, funds every party alike and lets the escrow take tokens from all. */
async function furnish(chain: Chain): Promise<{ escrow: Address; token: Address }> {
  const deployer = await chain.signer(0);
  const { address: escrow } = await deployEscrow(deployer, {
    ...DEVELOPMENT_LIMITS,
    minDurationSec: ESCROW_SEC.min,
    maxDurationSec: ESCROW_SEC.max,
  });
  const { address: token } = await deployDemoToken(deployer, 'Euro', 'TEUR');
  const tokenCall = new Interface(DEMO_TOKEN_ABI);
  await chain.provider.send('anvil_autoImpersonateAccount', [true]);
  for (const name of NAMES) {
    const { ethereum: account } = PARTIES[name];
    const minting = tokenCall.encodeFunctionData('mint', [account, WALLET + CREDIT]);
    await sendAs(deployer, token, minting, 0n);
    await chain.provider.send('anvil_setBalance', [account, `0x${(WALLET * 2n).toString(16)}`]);
    const signer = new JsonRpcSigner(chain.provider, account);
    const approval = tokenCall.encodeFunctionData('approve', [escrow, 2n ** 256n - 1n]);
    await sendAs(signer, token, approval, 0n);
    await sendAs(signer, escrow, encodeDeposit(token, CREDIT), 0n);
    await sendAs(signer, escrow, encodeDeposit(ETH, CREDIT), CREDIT);
    await chain.provider.send('anvil_setBalance', [account, `0x${(WALLET * 2n).toString(16)}`]);
  }
  await chain.provider.send('anvil_setCode', [PARTIES.carol.ethereum, WALLET_CODE]);
  return { escrow, token };
}

async function sendAs(signer: Signer, to: Address, data: string, value: bigint): Promise<void> {
  await (await signer.sendTransaction({ to, data, value })).wait();
}
