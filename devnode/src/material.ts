import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DevnodeError } from './devnode-error.ts';
import { createOrganization, MspError, type OrganizationMaterial } from './msp/index.ts';
import { peerNames, type DevnodeOptions, type OrganizationOptions } from './options.ts';

const ORDERER_MSP_ID = 'OrdererMSP';
const ORDERER_DOMAIN = 'orderer.example.com';

/**
 * The organisations' keys: those kept in the data folder, else new ones, which are kept there.
 * @throws {DevnodeError} CONFIG_INVALID, DATA_MISMATCH, LEDGER_DAMAGED.
 */
export function loadMaterial({
  organizations,
  dataDir,
  clock,
}: DevnodeOptions): readonly OrganizationMaterial[] {
  const file = dataDir === undefined ? undefined : join(dataDir, 'organizations.json');
  if (file !== undefined && existsSync(file)) return readMaterial(file, organizations);
  const material = organizations.map((organization) => create(organization, clock?.()));
  if (file !== undefined) keep(file, material);
  return material;
}

/** Whole or not at all: keys that are lost make the ledger beside them worthless. */
function keep(file: string, material: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(material), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The ordering organisation's keys, kept and found in the same way. Four nodes; Raft signs with the first. */
export function loadOrderers({ dataDir, clock }: DevnodeOptions): OrganizationMaterial {
  const file = dataDir === undefined ? undefined : join(dataDir, 'orderers.json');
  if (file !== undefined && existsSync(file)) return readOrderers(file);
  const nowMs = clock?.();
  const material = createOrganization({
    ...{ mspId: ORDERER_MSP_ID, domain: ORDERER_DOMAIN, kind: 'orderer', users: [] },
    peers: ['orderer0', 'orderer1', 'orderer2', 'orderer3'],
    ...(nowMs === undefined ? {} : { nowMs }),
  });
  if (file !== undefined) keep(file, material);
  return material;
}

function readOrderers(file: string): OrganizationMaterial {
  try {
    const material = JSON.parse(readFileSync(file, 'utf8')) as OrganizationMaterial;
    for (const { sign } of material.peers) createPrivateKey(sign.privateKeyPem);
    return material;
  } catch {
    throw damaged(file);
  }
}

function create(
  organization: OrganizationOptions,
  nowMs: number | undefined,
): OrganizationMaterial {
  const { mspId, attributes } = organization;
  try {
    return createOrganization({
      mspId,
      domain: domainOf(organization),
      peers: peerNames(organization),
      users: usersOf(organization).slice(1),
      ...(attributes === undefined ? {} : { attributes }),
      ...(nowMs === undefined ? {} : { nowMs }),
    });
  } catch (error) {
    if (error instanceof MspError)
      throw new DevnodeError('CONFIG_INVALID', `organizations: ${error.message}`);
    throw error;
  }
}

function readMaterial(
  file: string,
  organizations: readonly OrganizationOptions[],
): readonly OrganizationMaterial[] {
  let stored: readonly OrganizationMaterial[];
  let shape: unknown;
  try {
    stored = JSON.parse(readFileSync(file, 'utf8')) as readonly OrganizationMaterial[];
    shape = stored.map(({ mspId, domain, peers, users }) => [
      mspId,
      domain,
      peers.map(({ name }) => name),
      users.map(({ name }) => name),
    ]);
  } catch {
    throw damaged(file);
  }
  const wanted = organizations.map((organization) => [
    organization.mspId,
    domainOf(organization),
    peerNames(organization),
    usersOf(organization),
  ]);
  if (!isDeepStrictEqual(shape, wanted))
    throw new DevnodeError(
      'DATA_MISMATCH',
      `${file} holds other organisations, peers or users than the options name; use another dataDir, or the options it was made with`,
    );
  return stored;
}

function damaged(file: string): DevnodeError {
  return new DevnodeError(
    'LEDGER_DAMAGED',
    `${file} is not what devnode wrote; restore the data folder from a copy, or remove it to begin anew`,
  );
}

function domainOf({ mspId, domain }: OrganizationOptions): string {
  return domain ?? `${mspId.toLowerCase()}.example.com`;
}

/** `Admin` first, as the material has them. */
function usersOf({ users = ['User1'] }: OrganizationOptions): readonly string[] {
  return ['Admin', ...users.filter((name) => name !== 'Admin')];
}
