import type { CollectionDefinition } from '@midlock/devnode';
import type { FabricDescription, OrganizationDescription } from '../description.ts';
import { NetworkError } from '../network-error.ts';
import type { ChaincodeTls } from './chaincode-package.ts';
import { defaultPolicy, encodeCollections, encodePolicy, FIRST_VERSION } from './definition.ts';
import {
  deployThroughLifecycle,
  type LifecycleOptions,
  type LifecycleReport,
} from './deploy-chaincode.ts';
import { deployOnDevnode } from './deploy-devnode.ts';
import type { AdministeredPeer, LifecycleOrganization } from './observe.ts';
import { connectPeer, readSigner } from './peer-client.ts';
import type { WantedDefinition } from './plan.ts';
import type { CommittedDefinition } from './requests.ts';

export interface DeployDescribedOptions extends Pick<
  LifecycleOptions,
  'quorum' | 'dryRun' | 'unseenServers' | 'onStep'
> {
  /** Organisations to act for; default all whose administrator the description has. */
  readonly mspIds?: readonly string[];
  /** Name of the administrating user in the description; default `Admin`. */
  readonly admin?: string;
  /** Default: the one in force, 1.0 where there is none. */
  readonly version?: string;
  /** Fabric's language. Default: the one in force; where there is none, f + 1 of the described organisations. */
  readonly endorsementPolicy?: string;
  /** Default: those in force. */
  readonly collections?: readonly CollectionDefinition[];
  /** `host:port` of the chaincode server by MSP id; default `chaincodeAddress` of the description. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** TLS of the chaincode servers by MSP id; default none. */
  readonly tls?: Readonly<Record<string, ChaincodeTls>>;
}

/**
 * Deploys the described chaincode on a described network of whatever kind, through the peers' own lifecycle; on devnode,
 * which does not serve it, through the controls that its description names.
 * @throws {NetworkError} as {@link deployThroughLifecycle}; DESCRIPTION_INVALID for an organisation or administrator
 * that the description does not have.
 */
export async function deployDescribed(
  fabric: FabricDescription,
  options: DeployDescribedOptions = {},
): Promise<LifecycleReport> {
  const { channel, chaincode, admin } = fabric;
  if (admin !== undefined) return deployOnDevnode(fabric, admin, options);
  const organizations = administratorsOf(fabric, options).map(({ mspId, organization, user }) =>
    connect(mspId, organization, user, options),
  );
  try {
    return await deployThroughLifecycle({
      ...options,
      channel,
      chaincode,
      organizations,
      wanted: (committed) => wantedOf(fabric, options, committed),
    });
  } finally {
    for (const { peers } of organizations) for (const { client } of peers) client.close();
  }
}

/** What stays open in the options is as it stands on the channel. */
function wantedOf(
  { chaincode, organizations }: FabricDescription,
  { version, endorsementPolicy, collections }: DeployDescribedOptions,
  committed: CommittedDefinition | undefined,
): WantedDefinition {
  const policy =
    endorsementPolicy === undefined && committed !== undefined
      ? committed.policy
      : encodePolicy(endorsementPolicy ?? defaultPolicy(Object.keys(organizations)));
  return {
    name: chaincode,
    version: version ?? committed?.version ?? FIRST_VERSION,
    policy,
    collections:
      collections === undefined
        ? (committed?.collections ?? new Uint8Array())
        : encodeCollections(collections),
  };
}

interface Administrator {
  readonly mspId: string;
  readonly organization: OrganizationDescription;
  readonly user: { readonly certPath: string; readonly keyPath: string };
}

function administratorsOf(
  { organizations }: FabricDescription,
  { mspIds, admin = 'Admin' }: DeployDescribedOptions,
): readonly Administrator[] {
  const asked = mspIds ?? Object.keys(organizations);
  const found = asked.flatMap((mspId) => {
    const organization = organizations[mspId];
    const user = organization?.users[admin];
    return organization === undefined || user === undefined ? [] : [{ mspId, organization, user }];
  });
  const missing = asked.filter((mspId) => found.every((one) => one.mspId !== mspId));
  if (found.length === 0 || (mspIds !== undefined && missing.length > 0)) {
    throw new NetworkError('DESCRIPTION_INVALID', 'An administrator is not described.', {
      missing: missing.map((mspId) => `fabric.organizations.${mspId}.users.${admin}`).join(', '),
      known: Object.keys(organizations).join(', '),
    });
  }
  return found;
}

function connect(
  mspId: string,
  { gateway, tlsServerName, tlsCaCertPath, peers = {}, chaincodeAddress }: OrganizationDescription,
  user: Administrator['user'],
  { addresses = {}, tls = {} }: DeployDescribedOptions,
): LifecycleOrganization {
  const signer = readSigner(mspId, user.certPath, user.keyPath);
  const administer = (name: string, address: string, serverName: string): AdministeredPeer => {
    const target = { address, tlsServerName: serverName, tlsCaCertPath };
    return { name, address, client: connectPeer(target, signer) };
  };
  const others = Object.entries(peers).filter(([, peer]) => peer.gateway !== gateway);
  const own = Object.entries(peers).find(([, peer]) => peer.gateway === gateway)?.[0];
  const address = addresses[mspId] ?? chaincodeAddress;
  const serverTls = tls[mspId];
  return {
    mspId,
    peers: [
      administer(own ?? tlsServerName, gateway, tlsServerName),
      ...others.map(([name, peer]) => administer(name, peer.gateway, peer.tlsServerName)),
    ],
    ...(address === undefined
      ? {}
      : { server: { address, ...(serverTls === undefined ? {} : { tls: serverTls }) } }),
  };
}
