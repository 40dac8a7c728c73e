import { readFileSync, writeFileSync } from 'node:fs';
import { openEthereumSigner, refuseConfiguration } from '@midlock/client';
import { DEFAULT_LIMITS, DEVELOPMENT_LIMITS, deployEscrow, writeDeployment } from '@midlock/evm';
import { readNetworkDescription } from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import { JsonRpcProvider, Wallet } from 'ethers';
import type { Output } from '../output.ts';
import { deployChaincode, type DeployFabricOptions } from './deploy-fabric.ts';
import { loadProfile } from './plan.ts';

export interface DeployOptions extends DeployFabricOptions {
  readonly profile: string;
  readonly key?: string;
  readonly out?: string;
}

/** `midlock deploy`: brings the chaincode into force and deploys the escrow on the described networks; what stands is left as it is. */
export async function deployCommand(
  what: 'fabric' | 'ethereum' | 'all',
  options: DeployOptions,
  output: Output,
): Promise<void> {
  const description = readNetworkDescription(options.network);
  const profile = loadProfile(options.profile);
  const done: Record<string, unknown> = {};
  const lines: string[] = [];
  if (what !== 'ethereum') {
    const { result, text } = await deployChaincode(description.fabric, profile, options, output);
    Object.assign(done, result);
    lines.push(text);
  }
  if (what !== 'fabric') {
    const { ethereum } = description;
    const development = profile.name === 'development';
    const escrow =
      ethereum.escrow ??
      (await deploy(options, ethereum.url, ethereum.chainId, development, output));
    done['escrow'] = escrow;
    lines.push(`escrow: ${escrow}`);
    writeFileSync(
      options.network,
      `${JSON.stringify({ ...description, ethereum: { ...ethereum, escrow } }, null, 2)}\n`,
    );
  }
  output.result(done, lines.join('\n'));
}

async function deploy(
  { key, out = './deployments' }: DeployOptions,
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
  const { address: deployer } = await openEthereumSigner({ file: key });
  await refuseConfiguration({
    secretFiles: [key],
    chainId: BigInt(chainId),
    ethereumAddress: deployer,
  });
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
