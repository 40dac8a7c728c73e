import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesInteger, utf8 } from '../encoding/bytes.ts';
import { isCryptoError } from '../errors.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { seededRandom } from '../testing/random.ts';
import { orderThreePoint } from '../testing/small-order.ts';
import { dealThresholdKey } from '../testing/trusted-dealer.ts';
import { hex } from '../testing/vectors.ts';
import type { CurveEngine } from './engine.ts';
import { FIELD_PRIME, GROUP_ORDER } from './field.ts';
import { signWith } from './keys.ts';
import { lagrangeAtZero } from './lagrange.ts';
import { loadMclEngine } from './mcl-engine.ts';
import { nobleEngine } from './noble-engine.ts';
import {
  compressAffine,
  encodePoint,
  parseAffine,
  parseCompressed,
  parseMember,
} from './points.ts';
import { BLS_TAGS } from './tags.ts';
import { createCombiner, type Partial } from './threshold.ts';
import { verifySignature } from './verify.ts';

const mcl = (await loadMclEngine()) as CurveEngine;
const noble = nobleEngine as CurveEngine;
const tag = BLS_TAGS.attestation;
const message = utf8('lock 7 of channel trade');

describe('lagrange', () => {
  it('recovers the constant term of any polynomial from any subset', () => {
    const subset = fc.uniqueArray(fc.integer({ min: 1, max: 1023 }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        subset,
        fc.infiniteStream(fc.bigInt({ min: 0n, max: GROUP_ORDER - 1n })),
        (indices, stream) => {
          const coefficients = indices.map(() => stream.next().value as bigint);
          const at = (x: number): bigint =>
            coefficients.reduceRight((sum, c) => (sum * BigInt(x) + c) % GROUP_ORDER, 0n);
          const weights = lagrangeAtZero(indices, GROUP_ORDER);
          const sum = indices.reduce(
            (total, index, i) => (total + weights[i]! * at(index)) % GROUP_ORDER,
            0n,
          );
          expect(sum).toBe(coefficients[0]);
        },
      ),
      { numRuns: 50, seed: 3 },
    );
  });

  it('refuses zero, large, fractional and repeated indices', () => {
    for (const index of [0, -1, 1.5, 1024, Number.NaN]) {
      expect(() => lagrangeAtZero([1, index], GROUP_ORDER)).toThrow('lagrange.index-range');
    }
    // Zero is the point of the secret itself: unchecked, that one "share" would count alone.
    expect(refusedOnlyBy('lagrange.index-range', () => lagrangeAtZero([0, 1], GROUP_ORDER))).toBe(
      true,
    );
    expect(
      refusedOnlyBy('lagrange.index-distinct', () => lagrangeAtZero([3, 3], GROUP_ORDER)),
    ).toBe(true);
  });
});

describe.each([noble, mcl])('threshold signatures with $name', (engine) => {
  const dealt = dealThresholdKey(engine, 7, 5, seededRandom('threshold'));
  const partial = (index: number, text = message, byTag = tag): Partial => ({
    index,
    bytes: signWith(dealt.shares[index - 1]!, byTag, text),
  });
  const all = [1, 2, 3, 4, 5, 6, 7].map((index) => partial(index));
  const combiner = () => createCombiner(engine, dealt.keys, seededRandom('weights'));
  const forge = (index: number, bytes: Uint8Array): Partial[] =>
    all.map((honest) => (honest.index === index ? { index, bytes } : honest));

  it('gives the same signature for every subset, equal to the one of the undivided secret', () => {
    const whole = hex(signWith(secretBytes(dealt.secret), tag, message));
    for (const left of [
      [1, 2],
      [1, 7],
      [3, 4],
      [6, 7],
      [2, 5],
    ]) {
      const result = combiner().combine(
        tag,
        message,
        all.filter(({ index }) => !left.includes(index)),
      );
      expect(result).toMatchObject({ kind: 'signed', blamed: [] });
      expect(result.kind === 'signed' && hex(result.signature)).toBe(whole);
    }
    const signature = parseMember(engine.g1, signWith(secretBytes(dealt.secret), tag, message));
    expect(verifySignature(engine, dealt.keys.groupKey, tag, message, signature)).toBe(true);
    expect(verifySignature(engine, dealt.keys.groupKey, BLS_TAGS.block, message, signature)).toBe(
      false,
    );
    expect(verifySignature(engine, dealt.keys.groupKey, tag, utf8('lock 8'), signature)).toBe(
      false,
    );
  });

  it('says how many partials are missing, and counts no member twice', () => {
    expect(combiner().combine(tag, message, all.slice(0, 3))).toEqual({
      kind: 'short',
      missing: 2,
      blamed: [],
    });
    const repeated = [all[0]!, all[0]!, all[1]!, all[2]!, all[3]!];
    expect(combiner().combine(tag, message, repeated)).toEqual({
      kind: 'short',
      missing: 1,
      blamed: [],
    });
    expect(() => combiner().combine(tag, message, [{ index: 8, bytes: all[0]!.bytes }])).toThrow(
      'threshold.index-known',
    );
    expect(
      refusedOnlyBy('threshold.index-known', () =>
        combiner().combine(tag, message, [{ index: 8, bytes: all[0]!.bytes }]),
      ),
    ).toBe(true);
  });

  it('blames one liar, signs with the reserve, and leaves him out afterwards', () => {
    for (const bad of [
      partial(3, utf8('another')),
      partial(3, message, BLS_TAGS.block),
      { index: 3, bytes: all[0]!.bytes },
    ]) {
      const epoch = combiner();
      expect(epoch.combine(tag, message, forge(3, bad.bytes))).toMatchObject({
        kind: 'signed',
        blamed: [3],
      });
      expect(epoch.combine(tag, message, all.slice(0, 5))).toEqual({
        kind: 'short',
        missing: 1,
        blamed: [3],
      });
    }
  });

  it('names the blamed in ascending order, whenever they were found', () => {
    const epoch = combiner();
    epoch.combine(tag, message, forge(6, new Uint8Array(96)));
    expect(epoch.combine(tag, message, forge(2, new Uint8Array(96)))).toMatchObject({
      kind: 'signed',
      blamed: [2, 6],
    });
    expect(epoch.blamed).toEqual([2, 6]);
  });

  it('blames points off the curve and coordinates above p on arrival', () => {
    for (const bytes of [
      new Uint8Array(96),
      new Uint8Array(96).fill(0xff),
      new Uint8Array(95),
      all[0]!.bytes.slice(1),
    ]) {
      expect(combiner().combine(tag, message, forge(6, bytes))).toMatchObject({
        kind: 'signed',
        blamed: [6],
      });
    }
  });

  it('finds every liar in sets of any size', () => {
    const big = dealThresholdKey(engine, 12, 9, seededRandom('big'));
    const sign = (index: number, text: Uint8Array): Partial => ({
      index,
      bytes: signWith(big.shares[index - 1]!, tag, text),
    });
    for (const liars of [[1], [9], [2, 5], [1, 2, 3]]) {
      const partials = big.shares.map((_, i) =>
        sign(i + 1, liars.includes(i + 1) ? utf8('lie') : message),
      );
      const result = createCombiner(engine, big.keys, seededRandom('w')).combine(
        tag,
        message,
        partials,
      );
      expect(result).toMatchObject({ kind: 'signed', blamed: liars });
    }
    const tooMany = big.shares.map((_, i) => sign(i + 1, i < 4 ? utf8('lie') : message));
    expect(
      createCombiner(engine, big.keys, seededRandom('w')).combine(tag, message, tooMany),
    ).toEqual({
      kind: 'short',
      missing: 1,
      blamed: [1, 2, 3, 4],
    });
  });

  it('finds a partial with a part of order three, which no pairing equation shows', () => {
    const torsion = parseAffine(engine.g1, orderThreePoint());
    expect(engine.g1.hasOrder(torsion)).toBe(false);
    const spoiled = encodePoint(
      engine.g1,
      engine.g1.add(parseMember(engine.g1, all[2]!.bytes), torsion),
    );
    const attempt = () => combiner().combine(tag, message, forge(3, spoiled));
    expect(attempt()).toMatchObject({ kind: 'signed', blamed: [3] });
    // Without the order check of the result the spoiled signature leaves; without that of the partials nobody is found.
    const leaves = () => {
      const result = attempt();
      return (
        result.kind === 'signed' &&
        result.blamed.length === 0 &&
        !isMember(engine, result.signature)
      );
    };
    const nobodyFound = () => throwsKey(attempt);
    // noble's pairing refuses such points once more by itself, so that only mcl shows what our checks are for.
    if (engine.name === 'noble') return;
    expect(refusedOnlyBy('threshold.signature-order', leaves)).toBe(true);
    expect(refusedOnlyBy('blame.partial-order', nobodyFound)).toBe(true);
  });

  it('lets two order-three parts that cancel pass, since the result is the right signature', () => {
    const torsion = parseAffine(engine.g1, orderThreePoint());
    const weights = lagrangeAtZero([1, 2, 3, 4, 5], GROUP_ORDER);
    const offset = (k: bigint): ReturnType<typeof engine.g1.add> =>
      k === 0n ? engine.g1.identity : k === 1n ? torsion : engine.g1.add(torsion, torsion);
    // Multiply the part of member 2 so that weight_1 * a + weight_2 * b = 0 modulo 3.
    const pair = [0n, 1n, 2n]
      .flatMap((a) => [0n, 1n, 2n].map((b) => [a, b] as const))
      .find(([a, b]) => a + b > 0n && (weights[0]! * a + weights[1]! * b) % 3n === 0n)!;
    const spoil = (index: number, k: bigint): Uint8Array =>
      encodePoint(
        engine.g1,
        engine.g1.add(parseMember(engine.g1, all[index - 1]!.bytes), offset(k)),
      );
    const partials = [
      { index: 1, bytes: spoil(1, pair[0]) },
      { index: 2, bytes: spoil(2, pair[1]) },
      ...all.slice(2, 5),
    ];
    const result = combiner().combine(tag, message, partials);
    expect(result.kind === 'signed' && hex(result.signature)).toBe(
      hex(signWith(secretBytes(dealt.secret), tag, message)),
    );
  });

  it('refuses a sum that is the identity, and a committee whose keys do not belong together', () => {
    const strange = { ...dealt.keys, groupKey: engine.g2.generator };
    const attempt = () =>
      createCombiner(engine, strange, seededRandom('w')).combine(tag, message, all);
    expect(attempt).toThrow('CRYPTO_KEY');
    expect(refusedOnlyBy('threshold.signature-valid', attempt)).toBe(true);
    const hashed = engine.hashToG1(message, tag);
    const cancelling = {
      size: 2,
      threshold: 2,
      groupKey: engine.g2.identity,
      shareKey: () => engine.g2.generator,
    };
    // Shares 1 and 2 of the zero polynomial through (1, 1) and (2, 2): their sum at zero is the identity.
    const zero = [
      { index: 1, bytes: encodePoint(engine.g1, hashed) },
      { index: 2, bytes: encodePoint(engine.g1, engine.g1.add(hashed, hashed)) },
    ];
    const identity = () =>
      createCombiner(engine, cancelling, seededRandom('w')).combine(tag, message, zero);
    expect(identity()).toMatchObject({ kind: 'short' });
    expect(refusedOnlyBy('threshold.signature-identity', () => emptySignature(identity))).toBe(
      true,
    );
  });

  it('finds a wrong partial only by its equation', () => {
    const attempt = () => combiner().combine(tag, message, forge(2, all[0]!.bytes));
    expect(refusedOnlyBy('blame.partial-valid', () => throwsKey(attempt))).toBe(true);
  });
});

describe.each([noble, mcl])('points with $name', (engine) => {
  const valid = encodePoint(engine.g1, engine.hashToG1(message, tag));
  it('are refused for length, a coordinate at or above p, off the curve, of another order', () => {
    const above = valid.slice();
    const x = bytesInteger(valid.subarray(0, 48)) + FIELD_PRIME;
    above.set(
      Uint8Array.from({ length: 48 }, (_, i) => Number((x >> BigInt(8 * (47 - i))) & 0xffn)),
    );
    expect(refusedOnlyBy('bls.point-canonical', () => parseAffine(engine.g1, above))).toBe(true);
    const longer = new Uint8Array(97);
    longer.set(valid);
    expect(refusedOnlyBy('bls.point-length', () => parseAffine(engine.g1, longer))).toBe(true);
    const off = valid.slice();
    off[95] = off[95]! ^ 1;
    expect(refusedOnlyBy('bls.point-on-curve', () => parseAffine(engine.g1, off))).toBe(true);
    expect(refusedOnlyBy('bls.point-order', () => parseMember(engine.g1, orderThreePoint()))).toBe(
      true,
    );
    expect(() => parseAffine(engine.g1, orderThreePoint())).not.toThrow();
  });

  it('are refused in compressed form when they are the identity or of another order', () => {
    const identity = Uint8Array.of(0xc0, ...new Uint8Array(47));
    expect(
      refusedOnlyBy('bls.point-compressed-identity', () => parseCompressed(engine.g1, identity)),
    ).toBe(true);
    const torsion = compressAffine(orderThreePoint());
    expect(() => parseCompressed(engine.g1, torsion)).toThrow('bls.point-compressed');
    // noble checks the order by itself when it decompresses.
    if (engine.name === 'noble') return;
    expect(
      refusedOnlyBy('bls.point-compressed-order', () => parseCompressed(engine.g1, torsion)),
    ).toBe(true);
  });

  it('parse to what they encode, for random bytes never to anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 90, maxLength: 100 }), (bytes) => {
        try {
          return hex(encodePoint(engine.g1, parseAffine(engine.g1, bytes))) === hex(bytes);
        } catch (error) {
          return isCryptoError(error, 'CRYPTO_ENCODING') || isCryptoError(error, 'CRYPTO_RANGE');
        }
      }),
      { numRuns: 100, seed: 4 },
    );
    expect(hex(encodePoint(engine.g1, parseMember(engine.g1, valid)))).toBe(hex(valid));
  });
});

function secretBytes(scalar: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) =>
    Number((scalar >> BigInt(8 * (31 - i))) & 0xffn),
  );
}

function isMember(engine: CurveEngine, bytes: Uint8Array): boolean {
  try {
    parseMember(engine.g1, bytes);
    return true;
  } catch {
    return false;
  }
}

function throwsKey(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (error) {
    return isCryptoError(error, 'CRYPTO_KEY');
  }
}

/** True when the action got as far as encoding the identity. */
function emptySignature(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (error) {
    return isCryptoError(error) && error.data['check'] === 'bls.encode-identity';
  }
}
