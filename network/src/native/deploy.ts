import { readFile } from 'node:fs/promises';
import type { OrganizationPaths } from '@midlock/devnode/msp';
import { packageChaincode, type ChaincodePackage } from '../lifecycle/chaincode-package.ts';
import { encodeDefinition, type ChaincodeDefinition } from '../lifecycle/definition.ts';
import { isTransient, retryTransient } from '../lifecycle/retry-transient.ts';
import type { PeerClient } from '../lifecycle/peer-client.ts';
import {
  approveChaincode,
  commitChaincode,
  installChaincode,
  joinChannel,
} from '../lifecycle/requests.ts';
import { retry } from '../retry.ts';
import { folders, type NativeLayout } from './layout.ts';
import { assertLeader, joinOrderer } from './orderer-admin.ts';

const TIMEOUT_MS = 30_000;
/** An organisation with the connection of its administrator to one of its peers. */
export interface Administration {
  readonly paths: OrganizationPaths;
  readonly admin: PeerClient;
}

/** The package of a chaincode for one organisation, whose process has an address of its own. */
export function packageFor(
  layout: NativeLayout,
  { name, version }: Pick<ChaincodeDefinition, 'name' | 'version'>,
  mspId: string,
): ChaincodePackage {
  return packageChaincode(`${name}_${version}`, chaincodeAddressOf(layout, name, mspId));
}

/** Where an organisation's server of a chaincode listens. */
export function chaincodeAddressOf(layout: NativeLayout, name: string, mspId: string): string {
  const port = layout.chaincodePorts[name]?.[mspId];
  if (port === undefined) throw new TypeError(`no port for ${name} of ${mspId}`);
  return `127.0.0.1:${port}`;
}

/** Lets orderers and peers join the channel as soon as they listen. */
export async function joinAll(
  workDir: string,
  layout: NativeLayout,
  organizations: readonly Administration[],
): Promise<void> {
  const block = await readFile(folders.genesisBlock(workDir));
  await Promise.all([
    ...layout.orderers.map(({ name, adminPort }) =>
      retry(`${name} joining`, TIMEOUT_MS, () => joinOrderer(adminPort, block), isNotListening),
    ),
    ...organizations.map(({ admin, paths }) =>
      retry(`${paths.mspId} joining`, TIMEOUT_MS, () => joinChannel(admin, block), isTransient),
    ),
  ]);
}

/** Waits until the orderers take transactions. */
export async function awaitOrdering({ orderers, channel, consensus }: NativeLayout): Promise<void> {
  const ports = orderers.map(({ operationsPort }) => operationsPort);
  await retry(
    'ordering',
    TIMEOUT_MS,
    () => assertLeader(ports, channel, consensus),
    () => true,
  );
}

/** Installs one chaincode on all peers, and approves and commits it with each organisation's first one. */
export async function deployChaincode(
  layout: NativeLayout,
  peers: readonly Administration[],
  definition: ChaincodeDefinition,
): Promise<void> {
  const { channel } = layout;
  const encoded = encodeDefinition(definition);
  await Promise.all(
    peers.map(async ({ admin, paths: { mspId } }) =>
      installChaincode(admin, packageFor(layout, definition, mspId)),
    ),
  );
  const organizations = peers.filter(
    ({ paths }, index) => peers.findIndex((other) => other.paths === paths) === index,
  );
  await Promise.all(
    organizations.map(async ({ admin, paths: { mspId } }) => {
      const chaincode = packageFor(layout, definition, mspId);
      await retryTransient(`${mspId} approving`, () =>
        approveChaincode(admin, mspId, channel, encoded, chaincode.id),
      );
    }),
  );
  const [first] = organizations;
  if (first === undefined) return;
  const mspIds = organizations.map(({ paths }) => paths.mspId);
  await retryTransient('commit', () => commitChaincode(first.admin, mspIds, channel, encoded));
}

/** Waits until each peer's gateway finds endorsers for the chaincode. Writes nothing. */
export async function awaitEndorsement(
  channel: string,
  chaincode: string,
  organizations: readonly Administration[],
): Promise<void> {
  const probe = { channel, chaincode, args: ['org.hyperledger.fabric:GetMetadata'] };
  const mspIds = [...new Set(organizations.map(({ paths }) => paths.mspId))];
  await Promise.all(
    organizations.map(({ admin, paths }) =>
      retry(
        `${chaincode} at ${paths.mspId}`,
        TIMEOUT_MS,
        async () => {
          // With organisations named, the gateway looks for their peers before it runs the chaincode, so that even
          // an error of the chaincode shows that all were found.
          await admin.endorse(probe, mspIds).catch((error: unknown) => {
            if (isTransient(error)) throw error;
          });
        },
        isTransient,
      ),
    ),
  );
}

/** Waits until each organisation's own peer runs the chaincode; asks no Gateway service. Writes nothing. */
export async function awaitChaincode(
  channel: string,
  chaincode: string,
  organizations: readonly Administration[],
): Promise<void> {
  const probe = { channel, chaincode, args: ['org.hyperledger.fabric:GetMetadata'] };
  await Promise.all(
    organizations.map(({ admin, paths }) =>
      retry(`${chaincode} at ${paths.mspId}`, TIMEOUT_MS, () => admin.process(probe), isTransient),
    ),
  );
}

function isNotListening(error: unknown): boolean {
  return error instanceof TypeError;
}
