import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MidlockError, parseAddress, type Address } from '@midlock/protocol';
import { ContractFactory, type Signer } from 'ethers';
import { DEMO_TOKEN_ARTIFACT, ESCROW_ARTIFACT, type Artifact } from './artifacts.ts';
import type { EscrowLimits } from './escrow-reads.ts';

/** A contract that stands, with what its deployment cost. */
export interface Deployment {
  readonly address: Address;
  readonly transactionHash: string;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
}

/**
 * Limits for chains under Osaka prices: one minute to thirty days, 150,000 gas for a payout, 45,000 kept back (a failed payout of value
 * costs up to 11,600 beside the gas it is given, a new balance and two events some 26,000).
 */
export const DEFAULT_LIMITS: EscrowLimits = {
  minDurationSec: 60n,
  maxDurationSec: 30n * 24n * 3600n,
  payoutGas: 150_000n,
  payoutReserve: 45_000n,
};

/** Limits of the development profile, where deadlines are seconds away. */
export const DEVELOPMENT_LIMITS: EscrowLimits = { ...DEFAULT_LIMITS, minDurationSec: 1n };

/**
 * Deploys the escrow and waits for its receipt. It has no owner: nothing is left to configure.
 * @throws {MidlockError} ESCROW_REVERTED when the limits contradict each other.
 */
export async function deployEscrow(
  signer: Signer,
  limits: EscrowLimits = DEFAULT_LIMITS,
): Promise<Deployment> {
  const { minDurationSec, maxDurationSec, payoutGas, payoutReserve } = limits;
  return deploy(ESCROW_ARTIFACT, signer, [
    [minDurationSec, maxDurationSec, payoutGas, payoutReserve],
  ]);
}

/** Deploys a token for demos and tests; the signer becomes the one who mints. */
export async function deployDemoToken(
  signer: Signer,
  name: string,
  symbol: string,
): Promise<Deployment> {
  return deploy(DEMO_TOKEN_ARTIFACT, signer, [name, symbol]);
}

/**
 * Records deployed contracts as `<directory>/<chainId>/addresses.json` in Hardhat Ignition's shape (`"Midlock#MidlockEscrow": "0x.."`)
 * and their ABIs as `<directory>/<chainId>/abi/<Contract>.json`. Entries under other names stay.
 * @param contracts Name within the module (for instance `MidlockEscrow`, or `TEUR` for a token) to address.
 */
export async function writeDeployment(
  directory: string,
  chainId: bigint,
  contracts: Readonly<Record<string, Address>>,
): Promise<string> {
  const folder = join(directory, String(chainId));
  await mkdir(join(folder, 'abi'), { recursive: true });
  for (const artifact of [ESCROW_ARTIFACT, DEMO_TOKEN_ARTIFACT]) {
    await writeFile(
      join(folder, 'abi', `${artifact.contractName}.json`),
      `${JSON.stringify(artifact.abi, null, 2)}\n`,
    );
  }
  const path = join(folder, 'addresses.json');
  const added = Object.fromEntries(
    Object.entries(contracts).map(([name, address]) => [`Midlock#${name}`, address]),
  );
  // A reader never sees half a file.
  await writeFile(
    `${path}.new`,
    `${JSON.stringify({ ...(await readAddresses(path)), ...added }, null, 2)}\n`,
  );
  await rename(`${path}.new`, path);
  return path;
}

/**
 * The address of a recorded contract, as written by {@link writeDeployment}.
 * @throws {MidlockError} CONFIG_INVALID when the file does not name it.
 */
export async function readDeployment(
  directory: string,
  chainId: bigint,
  name = 'MidlockEscrow',
): Promise<Address> {
  const path = join(directory, String(chainId), 'addresses.json');
  const address = (await readAddresses(path))[`Midlock#${name}`];
  if (address === undefined)
    throw new MidlockError('CONFIG_INVALID', { file: path, missing: `Midlock#${name}` });
  return parseAddress(address, `Midlock#${name}`);
}

async function deploy(
  artifact: Artifact,
  signer: Signer,
  args: readonly unknown[],
): Promise<Deployment> {
  const factory = new ContractFactory(artifact.abi, artifact.bytecode, signer);
  const contract = await factory.deploy(...args);
  const receipt = await contract.deploymentTransaction()?.wait();
  if (
    receipt?.contractAddress === undefined ||
    receipt.contractAddress === null ||
    receipt.status !== 1
  ) {
    throw new MidlockError('ESCROW_REVERTED', { contract: artifact.contractName });
  }
  return {
    address: receipt.contractAddress.toLowerCase() as Address,
    transactionHash: receipt.hash,
    blockNumber: BigInt(receipt.blockNumber),
    gasUsed: receipt.gasUsed,
  };
}

async function readAddresses(path: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new MidlockError('CONFIG_INVALID', { file: path }, { cause: error });
  }
}
