import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  FabricDescription,
  OrdererDescription,
  OrganizationDescription,
} from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import { z } from 'zod';
import type { ImportOptions } from './import-network.ts';
import { certificateOf, checkIdentity, storeIdentity } from './user-material.ts';

const COMPONENTS = '/ak/api/v1/components';
const MAX_BYTES = 4_000_000;

const text = z.string().min(1).max(4096);
/** Becomes part of a path. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
/** Go writes bytes as base64; what they hold here is PEM. */
const pem = z
  .base64()
  .min(1)
  .max(65_536)
  .transform((value) => Buffer.from(value, 'base64').toString());
const node = z.object({
  id: name,
  msp_id: name,
  api_url: text,
  api_options: z.object({
    'grpc.default_authority': text,
    'grpc.ssl_target_name_override': text,
  }),
  tls_ca_root_cert: pem.optional(),
});
const identity = z.object({
  id: name,
  msp_id: name,
  wallet: text,
  display_name: text,
  cert: pem,
  private_key: pem,
  ca: pem,
});
type Node = z.output<typeof node>;
type IdentityEntry = z.output<typeof identity>;

/**
 * Reads microfab's list of components from a file, or from its console.
 * @param source a file, or e.g. `https://console.127-0-0-1.nip.io:8443`
 * @throws {MidlockError} CONFIG_INVALID for an unreadable file, ENDPOINT_UNREACHABLE.
 */
export async function readMicrofab(source: string): Promise<string> {
  if (!/^https?:\/\//.test(source)) {
    try {
      return readFileSync(source, 'utf8');
    } catch {
      throw invalid(
        source,
        '(document)',
        `a file with what GET ${COMPONENTS} answers, or the console's URL`,
      );
    }
  }
  const url = new URL(COMPONENTS, source);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.text();
  } catch (cause) {
    const data = {
      endpoint: url.href,
      reason: reasonOf(cause),
      instead: `curl -sk ${url.href} > components.json, then import the file`,
    };
    throw new MidlockError('ENDPOINT_UNREACHABLE', data, { cause });
  }
}

/**
 * Describes a microfab network by its components: peers, their TLS CA, and each organisation's identities, written as files
 * below `outDir`. Peers are named by their own host names, since microfab's one port tells them apart by these.
 * @throws {MidlockError} CONFIG_INVALID naming the component and key, also for a network without TLS; IDENTITY_INVALID.
 */
export function importMicrofab(
  components: string,
  options: Omit<ImportOptions, 'from'>,
): FabricDescription {
  const { path, channel, chaincode, outDir, client = 'gateway' } = options;
  const entries = parseComponents(components, path);
  const peers = entries.flatMap((entry) => ofType(entry, 'fabric-peer', node, path));
  const identities = entries.flatMap((entry) => ofType(entry, 'identity', identity, path));
  if (peers.length === 0) throw invalid(path, '(document)', 'a component of type fabric-peer');
  const organizations: Record<string, OrganizationDescription> = {};
  for (const peer of peers) {
    const own = identities.filter(({ msp_id: mspId }) => mspId === peer.msp_id);
    // Several peers of one organisation share its CA; the first is its gateway.
    organizations[peer.msp_id] ??= describe(peer, own, path, outDir);
  }
  if (Object.values(organizations).every(({ users }) => Object.keys(users).length === 0))
    throw new MidlockError('IDENTITY_INVALID', {
      path,
      reason: 'no user: no component of type identity of an organisation with a peer',
    });
  const orderers = Object.fromEntries(
    entries
      .flatMap((entry) => ofType(entry, 'fabric-orderer', node, path))
      .map((orderer) => [orderer.id, describeOrderer(orderer, path, outDir)]),
  );
  return {
    kind: 'microfab',
    version: 'unknown',
    channel,
    chaincode,
    organizations,
    ...(client === 'legacy' ? { client } : {}),
    ...(Object.keys(orderers).length > 0 ? { orderers } : {}),
  };
}

function parseComponents(components: string, path: string): readonly object[] {
  const expected = `a JSON array of components, as GET ${COMPONENTS} answers`;
  if (components.length > MAX_BYTES) throw invalid(path, '(document)', `${expected}, at most 4 MB`);
  let value: unknown;
  try {
    value = JSON.parse(components);
  } catch {
    throw invalid(path, '(document)', expected);
  }
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'object' && entry !== null))
    throw invalid(path, '(document)', expected);
  return value as readonly object[];
}

function ofType<T extends z.ZodType>(
  entry: object,
  type: string,
  schema: T,
  path: string,
): readonly z.output<T>[] {
  const { type: actual, id } = entry as { readonly type?: unknown; readonly id?: unknown };
  if (actual !== type) return [];
  const result = schema.safeParse(entry);
  if (result.success) return [result.data];
  const [issue] = result.error.issues;
  const key = [String(id).slice(0, 64), ...(issue?.path ?? [])].map(String).join('.');
  throw invalid(path, key, issue?.message ?? '');
}

function describe(
  peer: Node,
  identities: readonly IdentityEntry[],
  path: string,
  outDir: string,
): OrganizationDescription {
  const mspId = peer.msp_id;
  const { address, ...tls } = reach(peer, path, outDir);
  const mspDir = join(outDir, 'msp', mspId);
  const [issuer] = identities;
  if (issuer !== undefined) {
    mkdirSync(join(mspDir, 'cacerts'), { recursive: true });
    writeFileSync(join(mspDir, 'cacerts', 'ca.pem'), issuer.ca);
  }
  const users = identities.map(({ id, display_name: display, wallet, cert, private_key, ca }) => {
    const owned = { certificate: cert, privateKey: private_key };
    checkIdentity(owned, `${path}: ${id}`, [certificateOf(ca, `${path}: ${id}.ca`)]);
    // "Org1 Admin" of the organisation Org1 is called as everywhere else.
    const label = display === `${wallet} Admin` ? 'Admin' : id;
    return [label, storeIdentity(join(outDir, 'identities', mspId, label), owned)] as const;
  });
  return { gateway: address, ...tls, mspDir, users: Object.fromEntries(users) };
}

function describeOrderer(orderer: Node, path: string, outDir: string): OrdererDescription {
  return reach(orderer, path, outDir);
}

function reach(
  { id, api_url: url, api_options: options, tls_ca_root_cert: ca }: Node,
  path: string,
  outDir: string,
): OrdererDescription {
  if (!url.startsWith('grpcs://') || ca === undefined)
    throw invalid(
      path,
      `${id}.${ca === undefined ? 'tls_ca_root_cert' : 'api_url'}`,
      'TLS: start microfab with "tls": {"enabled": true} in MICROFAB_CONFIG',
    );
  certificateOf(ca, `${path}: ${id}.tls_ca_root_cert`);
  const address = options['grpc.default_authority'];
  if (!/^[^/\s:]+:\d{1,5}$/.test(address))
    throw invalid(path, `${id}.api_options.grpc.default_authority`, 'host:port');
  const tlsCaCertPath = join(outDir, 'tls', `${id}.pem`);
  mkdirSync(join(outDir, 'tls'), { recursive: true });
  writeFileSync(tlsCaCertPath, ca);
  return { address, tlsServerName: options['grpc.ssl_target_name_override'], tlsCaCertPath };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function invalid(file: string, key: string, expected: string): MidlockError {
  return new MidlockError('CONFIG_INVALID', { file, key, expected });
}
