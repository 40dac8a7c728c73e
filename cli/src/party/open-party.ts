import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accountsOf,
  openSeedFile,
  openSqliteStore,
  type PartyAccounts,
  type PartySigners,
  type SeedPort,
  type SqliteStore,
  type Store,
} from '@midlock/client';
import {
  createEthereumLedger,
  createMemoryNonceStore,
  loadFabricIdentity,
  loadKeyFileSigner,
  loadKeystoreSigner,
  type EthereumLedger,
  type EthereumSigner,
  type FabricIdentity,
  type FabricLedger,
  type NonceStore,
} from '@midlock/ledgers';
import { parseNetworkDescription, type NetworkDescription } from '@midlock/network';
import {
  MidlockError,
  parseAddress,
  type Address,
  type Hex32,
  type SwapProfile,
} from '@midlock/protocol';
import { loadProfile } from '../commands/plan.ts';
import type { PartyConfig } from '../config/schema.ts';
import { connectFabric } from '../networks/deploy-fabric.ts';
import { systemRandom } from './system.ts';

/** Everything that a configuration stands for, opened; nothing is sent before a method is called. */
export interface OpenParty {
  readonly config: PartyConfig;
  readonly network: NetworkDescription;
  readonly networkId: Hex32;
  readonly profile: SwapProfile;
  readonly accounts: PartyAccounts;
  readonly signers: PartySigners & {
    readonly ethereum: EthereumSigner;
    readonly fabric: FabricIdentity;
  };
  readonly seed: SeedPort;
  readonly fabric: FabricLedger;
  readonly ethereum: EthereumLedger;
  readonly escrow: Address;
  close(): void;
}

/** Folder layout of a party's home. */
export const homeOf = (config: PartyConfig) => ({
  journal: join(config.home, 'journal.sqlite'),
  inbox: join(config.home, 'inbox'),
  terms: join(config.home, 'terms'),
});

/** Opens the party's journal, making its home when it is missing. Throws STORE_*. */
export function openJournal(config: PartyConfig): SqliteStore {
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  return openSqliteStore(homeOf(config).journal);
}

/**
 * Opens keys and ledgers.
 * @param store where nonces are kept; without one they are kept in memory, for commands that send nothing or one transaction
 * @throws {MidlockError} CONFIG_INVALID, IDENTITY_INVALID, SECRET_FILE_EXPOSED, ENDPOINT_UNREACHABLE.
 */
export async function openParty(config: PartyConfig, store?: Store): Promise<OpenParty> {
  const network = readNetwork(config.network);
  const escrowText = network.ethereum.escrow;
  if (escrowText === undefined) {
    throw new MidlockError('CONFIG_INVALID', {
      file: config.network,
      key: 'ethereum.escrow',
      expected: 'run "midlock deploy" first',
    });
  }
  const { mspId, user } = config.fabric;
  const material = network.fabric.organizations[mspId]?.users[user];
  if (material === undefined)
    throw new MidlockError('CONFIG_INVALID', { key: 'fabric.user', missing: `${mspId}/${user}` });
  const identity = await loadFabricIdentity(mspId, material.certPath, material.keyPath);
  const signer = await loadEthereumSigner(config);
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  const seed = await openSeedFile(config.seedFile, systemRandom);
  const profile = loadProfile(config.profile);
  const fabric = await connectFabric(network.fabric, mspId, user);
  const networkId = await fabric.networkId();
  const escrow = parseAddress(escrowText.toLowerCase(), 'ethereum.escrow');
  const ethereum = openEthereum(
    config,
    network,
    escrow,
    signer,
    store?.nonces ?? createMemoryNonceStore(),
    profile,
  );
  const signers = { ethereum: signer, fabric: identity };
  return {
    config,
    network,
    networkId,
    profile,
    accounts: accountsOf(signers),
    signers,
    seed,
    fabric,
    ethereum,
    escrow,
    close: () => {
      fabric.close();
      ethereum.close();
    },
  };
}

function readNetwork(file: string): NetworkDescription {
  try {
    return parseNetworkDescription(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new MidlockError(
      'CONFIG_INVALID',
      { file, expected: 'a network description; "midlock network up" writes one' },
      { cause },
    );
  }
}

function loadEthereumSigner({ ethereum: { key } }: PartyConfig): Promise<EthereumSigner> {
  if ('keyFile' in key) return loadKeyFileSigner(key.keyFile);
  return loadKeystoreSigner(key.keystore, readFileSync(key.passwordFile, 'utf8').trimEnd());
}

function openEthereum(
  { ethereum: config }: PartyConfig,
  { ethereum }: NetworkDescription,
  escrow: Address,
  signer: EthereumSigner,
  store: NonceStore,
  profile: SwapProfile,
): EthereumLedger {
  const { finality } = config;
  return createEthereumLedger({
    endpoints: config.endpoints ?? [ethereum.url],
    ...(config.quorum === undefined ? {} : { quorum: config.quorum }),
    chainId: BigInt(ethereum.chainId),
    escrow,
    signer,
    finality:
      finality.mode === 'depth' ? { mode: 'depth', blocks: BigInt(finality.blocks) } : finality,
    startBlock: BigInt(config.startBlock),
    pollMs: config.pollMs,
    store,
    // Fees climb only when inclusion within the bound is in danger, and a nonce that nobody sends is filled soon after.
    fees: { urgentWindowSec: 5n * profile.ethereum.inclusionSec },
    unsentAfterMs: 5_000n * profile.ethereum.inclusionSec,
  });
}
