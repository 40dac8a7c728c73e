import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate authority of an organisation, as its MSP folder has it. */
export interface Authority {
  readonly mspId: string;
  readonly signs: 'identities' | 'TLS';
  readonly certificate: X509Certificate;
}

const FOLDERS = {
  cacerts: 'identities',
  intermediatecerts: 'identities',
  tlscacerts: 'TLS',
  tlsintermediatecerts: 'TLS',
} as const;

/** The authorities in MSP folders; what cannot be read is passed over. */
export function authoritiesIn(mspDirs: Readonly<Record<string, string>>): readonly Authority[] {
  return Object.entries(mspDirs).flatMap(([mspId, dir]) =>
    Object.entries(FOLDERS).flatMap(([folder, signs]) =>
      filesIn(join(dir, folder)).flatMap((file) =>
        certificatesIn(file).map((certificate) => ({ mspId, signs, certificate })),
      ),
    ),
  );
}

/** Whether one certificate was signed by the key of the other. */
export function isIssuedBy(leaf: X509Certificate, authority: X509Certificate): boolean {
  return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
}

/** Every certificate of a PEM file; none of one that cannot be read. */
export function certificatesIn(file: string): readonly X509Certificate[] {
  try {
    const blocks = readFileSync(file, 'utf8').match(
      /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g,
    );
    return (blocks ?? []).map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}

/** `Org1MSP's TLS CA`: whose an authority is, where the network description tells. */
export function nameOf({ mspId, signs }: Authority): string {
  return `${mspId}'s ${signs === 'TLS' ? 'TLS CA' : 'signing CA'}`;
}

/** The common name of a subject or issuer. */
export function commonName(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ' ');
}

function filesIn(dir: string): readonly string[] {
  return existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
}
