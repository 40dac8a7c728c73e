import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { DER } from '../identity/der.ts';

/** One DER element. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(...parts);
  if (content.length < 0x80) return concat(Uint8Array.of(tag, content.length), content);
  const size = content.length < 0x100 ? 1 : 2;
  return concat(
    Uint8Array.of(tag, 0x80 | size),
    integerBytes(BigInt(content.length), size),
    content,
  );
}

/** A non-negative INTEGER in its shortest form. */
export function derInteger(value: bigint): Uint8Array {
  const length = Math.floor(value.toString(2).length / 8) + 1;
  return der(DER.integer, integerBytes(value, length));
}

/** An OBJECT IDENTIFIER of dotted numbers below 2^28. */
export function derObjectId(dotted: string): Uint8Array {
  const [a = 0, b = 0, ...rest] = dotted.split('.').map(Number);
  return der(
    DER.objectId,
    ...[40 * a + b, ...rest].map((arc) => {
      const bytes = [arc & 0x7f];
      for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
        bytes.unshift((high & 0x7f) | 0x80);
      return Uint8Array.from(bytes);
    }),
  );
}

const ECDSA_SHA256 = der(DER.sequence, derObjectId('1.2.840.10045.4.3.2'));
const P256_KEY = der(
  DER.sequence,
  derObjectId('1.2.840.10045.2.1'),
  derObjectId('1.2.840.10045.3.1.7'),
);

export interface TestIdentity {
  readonly name: string;
  readonly secret: Uint8Array;
}

/** What may be wrong in a test certificate; the defaults are right. */
export interface TestCertificateOptions {
  readonly subject: TestIdentity;
  readonly issuer: TestIdentity;
  readonly serial?: bigint;
  readonly unit?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly authority?: boolean;
  readonly pathLength?: bigint;
  /** First byte of the key usage bits. */
  readonly keyUsage?: number;
  readonly extensions?: readonly Uint8Array[];
  readonly innerAlgorithm?: Uint8Array;
  readonly version?: bigint;
  /** SubjectPublicKeyInfo; default the subject's P-256 key. */
  readonly publicKeyInfo?: Uint8Array;
}

/** A P-256 key that a test names. */
export function testIdentity(name: string): TestIdentity {
  return { name, secret: sha256(utf8(`identity ${name}`)) };
}

/** A certificate in DER, signed by the issuer's key. Tests only. */
export function testCertificate(options: TestCertificateOptions): Uint8Array {
  const { subject, issuer } = options;
  const extensions = [
    ...(options.authority === true
      ? [
          testExtension(
            '2.5.29.19',
            der(
              DER.sequence,
              der(DER.boolean, Uint8Array.of(0xff)),
              ...(options.pathLength === undefined ? [] : [derInteger(options.pathLength)]),
            ),
            true,
          ),
        ]
      : []),
    ...(options.keyUsage === undefined
      ? []
      : [testExtension('2.5.29.15', der(DER.bitString, Uint8Array.of(0, options.keyUsage)), true)]),
    ...(options.extensions ?? []),
  ];
  const tbs = der(
    DER.sequence,
    der(0xa0, derInteger(options.version ?? 2n)),
    derInteger(options.serial ?? 7n),
    options.innerAlgorithm ?? ECDSA_SHA256,
    distinguishedName(issuer.name),
    der(
      DER.sequence,
      time(options.notBefore ?? '250101000000Z'),
      time(options.notAfter ?? '350101000000Z'),
    ),
    distinguishedName(subject.name, options.unit),
    options.publicKeyInfo ??
      der(
        DER.sequence,
        P256_KEY,
        der(DER.bitString, Uint8Array.of(0), p256.getPublicKey(subject.secret, false)),
      ),
    ...(extensions.length === 0 ? [] : [der(0xa3, der(DER.sequence, ...extensions))]),
  );
  const signature = p256.sign(tbs, issuer.secret, { format: 'der', lowS: true });
  return der(DER.sequence, tbs, ECDSA_SHA256, der(DER.bitString, Uint8Array.of(0), signature));
}

/** One extension. */
export function testExtension(id: string, value: Uint8Array, critical: boolean): Uint8Array {
  return der(
    DER.sequence,
    derObjectId(id),
    ...(critical ? [der(DER.boolean, Uint8Array.of(0xff))] : []),
    der(DER.octetString, value),
  );
}

function distinguishedName(name: string, unit?: string): Uint8Array {
  const parts = new Map([['2.5.4.3', name]]);
  if (unit !== undefined) parts.set('2.5.4.11', unit);
  return der(
    DER.sequence,
    ...Array.from(parts, ([id, text]) =>
      der(DER.set, der(DER.sequence, derObjectId(id), der(DER.utf8, utf8(text)))),
    ),
  );
}

function time(text: string): Uint8Array {
  return der(text.length === 13 ? DER.utcTime : DER.generalizedTime, utf8(text));
}
