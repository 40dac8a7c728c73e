import { DevnodeError } from './devnode-error.ts';
import type { Collection, Definition, Definitions } from './ledger/definition.ts';
import { parsePolicy, type SignaturePolicy } from './msp/index.ts';

/** Where one organisation's chaincode server listens, or `register`: the chaincode dials the node. */
export type ChaincodeEndpoint =
  | 'register'
  | {
      readonly address: string;
      readonly packageId: string;
      /** PEM; absent: a plain connection. */ readonly tlsRootCert?: string;
    };

/** A private data collection as `--collections-config` has it. Policies in Fabric's language. */
export interface CollectionDefinition {
  readonly name: string;
  /** Members. */
  readonly policy: string;
  readonly requiredPeerCount?: number;
  readonly maxPeerCount?: number;
  readonly blockToLive?: number;
  readonly memberOnlyRead?: boolean;
  readonly memberOnlyWrite?: boolean;
  /** Default: the chaincode's own policy. */
  readonly endorsementPolicy?: string;
}

export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly endpoints: Readonly<Record<string, ChaincodeEndpoint>>;
  /** Fabric's policy language: AND, OR, OutOf. */
  readonly endorsementPolicy: string;
  readonly collections?: readonly CollectionDefinition[];
}

export interface OrganizationOptions {
  readonly mspId: string;
  readonly domain?: string;
  /** How many peers, named `peer0`, `peer1` and so on; default 1. All dial the organisation's endpoint. */
  readonly peers?: number;
  readonly users?: readonly string[];
  /** Fabric attributes by user name. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** How the orderers that sign blocks agree: one of Raft, or four of BFT of which three sign. */
export type Consensus = 'raft' | 'bft';

export interface DevnodeOptions {
  readonly channel: string;
  readonly organizations: readonly OrganizationOptions[];
  readonly chaincodes: readonly ChaincodeDefinition[];
  readonly batch?: {
    readonly timeoutMs?: number;
    readonly maxMessages?: number;
    readonly preferredMaxBytes?: number;
  };
  /** 2.5: a proposal's stamp is not looked at. 3.x (default): it must lie within 15 minutes of the peer's clock. */
  readonly profile?: '2.5' | '3.x';
  /** Whose signatures blocks carry; ordering itself is devnode's own. Default `raft`; `bft` needs profile 3.x. */
  readonly consensus?: Consensus;
  /** Where certificates and keys are written; default: a temporary folder that is removed on close. */
  readonly materialDir?: string;
  /** Keeps the ledger and the organisations' keys; a start with the same folder continues where the last one ended. */
  readonly dataDir?: string;
  /** Listening port by MSP id (of `peer0`), by `<MSP id>/<peer>`, and of `admin`; 0 or absent: any. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Serve the controls as JSON-RPC on loopback. Default false. */
  readonly admin?: boolean;
  /** Milliseconds since 1970 of every peer's clock; default: the system clock. */
  readonly clock?: () => number;
  readonly executeTimeoutMs?: number;
}

/** The peer that an organisation always has. */
export const FIRST_PEER = 'peer0';
const MAX_PEERS = 16;
const MAX_PORT = 65_535;

/** Names of an organisation's peers. */
export function peerNames({ peers = 1 }: OrganizationOptions): readonly string[] {
  return Array.from({ length: peers }, (_, index) => `peer${index}`);
}

/** The port that a peer is to listen on; 0 for any. */
export function portOf({ ports }: DevnodeOptions, mspId: string, peer: string): number {
  return ports?.[`${mspId}/${peer}`] ?? (peer === FIRST_PEER ? ports?.[mspId] : undefined) ?? 0;
}

/** Checks options, as they come from a file or a caller, and reads the policies in them. @throws {DevnodeError} CONFIG_INVALID. */
export function readDefinitions(options: DevnodeOptions): Definitions {
  const { organizations, chaincodes } = options;
  checkShape(options);
  const known = new Set(organizations.map(({ mspId }) => mspId));
  if (known.size < organizations.length) throw invalid('organizations: an MSP id stands twice');
  checkPorts(options);
  const definitions = new Map<string, Definition>();
  for (const chaincode of chaincodes) {
    const { name } = chaincode;
    if (definitions.has(name)) throw invalid(`chaincodes: ${name} stands twice`);
    for (const mspId of Object.keys(chaincode.endpoints))
      if (!known.has(mspId))
        throw invalid(`chaincodes.${name}.endpoints: unknown organisation ${mspId}`);
    for (const [mspId, endpoint] of Object.entries(chaincode.endpoints))
      checkEndpoint(`chaincodes.${name}.endpoints.${mspId}`, endpoint);
    definitions.set(name, {
      name,
      version: chaincode.version,
      sequence: chaincode.sequence,
      policy: readPolicy(`chaincodes.${name}.endorsementPolicy`, chaincode.endorsementPolicy),
      collections: readCollections(chaincode),
    });
  }
  return definitions;
}

function readCollections({
  name,
  collections = [],
}: ChaincodeDefinition): ReadonlyMap<string, Collection> {
  return new Map(
    collections.map((collection) => {
      const where = `chaincodes.${name}.collections.${collection.name}`;
      const members = readPolicy(`${where}.policy`, collection.policy);
      return [
        collection.name,
        {
          name: collection.name,
          memberOrgs: new Set(members.principals.map(({ mspId }) => mspId)),
          endorsementPolicy:
            collection.endorsementPolicy === undefined
              ? undefined
              : readPolicy(`${where}.endorsementPolicy`, collection.endorsementPolicy),
          blockToLive: collection.blockToLive ?? 0,
          memberOnlyRead: collection.memberOnlyRead ?? false,
          memberOnlyWrite: collection.memberOnlyWrite ?? false,
        },
      ];
    }),
  );
}

function readPolicy(where: string, text: string): SignaturePolicy {
  try {
    return parsePolicy(text);
  } catch (error) {
    throw invalid(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function invalid(sentence: string): DevnodeError {
  return new DevnodeError('CONFIG_INVALID', sentence);
}

/** An endpoint as it comes from a file or a caller. @throws {DevnodeError} CONFIG_INVALID. */
export function checkEndpoint(
  where: string,
  endpoint: unknown,
): asserts endpoint is ChaincodeEndpoint {
  if (endpoint === 'register') return;
  const address = memberOf(endpoint, 'address');
  if (typeof address !== 'string' || !/^\S+:\d{1,5}$/.test(address))
    throw invalid(`${where}: "register" or an object with an address "host:port" is needed`);
  if (typeof memberOf(endpoint, 'packageId') !== 'string')
    throw invalid(`${where}.packageId: a text is needed`);
  const tlsRootCert = memberOf(endpoint, 'tlsRootCert');
  const isPem =
    typeof tlsRootCert === 'string' && tlsRootCert.includes('-----BEGIN CERTIFICATE-----');
  if (tlsRootCert !== undefined && !isPem)
    throw invalid(`${where}.tlsRootCert: the text of a PEM certificate is needed`);
}

function checkPorts({ organizations, ports = {} }: DevnodeOptions): void {
  const given: unknown = ports;
  if (typeof given !== 'object' || given === null)
    throw invalid('ports: an object of port numbers by name is needed');
  const names = organizations.flatMap((organization) => [
    organization.mspId,
    ...peerNames(organization).map((peer) => `${organization.mspId}/${peer}`),
  ]);
  for (const [name, port] of Object.entries(ports)) {
    if (name !== 'admin' && !names.includes(name))
      throw invalid(`ports: unknown organisation or peer ${name}`);
    if (!Number.isInteger(port) || port < 0 || port > MAX_PORT)
      throw invalid(`ports.${name}: a whole number up to ${MAX_PORT} is needed`);
  }
}

const OPTION_NAMES = new Set([
  ...['channel', 'organizations', 'chaincodes', 'batch', 'profile', 'consensus'],
  ...['materialDir', 'dataDir', 'ports', 'admin', 'clock', 'executeTimeoutMs'],
]);

/** What a file may hold instead of what the types promise. */
function checkShape(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalid('an object is needed');
  // A misspelt option would silently be its default.
  const stranger = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (stranger !== undefined) throw invalid(`unknown option ${stranger}`);
  const { channel, organizations, chaincodes, profile, consensus, executeTimeoutMs } =
    options as Readonly<Record<string, unknown>>;
  if (typeof channel !== 'string' || !/^[a-z][a-z0-9.-]*$/.test(channel))
    throw invalid(
      `channel: ${JSON.stringify(channel)} is no channel name (lower-case letters, digits, dots, dashes)`,
    );
  if (!Array.isArray(organizations) || organizations.length === 0)
    throw invalid('organizations: at least one is needed');
  for (const [index, organization] of organizations.entries())
    checkOrganization(`organizations[${index}]`, organization);
  if (!Array.isArray(chaincodes)) throw invalid('chaincodes: a list is needed');
  for (const [index, chaincode] of chaincodes.entries())
    checkChaincode(`chaincodes[${index}]`, chaincode);
  if (profile !== undefined && profile !== '2.5' && profile !== '3.x')
    throw invalid(`profile: ${JSON.stringify(profile)} is neither 2.5 nor 3.x`);
  if (consensus !== undefined && consensus !== 'raft' && consensus !== 'bft')
    throw invalid(`consensus: ${JSON.stringify(consensus)} is neither raft nor bft`);
  if (consensus === 'bft' && profile === '2.5')
    throw invalid('consensus: Fabric has bft from 3.0 on; use profile 3.x, or raft');
  if (executeTimeoutMs !== undefined && !isCount(executeTimeoutMs))
    throw invalid('executeTimeoutMs: a whole number above 0 is needed');
  for (const name of ['timeoutMs', 'maxMessages', 'preferredMaxBytes']) {
    const value = memberOf(memberOf(options, 'batch'), name);
    if (value !== undefined && !isCount(value))
      throw invalid(`batch.${name}: a whole number above 0 is needed`);
  }
}

function checkOrganization(where: string, organization: unknown): void {
  if (typeof memberOf(organization, 'mspId') !== 'string')
    throw invalid(`${where}.mspId: a text is needed`);
  const peers = memberOf(organization, 'peers');
  if (peers !== undefined && !(isCount(peers) && peers <= MAX_PEERS))
    throw invalid(`${where}.peers: a number of peers from 1 to ${MAX_PEERS} is needed`);
  const users = memberOf(organization, 'users');
  if (
    users !== undefined &&
    !(Array.isArray(users) && users.every((name) => typeof name === 'string'))
  )
    throw invalid(`${where}.users: a list of names is needed`);
}

function checkChaincode(where: string, chaincode: unknown): void {
  for (const key of ['name', 'version', 'endorsementPolicy'])
    if (typeof memberOf(chaincode, key) !== 'string')
      throw invalid(`${where}.${key}: a text is needed`);
  if (!isCount(memberOf(chaincode, 'sequence')))
    throw invalid(`${where}.sequence: a whole number above 0 is needed`);
  const endpoints = memberOf(chaincode, 'endpoints');
  if (typeof endpoints !== 'object' || endpoints === null)
    throw invalid(`${where}.endpoints: an object is needed`);
  const collections = memberOf(chaincode, 'collections');
  if (collections !== undefined && !(Array.isArray(collections) && collections.every(isCollection)))
    throw invalid(`${where}.collections: a list of objects with name and policy is needed`);
}

function isCollection(value: unknown): boolean {
  return ['name', 'policy'].every((key) => typeof memberOf(value, key) === 'string');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
