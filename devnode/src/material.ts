import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DevnodeError } from './devnode-error.ts';
import { createOrganization, MspError, type OrganizationMaterial } from './msp/index.ts';
import { peerNames, type DevnodeOptions, type OrganizationOptions } from './options.ts';

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
  if (file !== undefined && dataDir !== undefined) {
    mkdirSync(dataDir, { recursive: true });
    // Whole or not at all: keys that are lost make the ledger beside them worthless.
    writeFileSync(`${file}.new`, JSON.stringify(material), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return material;
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
    throw new DevnodeError(
      'LEDGER_DAMAGED',
      `${file} is not what devnode wrote; restore the data folder from a copy, or remove it to begin anew`,
    );
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

function domainOf({ mspId, domain }: OrganizationOptions): string {
  return domain ?? `${mspId.toLowerCase()}.example.com`;
}

/** `Admin` first, as the material has them. */
function usersOf({ users = ['User1'] }: OrganizationOptions): readonly string[] {
  return ['Admin', ...users.filter((name) => name !== 'Admin')];
}
