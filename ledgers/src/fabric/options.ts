import { readFile } from 'node:fs/promises';
import { MidlockError, type Hex32 } from '@midlock/protocol';
import type { FabricIdentity } from './identity.ts';
import type { FabricNodeAddress, FabricOrganization, GatewayTimeouts } from './transport.ts';

/** An organisation as configuration names it: the CA as text or as a file. */
export interface FabricOrganizationConfig extends FabricOrganization {
  readonly tlsCaCertPath?: string;
}

/** An orderer as configuration names it. */
export interface FabricOrdererConfig extends FabricNodeAddress {
  readonly tlsCaCertPath?: string;
}

export interface FabricLedgerOptions {
  readonly channel: string;
  readonly chaincode: string;
  /** When given, the channel's genesis block must hash to it, else nothing works (NETWORK_MISMATCH). */
  readonly networkId?: Hex32;
  /** Every organisation that endorses; at least `endorsements` of them beside any counterparty. */
  readonly organizations: readonly FabricOrganizationConfig[];
  /** `legacy` for peers without the Gateway service (Fabric 2.2, 2.3); default `gateway`. */
  readonly client?: 'gateway' | 'legacy';
  /** Needed by the legacy client, which hands transactions to them itself; tried in this order. */
  readonly orderers?: readonly FabricOrdererConfig[];
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
  const loaded = await Promise.all(
    organizations.map((organization) => withCa(organization, 'fabric.organizations')),
  );
  return [
    ...loaded.filter(({ mspId }) => mspId === identity.mspId),
    ...loaded.filter(({ mspId }) => mspId !== identity.mspId),
  ];
}

/** Orderers with their CA texts loaded. Throws CONFIG_INVALID for an unreadable file. */
export function loadOrderers({
  orderers = [],
}: FabricLedgerOptions): Promise<readonly FabricNodeAddress[]> {
  return Promise.all(orderers.map((orderer) => withCa(orderer, 'fabric.orderers')));
}

async function withCa<T extends { readonly tlsCaCert?: string; readonly tlsCaCertPath?: string }>(
  { tlsCaCertPath, ...node }: T,
  key: string,
): Promise<Omit<T, 'tlsCaCertPath'>> {
  if (node.tlsCaCert !== undefined || tlsCaCertPath === undefined) return node;
  try {
    return { ...node, tlsCaCert: await readFile(tlsCaCertPath, 'utf8') };
  } catch {
    throw new MidlockError('CONFIG_INVALID', {
      key: `${key}.tlsCaCertPath`,
      expected: 'a readable file',
      path: tlsCaCertPath,
    });
  }
}
