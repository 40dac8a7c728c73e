import { bls12_381 } from '@noble/curves/bls12-381.js';
import { describe, expect, it } from 'vitest';
import { integerBytes, utf8 } from '../encoding/bytes.ts';
import { randomBelow } from '../internal/random.ts';
import { seededRandom } from '../testing/random.ts';
import { orderThreePoint } from '../testing/small-order.ts';
import { hex } from '../testing/vectors.ts';
import type { CurveEngine } from './engine.ts';
import { GROUP_ORDER } from './field.ts';
import { loadMclEngine } from './mcl-engine.ts';
import { nobleEngine } from './noble-engine.ts';
import { compressAffine, encodePoint, parseCompressed, parseMember } from './points.ts';

type Blst = typeof import('@chainsafe/blst');

const blst: Blst | undefined = await import('@chainsafe/blst').catch((error: unknown) => {
  console.warn(`cross-check against blst absent: ${String(error)}`);
  return undefined;
});
const engines: readonly CurveEngine[] = [nobleEngine, await loadMclEngine()];

// blst's npm build speaks the mirror scheme only (key in G1, signature in G2) under its one tag; that still covers
// multiplication, encodings, group membership and pairings of both groups.
const BLST_TAG = utf8('BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_');

describe.skipIf(blst === undefined).each(engines)('$name against blst', (engine) => {
  const random = seededRandom('blst');

  it('agrees on multiples, both encodings and pairings of random keys and messages', () => {
    for (let round = 0; round < 8; round += 1) {
      const scalar = randomBelow(GROUP_ORDER, random);
      const message = random.bytes(round * 7);
      const secret = blst!.SecretKey.fromBytes(integerBytes(scalar, 32));
      const key = secret.toPublicKey();
      const ours = engine.g1.multiply(engine.g1.generator, scalar);
      expect(hex(key.toBytes(false))).toBe(hex(encodePoint(engine.g1, ours)));
      expect(hex(key.toBytes(true))).toBe(hex(compressAffine(encodePoint(engine.g1, ours))));
      const signature = secret.sign(message);
      const theirs = parseMember(engine.g2, signature.toBytes(false));
      expect(hex(compressAffine(signature.toBytes(false)))).toBe(hex(signature.toBytes(true)));
      expect(engine.g2.equal(parseCompressed(engine.g2, signature.toBytes(true)), theirs)).toBe(
        true,
      );
      const hashed = parseMember(engine.g2, hashToG2(message));
      expect(engine.g2.equal(engine.g2.multiply(hashed, scalar), theirs)).toBe(true);
      const holds = (point: typeof ours): boolean =>
        engine.productIsOne([
          [point, hashed],
          [engine.g1.negate(engine.g1.generator), theirs],
        ]);
      expect(holds(ours)).toBe(true);
      expect(holds(engine.g1.add(ours, engine.g1.generator))).toBe(false);
      expect(blst!.verify(message, key, signature)).toBe(true);
    }
  });

  it('accepts and refuses the same random encodings', () => {
    const verdicts = new Set<boolean>();
    for (let round = 0; round < 60; round += 1) {
      const bytes = random.bytes(48);
      bytes[0] = (bytes[0]! & 0x1f) | 0x80 | ((round & 1) << 5);
      if (round % 4 === 0)
        bytes.set(
          compressAffine(
            encodePoint(engine.g1, engine.g1.multiply(engine.g1.generator, BigInt(round + 1))),
          ),
        );
      const ours = accepts(() => parseCompressed(engine.g1, bytes));
      verdicts.add(ours);
      expect(ours).toBe(accepts(() => blst!.PublicKey.fromBytes(bytes, true)));
    }
    expect(verdicts.size).toBe(2);
    expect(accepts(() => blst!.PublicKey.fromBytes(orderThreePoint(), true))).toBe(false);
    expect(accepts(() => parseMember(engine.g1, orderThreePoint()))).toBe(false);
  });
});

function hashToG2(message: Uint8Array): Uint8Array {
  const point = bls12_381.G2.hashToCurve(message, { DST: BLST_TAG });
  return bls12_381.G2.Point.fromAffine(point.toAffine()).toBytes(false);
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
