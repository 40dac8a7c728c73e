import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MidlockError } from '@midlock/protocol';
import {
  readConnectionProfile,
  readProfileOrderers,
  type NetworkFiles,
  type ProfileEntry,
  type ProfileOrganization,
} from './connection-profile.ts';

/**
 * Reads what `fablo up` leaves: profiles in `fabric-config/connection-profiles`, material as of cryptogen in
 * `fabric-config/crypto-config/peerOrganizations`, orderers' organisations included. Each profile lists the anchor peers of
 * every organisation as its own, and names files by absolute paths of the machine that generated them; both are put right here.
 * @param root the folder in which fablo ran, or its `fablo-target`
 * @throws {MidlockError} CONFIG_INVALID naming the folder or key that lacks, or a network without TLS.
 */
export function readFablo(root: string): NetworkFiles {
  const target = [join(root, 'fablo-target'), root].find((folder) =>
    existsSync(join(folder, 'fabric-config')),
  );
  if (target === undefined) throw missing(root, 'a folder with fablo-target/fabric-config');
  const crypto = join(target, 'fabric-config', 'crypto-config');
  const organizationsDir = join(crypto, 'peerOrganizations');
  const profilesDir = join(target, 'fabric-config', 'connection-profiles');
  if (!existsSync(profilesDir))
    throw missing(profilesDir, 'connection profiles, as fablo 1.0 and newer write them');
  if (!existsSync(organizationsDir))
    throw missing(organizationsDir, 'the material that "fablo up" generates');
  const domains = readdirSync(organizationsDir);
  // fablo writes each profile twice, as JSON and as YAML.
  const files = readdirSync(profilesDir)
    .filter((name) => /^connection-profile-.+\.json$/.test(name))
    .sort()
    .map((name) => join(profilesDir, name));
  const organizations = files.flatMap((file) =>
    readConnectionProfile(file, (entry) => ownPeers(entry, domains)).map((organization) => ({
      folder: join(organizationsDir, domainOf(organization.tlsServerName, domains) ?? ''),
      organization: { ...organization, tlsCa: here(organization.tlsCa, crypto) },
    })),
  );
  if (organizations.length === 0)
    throw missing(profilesDir, 'connection-profile-*.json of an organisation with peers');
  const orderers = files.flatMap((file) =>
    readProfileOrderers(file).map((orderer) => ({
      folder: crypto,
      orderer: { ...orderer, tlsCa: here(orderer.tlsCa, crypto) },
    })),
  );
  return { organizations, orderers };
}

/** A profile names no domain; its certificate authority's address ends with it. Organisations of orderers have no peers. */
function ownPeers(
  { peers, certificateAuthorities }: ProfileEntry,
  domains: readonly string[],
): readonly string[] {
  const domain = domainOf(certificateAuthorities[0] ?? '', domains);
  return domain === undefined ? [] : peers.filter((peer) => domainOf(peer, domains) === domain);
}

/** The longest domain that a host belongs to: one organisation's can end another's. */
function domainOf(host: string, domains: readonly string[]): string | undefined {
  return domains
    .filter((domain) => host.endsWith(`.${domain}`))
    .sort((a, b) => b.length - a.length)[0];
}

/** A file of the material where it lies now, whatever folder it was generated in. */
function here(tlsCa: ProfileOrganization['tlsCa'], crypto: string): ProfileOrganization['tlsCa'] {
  if ('pem' in tlsCa) return tlsCa;
  const [, inside] = /\/crypto-config\/(.+)$/.exec(tlsCa.path) ?? [];
  return inside === undefined ? tlsCa : { path: join(crypto, inside) };
}

function missing(path: string, expected: string): MidlockError {
  return new MidlockError('CONFIG_INVALID', { path, expected });
}
