import { readFileSync } from 'node:fs';
import { MidlockError } from '@midlock/protocol';
import { parse } from 'yaml';
import { z } from 'zod';

/** What of a connection profile says how an organisation's gateway peer is reached. */
export interface ProfileOrganization {
  readonly mspId: string;
  /** `host:port`. */
  readonly gateway: string;
  readonly tlsServerName: string;
  /** PEM of the CA of the peer's TLS certificate, or the path that the profile names. */
  readonly tlsCa: { readonly pem: string } | { readonly path: string };
}

const text = z.string().min(1).max(4096);
const schema = z.object({
  organizations: z.record(text, z.object({ mspid: text, peers: z.array(text).default([]) })),
  peers: z.record(
    text,
    z.object({
      url: text,
      tlsCACerts: z.object({
        pem: z.union([text, z.array(text)]).optional(),
        path: text.optional(),
      }),
      grpcOptions: z
        .object({
          'ssl-target-name-override': text.optional(),
          hostnameOverride: text.optional(),
        })
        .default({}),
    }),
  ),
});

/**
 * Reads a connection profile of fabric-samples, fablo or a Fabric operator, JSON or YAML. Organisations without peers
 * of their own in the profile are passed over.
 * @throws {MidlockError} CONFIG_INVALID naming the key: unreadable, a peer that the profile does not describe, no TLS.
 */
export function readConnectionProfile(file: string): readonly ProfileOrganization[] {
  const { organizations, peers } = load(file);
  return Object.entries(organizations)
    .filter(([, organization]) => organization.peers.length > 0)
    .map(([name, organization]) => {
      const [peerName = ''] = organization.peers;
      const missing = organization.peers.find((candidate) => peers[candidate] === undefined);
      const peer = peers[peerName];
      if (missing !== undefined || peer === undefined)
        throw invalid(file, `organizations.${name}.peers`, `peers.${missing ?? peerName}`);
      const address = /^grpcs:\/\/([^/\s]+:\d+)\/?$/.exec(peer.url)?.[1];
      if (address === undefined) throw invalid(file, `peers.${peerName}.url`, 'grpcs://host:port');
      const { pem, path } = peer.tlsCACerts;
      const tlsCa = pem === undefined ? { path: path ?? '' } : { pem: [pem].flat().join('\n') };
      if ('path' in tlsCa && tlsCa.path === '')
        throw invalid(file, `peers.${peerName}.tlsCACerts`, 'pem or path');
      const options = peer.grpcOptions;
      const tlsServerName =
        options['ssl-target-name-override'] ?? options.hostnameOverride ?? address.split(':')[0];
      return {
        mspId: organization.mspid,
        gateway: address,
        tlsServerName: tlsServerName ?? '',
        tlsCa,
      };
    });
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
