import { readFileSync } from 'node:fs';
import { NetworkError } from './network-error.ts';

/** One organisation of a Fabric network: where its gateway peer listens and where its material lies. */
export interface OrganizationDescription {
  /** host:port of the peer that serves the gateway. */
  readonly gateway: string;
  /** Name in the peer's TLS certificate, where it differs from the host. */
  readonly tlsServerName: string;
  readonly tlsCaCertPath: string;
  readonly mspDir: string;
  readonly users: Readonly<Record<string, { readonly certPath: string; readonly keyPath: string }>>;
  /** All its peers by name, where it has more than the one above; the same TLS CA signs for them. */
  readonly peers?: Readonly<
    Record<string, { readonly gateway: string; readonly tlsServerName: string }>
  >;
  /** host:port of its chaincode server as its peers reach it. */
  readonly chaincodeAddress?: string;
}

/** How peers are reached: by their Gateway services, or by what Fabric 2.2 and 2.3 have. */
export type FabricClient = 'gateway' | 'legacy';

/** An orderer, for clients that hand transactions to it themselves. */
export interface OrdererDescription {
  /** host:port. */
  readonly address: string;
  /** Name in the orderer's TLS certificate, where it differs from the host. */
  readonly tlsServerName: string;
  readonly tlsCaCertPath: string;
}

/** A Fabric network as data; the same shape for embedded, native and operators' own networks. */
export interface FabricDescription {
  readonly kind: string;
  readonly version: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly organizations: Readonly<Record<string, OrganizationDescription>>;
  /** `legacy` where peers have no Gateway service; default `gateway`. */
  readonly client?: FabricClient;
  /** By name; needed by the legacy client only. */
  readonly orderers?: Readonly<Record<string, OrdererDescription>>;
  /** devnode's admin JSON-RPC, where there is one. */
  readonly admin?: string;
}

export interface EthereumDescription {
  readonly kind: string;
  readonly version: string;
  readonly url: string;
  readonly chainId: number;
  /** The escrow contract, once deployed. */
  readonly escrow?: string;
  /** Tokens by symbol, for demos and tests. */
  readonly tokens?: Readonly<Record<string, string>>;
}

/** Both networks in one JSON file: what `network up` and `demo --keep` write and every script can read. */
export interface NetworkDescription {
  readonly version: 1;
  readonly fabric: FabricDescription;
  readonly ethereum: EthereumDescription;
}

/**
 * Reads a description written by this package.
 * @throws {NetworkError} DESCRIPTION_INVALID naming the member that is missing or of the wrong type.
 */
export function parseNetworkDescription(text: string): NetworkDescription {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('(document)', 'JSON');
  }
  const root = object(value, '(document)');
  if (root['version'] !== 1) throw invalid('version', '1');
  const fabric = object(root['fabric'], 'fabric');
  const ethereum = object(root['ethereum'], 'ethereum');
  for (const key of ['kind', 'version', 'channel', 'chaincode'])
    string(fabric[key], `fabric.${key}`);
  const organizations = object(fabric['organizations'], 'fabric.organizations');
  for (const [mspId, organization] of Object.entries(organizations))
    checkOrganization(organization, `fabric.organizations.${mspId}`);
  checkOrderers(fabric['orderers']);
  if (!['gateway', 'legacy', undefined].includes(fabric['client'] as FabricClient | undefined))
    throw invalid('fabric.client', 'gateway or legacy');
  for (const key of ['kind', 'version', 'url']) string(ethereum[key], `ethereum.${key}`);
  if (!Number.isSafeInteger(ethereum['chainId']))
    throw invalid('ethereum.chainId', 'a whole number');
  return value as NetworkDescription;
}

/**
 * Reads a network description from a file.
 * @throws {NetworkError} DESCRIPTION_INVALID naming file and member, also where there is no such file.
 */
export function readNetworkDescription(file: string): NetworkDescription {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new NetworkError('DESCRIPTION_INVALID', 'The network description cannot be read.', {
      file,
    });
  }
  try {
    return parseNetworkDescription(text);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    throw new NetworkError(error.code, 'The network description cannot be used.', {
      file,
      ...error.data,
    });
  }
}

function checkOrganization(value: unknown, path: string): void {
  const organization = object(value, path);
  for (const key of ['gateway', 'tlsServerName', 'tlsCaCertPath', 'mspDir'])
    string(organization[key], `${path}.${key}`);
  if (organization['chaincodeAddress'] !== undefined)
    string(organization['chaincodeAddress'], `${path}.chaincodeAddress`);
  for (const [name, peer] of Object.entries(object(organization['peers'] ?? {}, `${path}.peers`))) {
    const { gateway, tlsServerName } = object(peer, `${path}.peers.${name}`);
    string(gateway, `${path}.peers.${name}.gateway`);
    string(tlsServerName, `${path}.peers.${name}.tlsServerName`);
  }
  for (const [name, user] of Object.entries(object(organization['users'], `${path}.users`))) {
    const { certPath, keyPath } = object(user, `${path}.users.${name}`);
    string(certPath, `${path}.users.${name}.certPath`);
    string(keyPath, `${path}.users.${name}.keyPath`);
  }
}

function checkOrderers(value: unknown): void {
  if (value === undefined) return;
  for (const [name, orderer] of Object.entries(object(value, 'fabric.orderers'))) {
    const members = object(orderer, `fabric.orderers.${name}`);
    for (const key of ['address', 'tlsServerName', 'tlsCaCertPath'])
      string(members[key], `fabric.orderers.${name}.${key}`);
  }
}

function object(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(path, 'an object');
  return value as Record<string, unknown>;
}

function string(value: unknown, path: string): void {
  if (typeof value !== 'string' || value === '') throw invalid(path, 'a text');
}

function invalid(member: string, expected: string): NetworkError {
  return new NetworkError('DESCRIPTION_INVALID', 'The network description cannot be used.', {
    member,
    expected,
  });
}
