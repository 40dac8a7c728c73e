import { readFileSync } from 'node:fs';
import { MidlockError } from '@midlock/protocol';
import { parse } from 'yaml';
import { z } from 'zod';

/** How a connection profile says that a node is reached. */
interface ProfileNode {
  /** `host:port`. */
  readonly address: string;
  readonly tlsServerName: string;
  /** PEM of the CA of the node's TLS certificate, or the path that the profile names. */
  readonly tlsCa: { readonly pem: string } | { readonly path: string };
}

/** What of a connection profile says how an organisation's gateway peer is reached. */
export interface ProfileOrganization extends Omit<ProfileNode, 'address'> {
  readonly mspId: string;
  /** `host:port`. */
  readonly gateway: string;
}

/** An orderer of a connection profile; those for discovery name none. */
export interface ProfileOrderer extends ProfileNode {
  readonly name: string;
}

/** What profiles say, each with the folder to which paths in them are relative. */
export interface NetworkFiles {
  /** The folder is the organisation's own, with `msp` and `users` in it. */
  readonly organizations: readonly {
    readonly folder: string;
    readonly organization: ProfileOrganization;
  }[];
  readonly orderers: readonly { readonly folder: string; readonly orderer: ProfileOrderer }[];
}

const text = z.string().min(1).max(4096);
const node = z.object({
  url: text,
  // Absent where the network has no TLS: then the URL says so too, and that is what is refused.
  tlsCACerts: z
    .object({ pem: z.union([text, z.array(text)]).optional(), path: text.optional() })
    .default({}),
  grpcOptions: z
    .object({
      'ssl-target-name-override': text.optional(),
      hostnameOverride: text.optional(),
    })
    .default({}),
});
const organizationEntry = z.object({
  mspid: text,
  peers: z.array(text).default([]),
  certificateAuthorities: z.array(text).default([]),
});
const schema = z.object({
  organizations: z.record(text, organizationEntry),
  peers: z.record(text, node),
  orderers: z.record(text, node).default({}),
});

/**
 * Reads a connection profile of fabric-samples, fablo or a Fabric operator, JSON or YAML. Organisations without peers
 * of their own in the profile are passed over.
 * @param ownPeers which of the peers that an organisation lists are its own; default all
 * @throws {MidlockError} CONFIG_INVALID naming the key: unreadable, a peer that the profile does not describe, no TLS.
 */
export function readConnectionProfile(
  file: string,
  ownPeers: (organization: ProfileEntry) => readonly string[] = (organization) =>
    organization.peers,
): readonly ProfileOrganization[] {
  const { organizations, peers } = load(file);
  return Object.entries(organizations)
    .map(([name, organization]) => [name, organization, ownPeers(organization)] as const)
    .filter(([, , own]) => own.length > 0)
    .map(([name, organization, own]) => {
      const [peerName = ''] = own;
      const missing = own.find((candidate) => peers[candidate] === undefined);
      const peer = peers[peerName];
      if (missing !== undefined || peer === undefined)
        throw invalid(file, `organizations.${name}.peers`, `peers.${missing ?? peerName}`);
      const { address, ...tls } = readNode(file, `peers.${peerName}`, peer);
      return { mspId: organization.mspid, gateway: address, ...tls };
    });
}

/** An organisation as a profile has it. */
export type ProfileEntry = Readonly<z.output<typeof organizationEntry>>;

/** The orderers that a profile names, in its order. Throws as {@link readConnectionProfile}. */
export function readProfileOrderers(file: string): readonly ProfileOrderer[] {
  return Object.entries(load(file).orderers).map(([name, orderer]) => ({
    name,
    ...readNode(file, `orderers.${name}`, orderer),
  }));
}

const NO_TLS = /^grpc:\/\//;
const TLS_ONLY = 'grpcs://host:port: this network runs without TLS; switch it on and start it anew';

function readNode(file: string, key: string, entry: z.output<typeof node>): ProfileNode {
  const address = /^grpcs:\/\/([^/\s]+:\d+)\/?$/.exec(entry.url)?.[1];
  if (address === undefined)
    throw invalid(file, `${key}.url`, NO_TLS.test(entry.url) ? TLS_ONLY : 'grpcs://host:port');
  const { pem, path } = entry.tlsCACerts;
  const tlsCa = pem === undefined ? { path: path ?? '' } : { pem: [pem].flat().join('\n') };
  if ('path' in tlsCa && tlsCa.path === '') throw invalid(file, `${key}.tlsCACerts`, 'pem or path');
  const options = entry.grpcOptions;
  const tlsServerName =
    options['ssl-target-name-override'] ?? options.hostnameOverride ?? address.split(':')[0];
  return { address, tlsServerName: tlsServerName ?? '', tlsCa };
}

function load(file: string): z.output<typeof schema> {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'), { maxAliasCount: 10 });
  } catch {
    throw invalid(file, '(document)', 'a connection profile, JSON or YAML');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(file, issue?.path.map(String).join('.') ?? '', issue?.message ?? '');
}

function invalid(file: string, key: string, expected: string): MidlockError {
  return new MidlockError('CONFIG_INVALID', { file, key, expected });
}
