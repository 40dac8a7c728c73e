import { readFile } from 'node:fs/promises';
import {
  createEthereumLedger,
  createFabricLedger,
  loadFabricIdentity,
  loadKeyFileSigner,
  loadKeystoreSigner,
  type EthereumLedger,
  type EthereumSigner,
  type FabricIdentity,
  type FabricLedger,
  type FabricLedgerOptions,
  type NonceStore,
} from '@midlock/ledgers';
import type { SwapProfile } from '@midlock/protocol';
import type { z } from 'zod';
import type { Logger } from '../shell/logger.ts';
import type { ethereumKeySchema, identitySchema } from './agent-schema.ts';
import type { EthereumConfig, FabricConfig } from './network-schema.ts';

export interface LedgersInput {
  readonly fabric: FabricConfig;
  readonly ethereum: EthereumConfig;
  readonly fabricIdentity: FabricIdentity;
  readonly ethereumSigner: EthereumSigner;
  readonly nonces: NonceStore;
  readonly logger: Logger;
  /** Fees climb and unsent nonces are filled by this deployment's pace. */
  readonly profile: SwapProfile;
}

export interface OpenLedgers {
  readonly fabric: FabricLedger;
  readonly ethereum: EthereumLedger;
  close(): void;
}

/** Connects both adapters as configured; sends nothing. Throws CONFIG_INVALID, IDENTITY_INVALID. */
export async function openLedgers({
  fabric,
  ethereum,
  fabricIdentity,
  ethereumSigner,
  nonces,
  logger,
  profile,
}: LedgersInput): Promise<OpenLedgers> {
  const onTrouble =
    (ledger: string) =>
    (error: unknown): void => {
      logger.warn('ledger trouble', {
        ledger,
        error: error instanceof Error ? error.message.slice(0, 200) : 'unknown',
      });
    };
  const { networkId, startBlock, channel, chaincode, endorsements } = fabric;
  const fabricLedger = await createFabricLedger({
    channel,
    chaincode,
    endorsements,
    ...fabricNodesOf(fabric),
    ...(networkId === undefined ? {} : { networkId }),
    ...(startBlock === undefined ? {} : { startBlock }),
    identity: fabricIdentity,
    onTrouble: onTrouble('fabric'),
  });
  const { finality, quorum, startBlock: firstBlock, pollMs, ...chain } = ethereum;
  const ethereumLedger = createEthereumLedger({
    ...chain,
    finality:
      finality.mode === 'tag'
        ? { mode: 'tag', ...(finality.tag === undefined ? {} : { tag: finality.tag }) }
        : finality,
    ...(quorum === undefined ? {} : { quorum }),
    ...(firstBlock === undefined ? {} : { startBlock: firstBlock }),
    ...(pollMs === undefined ? {} : { pollMs }),
    signer: ethereumSigner,
    store: nonces,
    fees: { urgentWindowSec: 5n * profile.ethereum.inclusionSec },
    unsentAfterMs: 5_000n * profile.ethereum.inclusionSec,
    onTrouble: onTrouble('ethereum'),
  });
  return {
    fabric: fabricLedger,
    ethereum: ethereumLedger,
    close: () => {
      fabricLedger.close();
      ethereumLedger.close();
    },
  };
}

/** How a configuration's network is reached, as the Fabric adapter takes it. */
export function fabricNodesOf({
  client,
  organizations,
  orderers = {},
}: Pick<FabricConfig, 'client' | 'organizations' | 'orderers'>): Pick<
  FabricLedgerOptions,
  'client' | 'organizations' | 'orderers'
> {
  const tlsOf = ({ tlsServerName, tlsCaCertPath }: NodeTls) => ({
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(tlsCaCertPath === undefined ? {} : { tlsCaCertPath }),
  });
  return {
    client,
    organizations: Object.entries(organizations).map(([mspId, organization]) => ({
      mspId,
      gateway: organization.gateway,
      ...tlsOf(organization),
    })),
    orderers: Object.values(orderers).map((orderer) => ({
      address: orderer.address,
      ...tlsOf(orderer),
    })),
  };
}

interface NodeTls {
  readonly tlsServerName?: string | undefined;
  readonly tlsCaCertPath?: string | undefined;
}

/** A Fabric identity from configured files. Throws IDENTITY_INVALID, SECRET_FILE_EXPOSED. */
export function openIdentity({
  mspId,
  certPath,
  key,
}: z.output<typeof identitySchema>): Promise<FabricIdentity> {
  return loadFabricIdentity(mspId, certPath, key.file);
}

/** An Ethereum signer from a key file or keystore. Throws IDENTITY_INVALID, SECRET_FILE_EXPOSED. */
export async function openEthereumSigner(
  key: z.output<typeof ethereumKeySchema>,
): Promise<EthereumSigner> {
  if ('file' in key) return loadKeyFileSigner(key.file);
  return loadKeystoreSigner(key.keystore, (await readFile(key.passwordFile, 'utf8')).trimEnd());
}
