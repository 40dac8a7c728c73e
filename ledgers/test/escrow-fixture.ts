import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ContractFactory, JsonRpcProvider, Wallet, getBytes, type InterfaceAbi } from 'ethers';
import {
  ETH,
  hashLockOf,
  toHex32,
  type Address,
  type Direction,
  type SwapTerms,
} from '@midlock/protocol';
import {
  createEthereumLedger,
  createMemoryNonceStore,
  type EthereumLedger,
  type EthereumLedgerOptions,
} from '../src/index.ts';
import { MNEMONIC, devSigner, type Anvil } from './anvil.ts';
import { HDNodeWallet, Mnemonic } from 'ethers';

interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

export const CHAIN_ID = 31_337n;
const LIMITS = {
  minDurationSec: 2,
  maxDurationSec: 86_400,
  payoutGas: 200_000,
  payoutReserve: 60_000,
};

function artifact(name: string): Artifact {
  const path = fileURLToPath(new URL(`../../evm/compiled/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as Artifact;
}

export interface Deployment {
  readonly escrow: Address;
  readonly token: Address;
}

/** Deploys escrow and token with development account 9 and gives accounts 0 and 1 a million tokens each. */
export async function deploy(anvil: Anvil): Promise<Deployment> {
  const provider = new JsonRpcProvider(anvil.url, Number(CHAIN_ID), {
    staticNetwork: true,
    cacheTimeout: -1,
  });
  try {
    const phrase = Mnemonic.fromPhrase(MNEMONIC);
    const wallet = new Wallet(
      HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0/9").privateKey,
      provider,
    );
    let nonce = await wallet.getNonce();
    const [escrowCode, tokenCode] = [artifact('MidlockEscrow'), artifact('DemoToken')];
    const escrow = await new ContractFactory(escrowCode.abi, escrowCode.bytecode, wallet).deploy(
      [LIMITS.minDurationSec, LIMITS.maxDurationSec, LIMITS.payoutGas, LIMITS.payoutReserve],
      { nonce: nonce++ },
    );
    const token = await new ContractFactory(tokenCode.abi, tokenCode.bytecode, wallet).deploy(
      'Test',
      'TST',
      { nonce: nonce++ },
    );
    await anvil.mine();
    for (const index of [0, 1])
      await token.getFunction('mint')(devSigner(index).address, 1_000_000n, { nonce: nonce++ });
    await anvil.mine();
    return { escrow: lower(await escrow.getAddress()), token: lower(await token.getAddress()) };
  } finally {
    provider.destroy();
  }
}

const lower = (address: string): Address => address.toLowerCase() as Address;

export function ledgerFor(
  anvil: Anvil,
  { escrow }: Deployment,
  index: number,
  options: Partial<EthereumLedgerOptions> = {},
): EthereumLedger {
  return createEthereumLedger({
    endpoints: [anvil.url],
    chainId: CHAIN_ID,
    escrow,
    signer: devSigner(index),
    finality: { mode: 'tag' },
    pollMs: 10,
    store: createMemoryNonceStore(),
    ...options,
  });
}

let serial = 0;

export interface TestSwap {
  readonly terms: SwapTerms;
  readonly secret: Uint8Array;
}

/** Terms of a swap whose Ethereum leg goes from account 0 to account 1. */
export function newSwap(
  { escrow, token }: Deployment,
  wish: { expiresAtSec: bigint; amount?: bigint; asset?: 'eth' | 'token'; direction?: Direction },
): TestSwap {
  serial += 1;
  const secret = getBytes(`0x${serial.toString(16).padStart(64, '5')}`);
  const account = (byte: number) => ({
    mspId: `Org${String(byte)}MSP`,
    key: toHex32(new Uint8Array(32).fill(byte)),
  });
  return {
    secret,
    terms: {
      version: 1,
      direction: wish.direction ?? 'fabric-first',
      hashLock: hashLockOf(secret),
      nonce: toHex32(getBytes(`0x${serial.toString(16).padStart(64, '0')}`)),
      fabric: {
        networkId: toHex32(new Uint8Array(32).fill(7)),
        channel: 'swaps',
        chaincode: 'midlock',
        assetKind: 'fungible',
        assetId: 'EUR',
        amount: 5n,
        owner: account(2),
        beneficiary: account(1),
        expiresAtSec: wish.expiresAtSec + 600n,
      },
      ethereum: {
        chainId: CHAIN_ID,
        escrow,
        token: wish.asset === 'token' ? token : ETH,
        amount: wish.amount ?? 1_000n,
        owner: devSigner(0).address,
        beneficiary: devSigner(1).address,
        expiresAtSec: wish.expiresAtSec,
      },
    },
  };
}
