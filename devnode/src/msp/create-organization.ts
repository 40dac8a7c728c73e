import { issueCertificate } from './certificate.ts';
import { MspError } from './msp-error.ts';
import type { KeyPair, OrganizationMaterial, PeerMaterial, Role, UserMaterial } from './types.ts';

const TEN_YEARS_MS = 3650 * 86_400_000;

export interface CreateOrganizationOptions {
  readonly mspId: string;
  /** DNS domain, the name of the organisation's folder, e.g. `org1.example.com`. */
  readonly domain: string;
  /** Names of the nodes without the domain, e.g. `peer0`; orderers when `kind` is `orderer`. */
  readonly peers: readonly string[];
  /** Names of the client users. `Admin` exists always and need not be named. */
  readonly users: readonly string[];
  /** How long before `nowMs` everything begins to be valid. Default 300 s, as cryptogen has it. */
  readonly backdateSec?: number;
  /** Unix milliseconds; default the system's clock. */
  readonly nowMs?: number;
  /** Default `peer`. */
  readonly kind?: 'peer' | 'orderer';
  /** Fabric attributes by user name. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Makes an organisation as cryptogen does with NodeOUs on: CA, TLS CA, nodes, `Admin` and users, P-256, ten years.
 * Synchronous, a few milliseconds. Throws MspError INVALID_ARGUMENT for a name that cannot be a folder.
 */
export function createOrganization(options: CreateOrganizationOptions): OrganizationMaterial {
  const { mspId, domain, kind = 'peer' } = options;
  for (const name of [mspId, domain, ...options.peers, ...options.users]) checkName(name);
  const validity = validityOf(options.nowMs ?? Date.now(), options.backdateSec ?? 300);
  const authority = (prefix: string): KeyPair =>
    issueCertificate({
      subject: { organization: domain, commonName: `${prefix}.${domain}` },
      usage: 'ca',
      ...validity,
    });
  const shell = {
    mspId,
    domain,
    kind,
    ca: authority('ca'),
    tlsCa: authority('tlsca'),
    peers: [],
    users: [],
  } satisfies OrganizationMaterial;
  const names = ['Admin', ...options.users.filter((name) => name !== 'Admin')];
  return {
    ...shell,
    peers: options.peers.map((name) => issueNode(shell, name, validity)),
    users: names.map((name) => {
      const attributes = options.attributes?.[name];
      return issueUser(shell, {
        name,
        role: name === 'Admin' ? 'admin' : 'client',
        ...validity,
        ...(attributes === undefined ? {} : { attributes }),
      });
    }),
  };
}

export interface IssueUserOptions {
  readonly name: string;
  /** Default `client`. */
  readonly role?: 'admin' | 'client';
  readonly attributes?: Readonly<Record<string, string>>;
  /** Default 300 s before the system's clock. Must not be before the CA's own begin, or Fabric refuses the chain. */
  readonly notBeforeMs?: number;
  /** Default ten years after the begin. */
  readonly notAfterMs?: number;
  /** Default `P-256`; Fabric takes Ed25519 from channel capability V3_0 on. */
  readonly keyType?: 'P-256' | 'P-384' | 'Ed25519';
}

/** Enrols one more user at the organisation's CA. */
export function issueUser(
  organization: OrganizationMaterial,
  options: IssueUserOptions,
): UserMaterial {
  checkName(options.name);
  const role = options.role ?? 'client';
  const label = `${options.name}@${organization.domain}`;
  const notBeforeMs = options.notBeforeMs ?? Date.now() - 300_000;
  const validity = { notBeforeMs, notAfterMs: options.notAfterMs ?? notBeforeMs + TEN_YEARS_MS };
  const sign = issueCertificate(
    {
      subject: { organizationalUnits: [role], commonName: label },
      usage: 'sign',
      ...validity,
      ...(options.attributes === undefined ? {} : { attributes: options.attributes }),
      ...(options.keyType === undefined ? {} : { keyType: options.keyType }),
    },
    organization.ca,
  );
  const tls = issueCertificate(
    { subject: { commonName: label }, usage: 'tls', ...validity },
    organization.tlsCa,
  );
  return { name: options.name, label, role, sign, tls };
}

interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

function validityOf(nowMs: number, backdateSec: number): Validity {
  const notBeforeMs = nowMs - backdateSec * 1000;
  return { notBeforeMs, notAfterMs: notBeforeMs + TEN_YEARS_MS };
}

function issueNode(
  organization: OrganizationMaterial,
  name: string,
  validity: Validity,
): PeerMaterial {
  const host = `${name}.${organization.domain}`;
  const role: Role = organization.kind;
  const sign = issueCertificate(
    { subject: { organizationalUnits: [role], commonName: host }, usage: 'sign', ...validity },
    organization.ca,
  );
  const tls = issueCertificate(
    {
      subject: { commonName: host },
      usage: 'tls',
      hosts: [host, name, 'localhost', '127.0.0.1'],
      ...validity,
    },
    organization.tlsCa,
  );
  return { name, host, sign, tls };
}

function checkName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    throw new MspError('INVALID_ARGUMENT', `not a usable name: ${JSON.stringify(name)}`);
  }
}
