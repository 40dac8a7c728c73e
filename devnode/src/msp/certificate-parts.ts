import { readElement } from './der.ts';

/** Parts of a DER certificate, each as it stands in the octets, header included. */
export interface CertificateParts {
  readonly tbs: Uint8Array;
  readonly subject: Uint8Array;
  /** Content of the signature's BIT STRING without the octet of unused bits. */
  readonly signature: Uint8Array;
}

/** Cuts a DER certificate (RFC 5280, 4.1). Throws MspError MALFORMED_IDENTITY. */
export function certificateParts(raw: Uint8Array): CertificateParts {
  const body = readElement(raw).content;
  const tbs = readElement(body);
  const algorithm = readElement(body, tbs.end);
  const signature = readElement(body, algorithm.end);
  // Fields of a version 3 certificate: version, serial number, algorithm, issuer, validity, subject.
  let subjectStart = 0;
  for (let skipped = 0; skipped < 5; skipped += 1) {
    subjectStart = readElement(tbs.content, subjectStart).end;
  }
  const subjectEnd = readElement(tbs.content, subjectStart).end;
  return {
    tbs: body.subarray(0, tbs.end),
    subject: tbs.content.subarray(subjectStart, subjectEnd),
    signature: signature.content.subarray(1),
  };
}
