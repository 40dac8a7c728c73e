import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesInteger, concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { runPrecompile, type Precompile } from '../testing/eip2537-model.ts';
import { seededRandom } from '../testing/random.ts';
import { hex, loadVectors, unhex } from '../testing/vectors.ts';
import { FIELD_PRIME, GROUP_ORDER, hashToFieldPair } from './field.ts';
import { loadMclEngine } from './mcl-engine.ts';
import { nobleEngine } from './noble-engine.ts';
import { compressAffine, encodePoint, parseAffine, parseCompressed } from './points.ts';
import { verifySignature } from './verify.ts';
import type { CurveEngine, CurveGroup } from './engine.ts';

interface HashVectors {
  readonly dst: string;
  readonly vectors: readonly {
    readonly msg: string;
    readonly u: readonly string[];
    readonly P: { x: string; y: string };
  }[];
}

interface PrecompileVector {
  readonly Name: string;
  readonly Input: string;
  readonly Expected?: string;
  readonly ExpectedError?: string;
}

interface Beacon {
  readonly scheme: string;
  readonly pk: string;
  readonly round: number;
  readonly signature: string;
}

const mcl = await loadMclEngine();
const engines: readonly CurveEngine[] = [nobleEngine, mcl];
const hashVectors = loadVectors<HashVectors>('rfc9380/BLS12381G1_XMD_SHA-256_SSWU_RO_.json');
const beacons = loadVectors<Beacon[]>('drand.json');
const precompiles: readonly Precompile[] = [
  'add_G1',
  'add_G2',
  'mul_G1',
  'mul_G2',
  'map_fp_to_G1',
  'pairing_check',
];

const DRAND_TAG = utf8('BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_');
const FASTNET_TAG = utf8('BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_');

describe.each(engines)('engine $name', (engine) => {
  describe.skipIf(hashVectors === undefined)('RFC 9380 J.9.1', () => {
    it.each(hashVectors?.vectors ?? [])('hashes "$msg"', ({ msg, u, P }) => {
      const tag = utf8(hashVectors!.dst);
      expect(hashToFieldPair(utf8(msg), tag)).toEqual(u.map((value) => BigInt(value)));
      const point = engine.hashToG1(utf8(msg), tag);
      expect(hex(encodePoint(engine.g1, point))).toBe(P.x.slice(2) + P.y.slice(2));
    });
  });

  describe.each(precompiles)('EIP-2537 %s', (name) => {
    const valid = loadVectors<PrecompileVector[]>(`eip-2537/${name}_bls.json`);
    const failing = loadVectors<PrecompileVector[]>(`eip-2537/fail-${name}_bls.json`);
    it.skipIf(valid === undefined)('gives every expected result', () => {
      for (const vector of valid!) {
        expect(hex(runPrecompile(engine, name, unhex(vector.Input))), vector.Name).toBe(
          vector.Expected,
        );
      }
    });
    it.skipIf(failing === undefined)('refuses every failing input', () => {
      for (const vector of failing!) {
        expect(() => runPrecompile(engine, name, unhex(vector.Input)), vector.Name).toThrow();
      }
    });
  });

  describe.skipIf(beacons === undefined)('League of Entropy', () => {
    const verifyBeacon = (beacon: Beacon, tag: Uint8Array): boolean => {
      const key = parseCompressed(engine.g2, unhex(beacon.pk));
      return verifySignature(
        engine,
        key,
        tag,
        beaconMessage(beacon.round),
        parseCompressed(engine.g1, unhex(beacon.signature)),
      );
    };
    it('accepts quicknet rounds, and no other round or tag', () => {
      const quicknet = beacons!.filter(({ scheme }) => scheme === 'bls-unchained-g1-rfc9380');
      expect(quicknet.length).toBe(3);
      for (const beacon of quicknet) {
        expect(verifyBeacon(beacon, DRAND_TAG)).toBe(true);
        expect(verifyBeacon({ ...beacon, round: beacon.round + 1 }, DRAND_TAG)).toBe(false);
        expect(verifyBeacon(beacon, FASTNET_TAG)).toBe(false);
      }
    });
    it('refuses the fastnet beacon under the right tag and accepts it under its own', () => {
      const fastnet = beacons!.find(({ scheme }) => scheme === 'bls-unchained-on-g1')!;
      expect(verifyBeacon(fastnet, DRAND_TAG)).toBe(false);
      expect(verifyBeacon(fastnet, FASTNET_TAG)).toBe(true);
    });
  });
});

describe('both engines', () => {
  it('agree on sums, hashes, encodings and pairings of random values', () => {
    const scalar = fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n });
    fc.assert(
      fc.property(scalar, scalar, fc.uint8Array({ maxLength: 80 }), (a, b, message) => {
        const results = engines.map((engine) => {
          const hashed = engine.hashToG1(message, utf8('MIDLOCK-TEST'));
          const sum = engine.g1.multiplySum([hashed, engine.g1.generator], [a, b]);
          const key = engine.g2.multiplySum(
            [engine.g2.generator, engine.g2.negate(engine.g2.generator)],
            [a, b],
          );
          const paired = engine.productIsOne([
            [engine.g1.multiply(hashed, a), engine.g2.generator],
            [engine.g1.negate(hashed), engine.g2.multiply(engine.g2.generator, a)],
          ]);
          const bytes = encodePoint(engine.g1, sum);
          const again = parseCompressed(engine.g1, compressAffine(bytes));
          expect(engine.g1.equal(again, sum)).toBe(true);
          const keyBytes = a === b ? 'identity' : hex(encodePoint(engine.g2, key));
          if (a !== b) {
            expect(
              engine.g2.equal(parseCompressed(engine.g2, compressAffine(unhex(keyBytes))), key),
            ).toBe(true);
          }
          return [hex(bytes), keyBytes, paired];
        });
        expect(results[0]).toEqual(results[1]);
        expect(results[0]![2]).toBe(true);
      }),
      { numRuns: 12, seed: 1 },
    );
  });

  it('agree on which points have which order', () => {
    const random = seededRandom('orders');
    let onCurve = 0;
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const x = bytesInteger(random.bytes(48)) % FIELD_PRIME;
      const point = liftX(x);
      if (point === undefined) continue;
      onCurve += 1;
      const orders = engines.map(({ g1 }) => [
        g1.isOnCurve(g1.fromCoordinates(point)),
        g1.hasOrder(g1.fromCoordinates(point)),
      ]);
      expect(orders[0]).toEqual(orders[1]);
      expect(orders[0]).toEqual([true, false]);
    }
    expect(onCurve).toBeGreaterThan(5);
  });

  it('refuse a point without height alike, by a code', () => {
    const refuses = <T>(group: CurveGroup<T>): void => {
      const flat = group.toCoordinates(group.generator).fill(0, group.byteLength / 2);
      for (const bytes of [flat, new Uint8Array(group.byteLength)])
        expect(() => parseAffine(group, bytes)).toThrow(
          expect.objectContaining({ code: 'CRYPTO_RANGE' }),
        );
    };
    for (const { g1, g2 } of engines) {
      refuses(g1);
      refuses(g2);
    }
  });

  it('agree on arbitrary coordinates and compressed bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 96, maxLength: 96 }),
        fc.integer({ min: 0, max: 7 }),
        (bytes, flags) => {
          const compressed = bytes.slice(0, 48);
          compressed[0] = (compressed[0]! & 0x1f) | (flags << 5);
          const results = engines.map(({ g1 }) => {
            const point = g1.decompress(compressed);
            return [
              g1.isOnCurve(g1.fromCoordinates(bytes)),
              point !== undefined && g1.hasOrder(point),
            ];
          });
          expect(results[0]).toEqual(results[1]);
        },
      ),
      { numRuns: 60, seed: 2 },
    );
  });
});

function beaconMessage(round: number): Uint8Array {
  return sha256(integerBytes(BigInt(round), 8));
}

/** The curve point with this x, of any order, as affine bytes. */
function liftX(x: bigint): Uint8Array | undefined {
  const { Fp } = bls12_381.fields;
  const square = Fp.add(Fp.mul(Fp.sqr(x), x), 4n);
  try {
    return concat(integerBytes(x, 48), integerBytes(Fp.sqrt(square), 48));
  } catch {
    return undefined;
  }
}
