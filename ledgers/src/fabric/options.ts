import { readFile } from 'node:fs/promises';
import { MidlockError, type Hex32 } from '@midlock/protocol';
import type { FabricIdentity } from './identity.ts';
import type { FabricOrganization, GatewayTimeouts } from './organization-gateway.ts';

/** An organisation as configuration names it: the CA as text or as a file. */
export interface FabricOrganizationConfig extends FabricOrganization {
  readonly tlsCaCertPath?: string;
}

export interface FabricLedgerOptions {
  readonly channel: string;
  readonly chaincode: string;
  /** When given, the channel's genesis block must hash to it, else nothing works (NETWORK_MISMATCH). */
  readonly networkId?: Hex32;
  /** Every organisation that endorses; at least `endorsements` of them beside any counterparty. */
  readonly organizations: readonly FabricOrganizationConfig[];
  readonly identity: FabricIdentity;
  /** k: how many organisations must endorse (f + 1). */
  readonly endorsements: number;
  /** How many organisations must agree on a leg that is read; default k. */
  readonly readQuorum?: number;
  /** Organisations that never see a claim, beside the one of the leg's owner, which is always left out. */
  readonly counterpartyMsps?: readonly string[];
  /** Milliseconds that a block stream may lag behind other peers before the next peer is used; default 5000. */
  readonly stallMs?: number;
  /** First block to watch; default 0. */
  readonly startBlock?: bigint;
  readonly timeouts?: Partial<GatewayTimeouts>;
  readonly nowMs?: () => bigint;
  /** Told of every error that the adapter survives by itself. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Organisations with their CA texts loaded, the identity's own first. Throws CONFIG_INVALID for an unreadable file. */
export async function loadOrganizations({
  organizations,
  identity,
  endorsements,
}: FabricLedgerOptions): Promise<readonly FabricOrganization[]> {
  const names = new Set(organizations.map(({ mspId }) => mspId));
  if (names.size !== organizations.length || endorsements < 1 || endorsements > names.size) {
    throw new MidlockError('CONFIG_INVALID', {
      key: 'fabric.endorsements',
      expected: '1 to the number of organisations, each named once',
    });
  }
  const loaded = await Promise.all(organizations.map(loadOrganization));
  return [
    ...loaded.filter(({ mspId }) => mspId === identity.mspId),
    ...loaded.filter(({ mspId }) => mspId !== identity.mspId),
  ];
}

async function loadOrganization({
  tlsCaCertPath,
  ...organization
}: FabricOrganizationConfig): Promise<FabricOrganization> {
  if (organization.tlsCaCert !== undefined || tlsCaCertPath === undefined) return organization;
  try {
    return { ...organization, tlsCaCert: await readFile(tlsCaCertPath, 'utf8') };
  } catch {
    throw new MidlockError('CONFIG_INVALID', {
      key: 'fabric.organizations.tlsCaCertPath',
      expected: 'a readable file',
      path: tlsCaCertPath,
    });
  }
}
