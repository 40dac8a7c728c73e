import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
