import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOrganization, type OrganizationMaterial } from './msp/index.ts';
import type { DevnodeOptions } from './options.ts';

/** The organisations' keys: those kept in the data folder, else new ones, which are kept there. */
export function loadMaterial({
  organizations,
  dataDir,
  clock,
}: DevnodeOptions): readonly OrganizationMaterial[] {
  const file = dataDir === undefined ? undefined : join(dataDir, 'organizations.json');
  if (file !== undefined && existsSync(file))
    return JSON.parse(readFileSync(file, 'utf8')) as OrganizationMaterial[];
  const material = organizations.map(({ mspId, domain, users, attributes }) =>
    createOrganization({
      mspId,
      domain: domain ?? `${mspId.toLowerCase()}.example.com`,
      peers: ['peer0'],
      users: [...(users ?? ['User1'])].filter((name) => name !== 'Admin'),
      ...(attributes === undefined ? {} : { attributes }),
      ...(clock === undefined ? {} : { nowMs: clock() }),
    }),
  );
  if (file !== undefined && dataDir !== undefined) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, JSON.stringify(material), { mode: 0o600 });
  }
  return material;
}
