import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  accountsOf,
  agentSchema,
  createMemoryStore,
  openEthereumSigner,
  openIdentity,
  openLedgers,
  openSeedFile,
  readConfig,
  silentLogger,
  systemRandom,
  type AgentConfig,
  type PartyAccounts,
  type SeedPort,
  type Store,
} from '@midlock/client';
import type {
  EthereumLedger,
  EthereumSigner,
  FabricIdentity,
  FabricLedger,
} from '@midlock/ledgers';
import type { Address, Hex32, SwapProfile } from '@midlock/protocol';

/** Where a party's configuration is looked for when --config is not given. */
export const DEFAULT_CONFIG_FILE = 'midlock.config.yaml';

/** Everything that a configuration stands for, opened; nothing is sent before a method is called. */
export interface OpenParty {
  readonly config: AgentConfig;
  readonly networkId: Hex32;
  readonly profile: SwapProfile;
  readonly accounts: PartyAccounts;
  readonly signers: { readonly ethereum: EthereumSigner; readonly fabric: FabricIdentity };
  readonly seed: SeedPort;
  readonly fabric: FabricLedger;
  readonly ethereum: EthereumLedger;
  readonly escrow: Address;
  close(): void;
}

/** Reads a party's configuration with MIDLOCK_* laid over it. Throws CONFIG_INVALID. */
export function loadPartyConfig(file = DEFAULT_CONFIG_FILE): AgentConfig {
  return readConfig(file, agentSchema, process.env);
}

/**
 * Opens keys and ledgers.
 * @param store where nonces are kept; without one they are kept in memory, for commands that send one transaction or none
 * @throws {MidlockError} CONFIG_INVALID, IDENTITY_INVALID, SECRET_FILE_EXPOSED, ENDPOINT_UNREACHABLE.
 */
export async function openParty(
  config: AgentConfig,
  store: Store = createMemoryStore(),
): Promise<OpenParty> {
  mkdirSync(dirname(config.seed.file), { recursive: true, mode: 0o700 });
  const [fabricIdentity, ethereumSigner, seed] = await Promise.all([
    openIdentity(config.identity.fabric),
    openEthereumSigner(config.identity.ethereum.key),
    openSeedFile(config.seed.file, systemRandom),
  ]);
  const ledgers = await openLedgers({
    ...config,
    fabricIdentity,
    ethereumSigner,
    nonces: store.nonces,
    logger: silentLogger,
  });
  const { fabric, ethereum } = ledgers;
  const signers = { ethereum: ethereumSigner, fabric: fabricIdentity };
  return {
    config,
    networkId: await fabric.networkId(),
    profile: config.profile,
    accounts: accountsOf(signers),
    signers,
    seed,
    fabric,
    ethereum,
    escrow: config.ethereum.escrow,
    close: () => {
      ledgers.close();
    },
  };
}
