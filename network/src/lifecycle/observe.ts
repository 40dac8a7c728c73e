import { NetworkError } from '../network-error.ts';
import { packageChaincode, type ChaincodePackage, type ChaincodeTls } from './chaincode-package.ts';
import type { EncodedDefinition } from './definition.ts';
import type { PeerClient } from './peer-client.ts';
import {
  sequenceOf,
  type DefinitionChange,
  type LifecycleAnswers,
  type OrganizationAnswers,
  type WantedDefinition,
} from './plan.ts';
import { translated } from './refusals.ts';
import {
  checkReadiness,
  queryApproved,
  queryCommitted,
  queryInstalled,
  type CommittedDefinition,
} from './requests.ts';

/** One peer, connected as its organisation's administrator. */
export interface AdministeredPeer {
  readonly name: string;
  readonly address: string;
  readonly client: PeerClient;
}

/** An organisation whose administrator is at hand. */
export interface LifecycleOrganization {
  readonly mspId: string;
  /** The one that serves the gateway first. */
  readonly peers: readonly [AdministeredPeer, ...AdministeredPeer[]];
  /** Where its chaincode server listens; absent: it keeps the package that it approved last. */
  readonly server?: { readonly address: string; readonly tls?: ChaincodeTls };
}

export interface ObserveOptions {
  readonly channel: string;
  readonly chaincode: string;
  /** Gets what is in force; returns what is to be. */
  readonly wanted: (committed: CommittedDefinition | undefined) => WantedDefinition;
  readonly organizations: readonly LifecycleOrganization[];
}

/** What stands, as the peers tell it. */
export interface Observation extends LifecycleAnswers {
  readonly changes: readonly DefinitionChange[];
}

/**
 * Asks the peers of the administrators at hand; writes nothing.
 * @throws {NetworkError} ENDPOINT_UNREACHABLE, ADMIN_REFUSED, PACKAGE_MISMATCH, DESCRIPTION_INVALID where an
 * organisation has neither an address nor an approved package.
 */
export async function observe({
  channel,
  chaincode,
  wanted,
  organizations,
}: ObserveOptions): Promise<Observation> {
  const [first] = organizations;
  if (first === undefined) throw new TypeError('no organisation');
  const [{ address, client }] = first.peers;
  const asking = { mspId: first.mspId, address, step: 'ask' } as const;
  const committed = await translated(asking, () => queryCommitted(client, channel, chaincode));
  const aim = wanted(committed);
  const { sequence, changes } = sequenceOf(aim, committed);
  const definition = { ...aim, sequence };
  const isCommitted = committed !== undefined && changes.length === 0;
  const [approvals, ...answers] = await Promise.all([
    isCommitted
      ? committed.approvals
      : translated(asking, () => checkReadiness(client, channel, definition)),
    ...organizations.map((organization) =>
      askOrganization(organization, channel, definition, committed),
    ),
  ]);
  return { definition, changes, isCommitted, approvals, organizations: answers };
}

/** The package of a definition for an organisation, or undefined where no address was given. */
export function packageOf(
  { server }: LifecycleOrganization,
  { name, version }: Pick<EncodedDefinition, 'name' | 'version'>,
): ChaincodePackage | undefined {
  if (server === undefined) return undefined;
  return packageChaincode(`${name}_${version}`, server.address, server.tls);
}

async function askOrganization(
  organization: LifecycleOrganization,
  channel: string,
  definition: EncodedDefinition,
  committed: CommittedDefinition | undefined,
): Promise<OrganizationAnswers> {
  const { mspId, peers } = organization;
  const [{ address, client }] = peers;
  const approvedFor = (sequence: number) =>
    translated({ mspId, address, step: 'ask' }, () =>
      queryApproved(client, channel, definition.name, sequence),
    );
  const approved = await approvedFor(definition.sequence);
  const packed = packageOf(organization, definition)?.id;
  const kept =
    packed === undefined && approved === undefined && committed !== undefined
      ? await approvedFor(committed.sequence)
      : approved;
  const packageId = packed ?? kept?.packageId ?? '';
  if (packageId === '') {
    throw new NetworkError(
      'DESCRIPTION_INVALID',
      'No address of its chaincode server: give --address, or chaincodeAddress in the description.',
      { organization: mspId },
    );
  }
  const answers = await Promise.all(
    peers.map(async (peer) => {
      const ids = await translated({ mspId, address: peer.address, step: 'ask' }, () =>
        queryInstalled(peer.client),
      );
      return { name: peer.name, installed: ids.includes(packageId) };
    }),
  );
  return { mspId, packageId, peers: answers, approved };
}
