import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { authoritiesIn, commonName, isIssuedBy, nameOf } from './certificates.ts';
import { fail, ok, warn, type Check } from './check.ts';
import type { Subject } from './subject.ts';

const WARN_DAYS = 30;
const DAY_MS = 86_400_000;

/** The Fabric identity: each way in which certificate, key and organisation are mixed up has its own name. */
export const IDENTITY: readonly Check<Subject>[] = [
  {
    name: 'Fabric certificate',
    look: ({ config }) => {
      const { validFrom, validTo } = certificateOf(config);
      const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
      if (Date.parse(validFrom) > Date.now())
        return fail(
          `valid only from ${validFrom}`,
          "check this machine's clock, then the certificate",
        );
      if (Date.parse(validTo) <= Date.now())
        return fail(
          `expired ${validTo}`,
          'enrol again with the same key; the account stays the same',
        );
      return days < WARN_DAYS
        ? warn(
            `${String(days)} days left`,
            'renew it with the same key; the account stays the same',
          )
        : ok(`${String(days)} days left`);
    },
  },
  {
    name: 'Fabric key',
    look: ({ config }) => {
      const { certPath, key } = config.identity.fabric;
      return certificateOf(config).checkPrivateKey(createPrivateKey(readFileSync(key.file, 'utf8')))
        ? ok('belongs to the certificate')
        : fail(
            `${key.file} does not belong to ${certPath}`,
            'take both from the same enrolment: signcerts and keystore of one MSP folder',
          );
    },
  },
  {
    name: 'Fabric organisation',
    look: ({ config, mspDirs }) => {
      const { mspId, certPath } = config.identity.fabric;
      const leaf = certificateOf(config);
      const issuer = commonName(leaf.issuer);
      if (config.fabric.organizations[mspId] === undefined)
        return fail(
          `${mspId} is none of ${Object.keys(config.fabric.organizations).join(', ')}`,
          'correct identity.fabric.mspId, or describe that organisation under fabric.organizations',
        );
      const authorities = authoritiesIn(mspDirs);
      const found = authorities.filter(({ certificate }) => isIssuedBy(leaf, certificate));
      const own = found.find(
        (authority) => authority.mspId === mspId && authority.signs === 'identities',
      );
      if (own !== undefined) return ok(`${nameOf(own)} issued it`);
      const [other] = found;
      if (other?.signs === 'TLS')
        return fail(
          `${certPath} is a TLS certificate, issued by ${nameOf(other)}`,
          "give the user's signing certificate (msp/signcerts) and its key (msp/keystore)",
        );
      if (other !== undefined)
        return fail(
          `${certPath} is of another organisation: issued by ${nameOf(other)}, configured as ${mspId}`,
          `set identity.fabric.mspId to ${other.mspId}, or give a certificate of ${mspId}`,
        );
      if (authorities.some((authority) => authority.mspId === mspId))
        return fail(
          `${certPath} was issued by ${issuer}, which is no authority of any described organisation`,
          `enrol with ${mspId}'s certificate authority`,
        );
      return ok(`issued by ${issuer}; no MSP folder is described to compare with`);
    },
  },
];

function certificateOf(config: Subject['config']): X509Certificate {
  return new X509Certificate(readFileSync(config.identity.fabric.certPath));
}
