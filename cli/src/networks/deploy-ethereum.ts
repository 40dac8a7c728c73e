import { DEVELOPMENT_LIMITS, deployDemoToken, deployEscrow, type Deployment } from '@midlock/evm';
import { DEVELOPMENT_MNEMONIC } from '@midlock/network';
import type { Address } from '@midlock/protocol';
import { Contract, HDNodeWallet, JsonRpcProvider, Mnemonic, NonceManager } from 'ethers';

/** The n-th development account: its key is public and must never hold value. */
export function developmentWallet(index: number): HDNodeWallet {
  return HDNodeWallet.fromMnemonic(
    Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC),
    `m/44'/60'/0'/0/${index}`,
  );
}

export interface DevelopmentContracts {
  readonly escrow: Deployment;
  readonly token: Deployment;
}

/** Deploys the escrow and one ERC-20 with development account 0, and mints the token for `holders`. */
export async function deployDevelopment(
  url: string,
  symbol: string,
  holders: readonly Address[],
  amount: bigint,
): Promise<DevelopmentContracts> {
  const provider = new JsonRpcProvider(url, undefined, {
    pollingInterval: 100,
    staticNetwork: true,
    cacheTimeout: -1,
  });
  try {
    const deployer = new NonceManager(developmentWallet(0).connect(provider));
    const [escrow, token] = await Promise.all([
      deployEscrow(deployer, DEVELOPMENT_LIMITS),
      deployDemoToken(deployer, `Demo ${symbol}`, symbol),
    ]);
    const contract = new Contract(
      token.address,
      ['function mint(address to, uint256 amount)'],
      deployer,
    );
    const minted = await Promise.all(
      holders.map(
        (holder) =>
          contract.getFunction('mint')(holder, amount) as Promise<{ wait(): Promise<unknown> }>,
      ),
    );
    await Promise.all(minted.map((transaction) => transaction.wait()));
    return { escrow, token };
  } finally {
    provider.destroy();
  }
}
