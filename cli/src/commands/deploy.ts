import { readFileSync, writeFileSync } from 'node:fs';
import { openEthereumSigner } from '@midlock/client';
import { DEFAULT_LIMITS, DEVELOPMENT_LIMITS, deployEscrow, writeDeployment } from '@midlock/evm';
import { parseNetworkDescription } from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import { JsonRpcProvider, Wallet } from 'ethers';
import { deployFabric } from '../networks/deploy-fabric.ts';
import type { Output } from '../output.ts';
import { loadProfile } from './plan.ts';

export interface DeployOptions {
  readonly network: string;
  readonly profile: string;
  readonly key?: string;
  readonly out: string;
}

/** `midlock deploy`: initialises the chaincode and deploys the escrow on the described networks; what stands is left as it is. */
export async function deployCommand(
  what: string,
  options: DeployOptions,
  output: Output,
): Promise<void> {
  const description = parseNetworkDescription(readFileSync(options.network, 'utf8'));
  const profile = loadProfile(options.profile);
  const done: Record<string, string> = {};
  if (what === 'fabric' || what === 'all') {
    output.progress('initialising the chaincode');
    done['networkId'] = await deployFabric(description.fabric, profile);
  }
  if (what === 'ethereum' || what === 'all') {
    done['escrow'] =
      description.ethereum.escrow ??
      (await deploy(
        options,
        description.ethereum.url,
        description.ethereum.chainId,
        profile.name === 'development',
        output,
      ));
    writeFileSync(
      options.network,
      `${JSON.stringify({ ...description, ethereum: { ...description.ethereum, escrow: done['escrow'] } }, null, 2)}\n`,
    );
  }
  if (Object.keys(done).length === 0)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument: 'what',
      expected: 'fabric, ethereum or all',
    });
  output.result(
    done,
    Object.entries(done)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  );
}

async function deploy(
  { key, out }: DeployOptions,
  url: string,
  chainId: number,
  development: boolean,
  output: Output,
): Promise<string> {
  if (key === undefined)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument: '--key',
      expected: "a file with the deployer's key, 64 hex digits, mode 0600",
    });
  output.progress(`deploying the escrow to chain ${chainId}`);
  await openEthereumSigner({ file: key });
  const provider = new JsonRpcProvider(url, undefined, {
    staticNetwork: true,
    pollingInterval: 500,
  });
  try {
    const wallet = new Wallet(readFileSync(key, 'utf8').trim(), provider);
    const { address } = await deployEscrow(
      wallet,
      development ? DEVELOPMENT_LIMITS : DEFAULT_LIMITS,
    );
    await writeDeployment(out, BigInt(chainId), { MidlockEscrow: address });
    return address;
  } finally {
    provider.destroy();
  }
}
