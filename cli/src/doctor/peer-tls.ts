import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { isLoopback } from '@midlock/client';
import {
  authoritiesIn,
  certificatesIn,
  commonName,
  isIssuedBy,
  nameOf,
  type Authority,
} from './certificates.ts';
import { fail, ok, warn, type Check, type Seen } from './check.ts';
import type { Subject } from './subject.ts';

const TIMEOUT_MS = 5_000;

type Organization = Subject['config']['fabric']['organizations'][string];

/** The way to each organisation's peer: is anybody there, does its certificate bear the name, did the configured CA sign it. */
export const PEER_TLS: readonly Check<Subject>[] = [
  {
    name: "peers' TLS",
    look: async ({ config, mspDirs }) => {
      const authorities = authoritiesIn(mspDirs);
      const seen = await Promise.all(
        Object.entries(config.fabric.organizations).map(async ([mspId, organization]) => {
          const one = await lookAt(mspId, organization, authorities);
          return { ...one, seen: `${mspId}: ${one.seen}` };
        }),
      );
      const bad = seen.filter(({ status }) => status !== 'ok');
      const worst = bad.find(({ status }) => status === 'FAIL') ?? bad[0];
      return worst === undefined
        ? ok(seen.map((one) => one.seen).join('; '))
        : { ...worst, seen: bad.map((one) => one.seen).join('; ') };
    },
  },
];

async function lookAt(
  mspId: string,
  { gateway, tlsServerName, tlsCaCertPath }: Organization,
  authorities: readonly Authority[],
): Promise<Seen> {
  const host = gateway.slice(0, gateway.lastIndexOf(':'));
  if (tlsCaCertPath === undefined)
    return isLoopback(host)
      ? ok('plain text on loopback')
      : warn('plain text', 'give tlsCaCertPath; anybody on the way can read and change proposals');
  const configured = certificatesIn(tlsCaCertPath);
  if (configured.length === 0)
    return fail(
      `${tlsCaCertPath} holds no certificate`,
      "give the PEM file of the organisation's TLS CA",
    );
  const leaf = await peerCertificate(host, Number(gateway.slice(host.length + 1)), tlsServerName);
  if (leaf === undefined)
    return fail(
      `nobody speaks TLS at ${gateway}`,
      'start the peer, or correct the address; it may differ inside containers',
    );
  const name = tlsServerName ?? host;
  if (!configured.some((ca) => isIssuedBy(leaf, ca)))
    return wrongCa(mspId, tlsCaCertPath, configured, leaf, authorities);
  if ((isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) === undefined)
    return fail(
      `the certificate at ${gateway} is for ${namesOf(leaf)}, not for ${name}`,
      `set fabric.organizations.${mspId}.tlsServerName to one of these names`,
    );
  return Date.parse(leaf.validTo) <= Date.now()
    ? fail(`the certificate at ${gateway} expired ${leaf.validTo}`, 'ask its operator to renew it')
    : ok(`${name} at ${gateway}`);
}

/** The classic: the signing CA in the place of the TLS CA. */
function wrongCa(
  mspId: string,
  path: string,
  configured: readonly X509Certificate[],
  leaf: X509Certificate,
  authorities: readonly Authority[],
): Seen {
  const [ca] = configured;
  const given = authorities.find(
    ({ certificate }) => certificate.fingerprint256 === ca?.fingerprint256,
  );
  const right = authorities.find(({ certificate }) => isIssuedBy(leaf, certificate));
  const is = given === undefined ? commonName(ca?.subject ?? '') : nameOf(given);
  const needed = right === undefined ? commonName(leaf.issuer) : nameOf(right);
  return fail(
    `${path} is ${is}, but ${needed} signed the peer's TLS certificate`,
    right !== undefined && right.mspId !== mspId
      ? `correct the address: a peer of ${right.mspId} answers there`
      : 'give the TLS CA (msp/tlscacerts, tlsca-…-cert.pem), which is not the CA of identities',
  );
}

function namesOf(leaf: X509Certificate): string {
  return leaf.subjectAltName?.replaceAll(/(?:DNS|IP Address):/g, '') ?? commonName(leaf.subject);
}

/** The certificate that a server shows, whoever signed it; undefined where nobody does. */
function peerCertificate(
  host: string,
  port: number,
  servername: string | undefined,
): Promise<X509Certificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      ...(servername === undefined ? {} : { servername }),
      ALPNProtocols: ['h2'],
      // It is only looked at; whether it can be trusted is what the check finds out.
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    });
    const done = (certificate?: X509Certificate): void => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => {
      done(socket.getPeerX509Certificate());
    });
    socket.once('error', () => {
      done();
    });
    socket.once('timeout', () => {
      done();
    });
  });
}
