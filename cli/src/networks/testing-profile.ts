import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** For tests: writes `connection-orgN.json` as fabric-samples' ccp-generate.sh does, into an organisation's folder. */
export function writeSampleProfile(
  organizationDir: string,
  number: number,
  address: string,
): string {
  const domain = `org${number}.example.com`;
  const peer = `peer0.${domain}`;
  const pem = readFileSync(join(organizationDir, 'tlsca', `tlsca.${domain}-cert.pem`), 'utf8');
  const ca = readFileSync(join(organizationDir, 'ca', `ca.${domain}-cert.pem`), 'utf8');
  const profile = {
    name: `test-network-org${number}`,
    version: '1.0.0',
    client: {
      organization: `Org${number}`,
      connection: { timeout: { peer: { endorser: '300' } } },
    },
    organizations: {
      [`Org${number}`]: {
        mspid: `Org${number}MSP`,
        peers: [peer],
        certificateAuthorities: [`ca.${domain}`],
      },
    },
    peers: {
      [peer]: {
        url: `grpcs://${address}`,
        tlsCACerts: { pem },
        grpcOptions: { 'ssl-target-name-override': peer, hostnameOverride: peer },
      },
    },
    certificateAuthorities: {
      [`ca.${domain}`]: {
        url: 'https://localhost:7054',
        caName: `ca-org${number}`,
        tlsCACerts: { pem: [ca] },
        httpOptions: { verify: false },
      },
    },
  };
  const file = join(organizationDir, `connection-org${number}.json`);
  writeFileSync(file, JSON.stringify(profile, undefined, 4));
  return file;
}

/** A node of {@link writeFabloTarget}: its organisation's name and domain, its host there, and where it listens. */
export interface SampleNode {
  readonly organization: string;
  readonly domain: string;
  readonly host: string;
  /** `host:port`, as the machine of the network's user reaches it. */
  readonly address: string;
}

/**
 * For tests: a `fablo-target` as fablo generates it, around material in cryptogen's layout. As there, orderers'
 * organisations stand among the peers' ones, every profile lists all anchor peers, and paths are those of the machine
 * that generated it.
 * @param peerOrganizationsDir copied into the target
 */
export function writeFabloTarget(
  root: string,
  peerOrganizationsDir: string,
  peers: readonly SampleNode[],
  orderers: readonly SampleNode[],
): string {
  const config = join(root, 'fablo-target', 'fabric-config');
  const crypto = join(config, 'crypto-config');
  cpSync(peerOrganizationsDir, join(crypto, 'peerOrganizations'), { recursive: true });
  for (const entry of readdirSync(crypto, { recursive: true, encoding: 'utf8' }))
    if (entry.endsWith('keystore/priv_sk'))
      renameSync(join(crypto, entry), join(crypto, entry.replace('priv_sk', 'priv-key.pem')));
  const generatedIn = '/home/somebody/my-network/fablo-target/fabric-config/crypto-config';
  const organizationDir = (domain: string) => `${generatedIn}/peerOrganizations/${domain}`;
  const nodes = (of: readonly SampleNode[]) =>
    Object.fromEntries(
      of.map(({ domain, host, address }) => [
        host,
        {
          url: `grpcs://${address}`,
          tlsCACerts: { path: `${organizationDir(domain)}/peers/${host}/tls/ca.crt` },
          grpcOptions: { 'ssl-target-name-override': host },
        },
      ]),
    );
  mkdirSync(join(config, 'connection-profiles'), { recursive: true });
  for (const { organization, domain } of [...peers, ...orderers]) {
    const ca = `ca.${domain}`;
    const profile = {
      name: `fablo-test-network-${organization.toLowerCase()}`,
      description: `Connection profile for ${organization} in Fablo network`,
      version: '1.0.0',
      client: { organization },
      organizations: {
        [organization]: {
          mspid: `${organization}MSP`,
          peers: peers.map(({ host }) => host),
          certificateAuthorities: [ca],
        },
      },
      peers: nodes(peers),
      certificateAuthorities: {
        [ca]: {
          url: 'https://localhost:7020',
          caName: ca,
          httpOptions: { verify: false },
          tlsCACerts: { path: `${organizationDir(domain)}/ca/${ca}-cert.pem` },
        },
      },
      orderers: nodes(orderers),
      channels: { mychannel: { peers: {} } },
    };
    const file = join(
      config,
      'connection-profiles',
      `connection-profile-${organization.toLowerCase()}`,
    );
    writeFileSync(`${file}.json`, JSON.stringify(profile, undefined, 2));
    writeFileSync(`${file}.yaml`, stringify(profile));
  }
  return join(root, 'fablo-target');
}

/**
 * For tests: what microfab's console answers for these peers, from material in cryptogen's layout. Administrators are
 * the identities, as there; bytes are base64, as Go writes them.
 */
export function microfabComponents(
  peerOrganizationsDir: string,
  peers: readonly SampleNode[],
): readonly Record<string, unknown>[] {
  const read = (...path: readonly string[]) => readFileSync(join(peerOrganizationsDir, ...path));
  const options = (address: string, host: string) => ({
    'grpc.default_authority': address,
    'grpc.ssl_target_name_override': host,
    'request-timeout': 300_000,
  });
  return peers.flatMap(({ organization, domain, host, address }) => {
    const id = organization.toLowerCase();
    const tlsCa = read(domain, 'tlsca', `tlsca.${domain}-cert.pem`);
    const ca = read(domain, 'ca', `ca.${domain}-cert.pem`);
    const admin = `Admin@${domain}`;
    const [key = ''] = readdirSync(
      join(peerOrganizationsDir, domain, 'users', admin, 'msp/keystore'),
    );
    return [
      {
        id: `${id}peer`,
        display_name: `${organization} Peer`,
        type: 'fabric-peer',
        api_url: `grpcs://${address}`,
        api_options: options(address, host),
        chaincode_url: `grpcs://${address}`,
        chaincode_options: options(address, host),
        operations_url: `https://${address}`,
        operations_options: options(address, host),
        msp_id: `${organization}MSP`,
        wallet: organization,
        identity: `${organization} Admin`,
        pem: tlsCa.toString('base64'),
        tls_ca_root_cert: tlsCa.toString('base64'),
      },
      {
        id: `${id}admin`,
        display_name: `${organization} Admin`,
        type: 'identity',
        cert: read(domain, 'users', admin, 'msp/signcerts', `${admin}-cert.pem`).toString('base64'),
        private_key: read(domain, 'users', admin, 'msp/keystore', key).toString('base64'),
        ca: ca.toString('base64'),
        msp_id: `${organization}MSP`,
        wallet: organization,
        hide: false,
      },
      {
        id: `${id}gateway`,
        display_name: `${organization} Gateway`,
        type: 'gateway',
        name: `${organization} Gateway`,
        version: '1.0',
        wallet: organization,
        client: {
          organization,
          connection: { timeout: { peer: { endorser: '300' }, orderer: '300' } },
        },
        organizations: { [organization]: { mspid: `${organization}MSP`, peers: [address] } },
        peers: {
          [address]: {
            url: `grpcs://${address}`,
            grpcOptions: {
              'grpc.default_authority': address,
              'grpc.ssl_target_name_override': host,
            },
            tlsCACerts: { pem: tlsCa.toString() },
          },
        },
      },
    ];
  });
}
