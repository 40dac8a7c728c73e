import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { der, derUnsigned, TAG } from './der.ts';
import { isSupportedKey, toLowS, verifySignature } from './verify-signature.ts';

const MESSAGE = Buffer.from('proposal');
const P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const vectors = process.env['MIDLOCK_VECTORS'];
if (vectors === undefined) console.log('Wycheproof cases not run: MIDLOCK_VECTORS is not set');

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKeyDer: string;
    readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[];
  }[];
}

function encode(r: bigint, s: bigint, ...rest: Buffer[]): Buffer {
  const octets = (value: bigint): Buffer =>
    Buffer.from(value.toString(16).padStart(96, '0'), 'hex');
  return der(TAG.sequence, derUnsigned(octets(r)), derUnsigned(octets(s)), ...rest);
}

function lowSignature(key: { publicKey: KeyObject; privateKey: KeyObject } = pair): {
  r: bigint;
  s: bigint;
} {
  const low = toLowS(key.publicKey, sign('sha256', MESSAGE, key.privateKey));
  if (low === undefined) throw new Error('own signature is not DER');
  return low;
}

describe('verifySignature', () => {
  it('accepts low S and refuses the same signature with high S', () => {
    const { r, s } = lowSignature();
    expect(verifySignature(pair, MESSAGE, encode(r, s))).toBe(true);
    expect(verifySignature(pair, MESSAGE, encode(r, P256 - s))).toBe(false);
  });

  it('takes P-384 over SHA-256, as Fabric does', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const { r, s } = lowSignature(key);
    expect(verifySignature(key, MESSAGE, encode(r, s))).toBe(true);
  });

  it('refuses another message, another key, zero and numbers beyond the order', () => {
    const { r, s } = lowSignature();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(verifySignature(pair, Buffer.from('other'), encode(r, s))).toBe(false);
    expect(verifySignature(other, MESSAGE, encode(r, s))).toBe(false);
    expect(verifySignature(pair, MESSAGE, encode(0n, s))).toBe(false);
    expect(verifySignature(pair, MESSAGE, encode(r, 0n))).toBe(false);
    expect(verifySignature(pair, MESSAGE, encode(r + P256, s))).toBe(false);
    expect(verifySignature(pair, MESSAGE, encode(1n << 380n, s))).toBe(false);
  });

  it('refuses encodings that are not minimal', () => {
    const { r, s } = lowSignature();
    const good = encode(r, s);
    const integer = derUnsigned(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'));
    const padded = der(TAG.integer, Buffer.from([0, 0]), integer.subarray(2));
    const first = derUnsigned(Buffer.from(r.toString(16).padStart(64, '0'), 'hex'));
    expect(verifySignature(pair, MESSAGE, der(TAG.sequence, first, padded))).toBe(false);
    const longLength = Buffer.concat([
      Buffer.from([0x30, 0x81, good.length - 2]),
      good.subarray(2),
    ]);
    expect(verifySignature(pair, MESSAGE, longLength)).toBe(false);
    expect(verifySignature(pair, MESSAGE, good.subarray(0, -1))).toBe(false);
    expect(verifySignature(pair, MESSAGE, Buffer.alloc(0))).toBe(false);
  });

  it('does not look at octets behind s or behind the sequence, as Fabric does not', () => {
    const { r, s } = lowSignature();
    expect(verifySignature(pair, MESSAGE, encode(r, s, der(TAG.integer, Buffer.from([1]))))).toBe(
      true,
    );
    expect(verifySignature(pair, MESSAGE, Buffer.concat([encode(r, s), Buffer.from([0])]))).toBe(
      true,
    );
  });

  it('verifies Ed25519 over the message itself', () => {
    const key = generateKeyPairSync('ed25519');
    expect(verifySignature(key, MESSAGE, sign(null, MESSAGE, key.privateKey))).toBe(true);
    expect(verifySignature(key, MESSAGE, Buffer.alloc(64))).toBe(false);
    expect(isSupportedKey(key.publicKey, false)).toBe(false);
    expect(isSupportedKey(key.publicKey, true)).toBe(true);
  });

  it('refuses curves that Fabric has no identities for', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    expect(isSupportedKey(key.publicKey, true)).toBe(false);
    expect(verifySignature(key, MESSAGE, sign('sha256', MESSAGE, key.privateKey))).toBe(false);
  });

  it('never throws and accepts no mutation of r or s', () => {
    const { r, s } = lowSignature();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), (bytes) => {
        expect(verifySignature(pair, MESSAGE, bytes)).toBe(false);
      }),
      { seed: 1, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 255n }), fc.boolean(), (bit, first) => {
        const flipped = first ? encode(r ^ (1n << bit), s) : encode(r, s ^ (1n << bit));
        expect(verifySignature(pair, MESSAGE, flipped)).toBe(false);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it.skipIf(vectors === undefined)('agrees with Wycheproof, except that high S is refused', () => {
    const file = join(vectors ?? '', 'wycheproof', 'ecdsa_secp256r1_sha256_test.json');
    const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as WycheproofFile;
    let high = 0;
    for (const group of testGroups) {
      const der = Buffer.from(group.publicKeyDer, 'hex');
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      for (const { tcId, msg, sig, result } of group.tests) {
        const signature = Buffer.from(sig, 'hex');
        const low = toLowS(publicKey, signature);
        const isLow = low !== undefined && encode(low.r, low.s).equals(signature);
        if (result === 'valid' && !isLow) high += 1;
        const verdict = verifySignature({ publicKey }, Buffer.from(msg, 'hex'), signature);
        expect(verdict, `case ${tcId}`).toBe(result === 'valid' && isLow);
      }
    }
    expect(high).toBeGreaterThan(0);
  });

  it.skipIf(vectors === undefined)('agrees with Wycheproof on Ed25519', () => {
    const file = join(vectors ?? '', 'wycheproof', 'ed25519_test.json');
    const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as WycheproofFile;
    for (const group of testGroups) {
      const der = Buffer.from(group.publicKeyDer, 'hex');
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      for (const { tcId, msg, sig, result } of group.tests) {
        const message = Buffer.from(msg, 'hex');
        const verdict = verifySignature({ publicKey }, message, Buffer.from(sig, 'hex'));
        expect(verdict, `case ${tcId}`).toBe(result === 'valid');
      }
    }
  });
});
