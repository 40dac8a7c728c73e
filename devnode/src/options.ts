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

export interface CollectionOptions {
  readonly name: string;
  /** Members, in Fabric's policy language. */
  readonly policy: string;
  readonly requiredPeerCount?: number;
  readonly maxPeerCount?: number;
  readonly blockToLive?: number;
  readonly memberOnlyRead?: boolean;
  readonly memberOnlyWrite?: boolean;
  readonly endorsementPolicy?: string;
}

export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly endpoints: Readonly<Record<string, ChaincodeEndpoint>>;
  /** Fabric's policy language: AND, OR, OutOf. */
  readonly endorsementPolicy: string;
  readonly collections?: readonly CollectionOptions[];
}

export interface OrganizationOptions {
  readonly mspId: string;
  readonly domain?: string;
  readonly users?: readonly string[];
  /** Fabric attributes by user name. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

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
  /** Where certificates and keys are written; default: a temporary folder that is removed on close. */
  readonly materialDir?: string;
  /** Keeps the ledger and the organisations' keys; a start with the same folder continues where the last one ended. */
  readonly dataDir?: string;
  /** Listening port per organisation, and `admin`; 0 or absent: any. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Serve the controls as JSON-RPC on loopback. Default false. */
  readonly admin?: boolean;
  /** Milliseconds since 1970 of every peer's clock; default: the system clock. */
  readonly clock?: () => number;
  readonly executeTimeoutMs?: number;
}

/** Checks options, as they come from a file or a caller, and reads the policies in them. @throws {DevnodeError} CONFIG_INVALID. */
export function readDefinitions(options: DevnodeOptions): Definitions {
  const { organizations, chaincodes } = options;
  checkShape(options);
  const known = new Set(organizations.map(({ mspId }) => mspId));
  if (known.size < organizations.length) throw invalid('organizations: an MSP id stands twice');
  for (const name of Object.keys(options.ports ?? {}))
    if (name !== 'admin' && !known.has(name)) throw invalid(`ports: unknown organisation ${name}`);
  const definitions = new Map<string, Definition>();
  for (const chaincode of chaincodes) {
    const { name } = chaincode;
    if (definitions.has(name)) throw invalid(`chaincodes: ${name} stands twice`);
    for (const mspId of Object.keys(chaincode.endpoints))
      if (!known.has(mspId))
        throw invalid(`chaincodes.${name}.endpoints: unknown organisation ${mspId}`);
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

/** What a file may hold instead of what the types promise. */
function checkShape(options: object): void {
  const { channel, organizations, chaincodes, profile } = options as Readonly<
    Record<string, unknown>
  >;
  if (typeof channel !== 'string' || !/^[a-z][a-z0-9.-]*$/.test(channel))
    throw invalid(
      `channel: ${JSON.stringify(channel)} is no channel name (lower-case letters, digits, dots, dashes)`,
    );
  if (!Array.isArray(organizations) || organizations.length === 0)
    throw invalid('organizations: at least one is needed');
  if (!organizations.every((organization) => typeof memberOf(organization, 'mspId') === 'string'))
    throw invalid('organizations: each needs an mspId');
  if (!Array.isArray(chaincodes)) throw invalid('chaincodes: a list is needed');
  for (const [index, chaincode] of chaincodes.entries()) {
    for (const key of ['name', 'version', 'endorsementPolicy'])
      if (typeof memberOf(chaincode, key) !== 'string')
        throw invalid(`chaincodes[${String(index)}].${key}: a text is needed`);
    if (typeof memberOf(chaincode, 'endpoints') !== 'object')
      throw invalid(`chaincodes[${String(index)}].endpoints: an object is needed`);
  }
  if (profile !== undefined && profile !== '2.5' && profile !== '3.x')
    throw invalid(`profile: ${JSON.stringify(profile)} is neither 2.5 nor 3.x`);
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
