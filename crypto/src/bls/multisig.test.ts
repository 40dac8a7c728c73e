import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { seededRandom } from '../testing/random.ts';
import { hex } from '../testing/vectors.ts';
import type { CurveEngine } from './engine.ts';
import { GROUP_ORDER } from './field.ts';
import {
  generateBlsKey,
  provePossession,
  publicKeyOf,
  signWith,
  verifyPossession,
  type ProvenKey,
} from './keys.ts';
import { loadMclEngine } from './mcl-engine.ts';
import {
  aggregateSignatures,
  encodeSigners,
  parseSigners,
  verifyMultiSignature,
} from './multisig.ts';
import { nobleEngine } from './noble-engine.ts';
import { encodePoint, parseMember } from './points.ts';
import { BLS_TAGS } from './tags.ts';

const mcl = (await loadMclEngine()) as CurveEngine;
const random = seededRandom('multisig');
const pairs = Array.from({ length: 10 }, () => generateBlsKey(random));
const owner = (i: number): Uint8Array => utf8(`member ${i}`);
const tag = BLS_TAGS.block;
const message = utf8('block 12');

describe.each([nobleEngine as CurveEngine, mcl])('multi-signatures with $name', (engine) => {
  const roster = pairs.map((pair, i) =>
    verifyPossession(engine, pair.publicKey, owner(i), provePossession(pair, owner(i))),
  );
  const sign = (members: readonly number[], text = message): Uint8Array =>
    aggregateSignatures(
      engine,
      roster.length,
      new Map(members.map((i) => [i, signWith(pairs[i]!.secretKey, tag, text)])),
    );
  const verify = (multi: Uint8Array, quorum = 7): boolean =>
    verifyMultiSignature(engine, roster, quorum, tag, message, multi);
  const seven = sign([0, 1, 3, 4, 6, 8, 9]);

  it('are accepted from a quorum and name the signers', () => {
    expect(verify(seven)).toBe(true);
    expect(parseSigners(seven.subarray(0, 2), 10)).toEqual([0, 1, 3, 4, 6, 8, 9]);
  });

  it('are refused below the quorum, for another message, tag, bitmap', () => {
    expect(refusedOnlyBy('multisig.quorum', () => verify(sign([0, 1, 3, 4, 6, 8])))).toBe(true);
    expect(verify(sign([0, 1, 2, 3, 4, 5, 6]), 0)).toBe(false);
    expect(
      refusedOnlyBy('multisig.signature', () =>
        verify(sign([0, 1, 3, 4, 6, 8, 9], utf8('block 13'))),
      ),
    ).toBe(true);
    expect(verifyMultiSignature(engine, roster, 7, BLS_TAGS.attestation, message, seven)).toBe(
      false,
    );
    const moreSigners = seven.slice();
    moreSigners[0] = moreSigners[0]! | 4;
    expect(verify(moreSigners)).toBe(false);
  });

  it('have one encoding', () => {
    const strayBit = seven.slice();
    strayBit[1] = strayBit[1]! | 0x80;
    expect(refusedOnlyBy('multisig.bitmap-canonical', () => verify(strayBit))).toBe(true);
    expect(
      refusedOnlyBy('multisig.bitmap-length', () => parseSigners(seven.subarray(0, 1), 10)),
    ).toBe(true);
    for (const length of [0, 1, 97, 99]) expect(verify(new Uint8Array(length))).toBe(false);
  });

  it('are never accepted from arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 110 }), (bytes) => !verify(bytes)),
      { numRuns: 60, seed: 5 },
    );
  });

  it('need a proof of possession, so that a key made up from others is refused', () => {
    // The last member announces x g2 minus the sum of all others and would sign alone for everybody.
    const x = generateBlsKey(random);
    const others = roster
      .slice(0, 9)
      .map(({ point }) => point)
      .reduce((a, b) => engine.g2.add(a, b));
    const rogue = encodePoint(
      engine.g2,
      engine.g2.add(parseMember(engine.g2, x.publicKey), engine.g2.negate(others)),
    );
    const proof = signWith(x.secretKey, BLS_TAGS.possession, concat(rogue, owner(9)));
    const takeOver = (): boolean => {
      const fake = [...roster.slice(0, 9), verifyPossession(engine, rogue, owner(9), proof)];
      const forged = concat(
        encodeSigners(new Set(roster.keys()), 10),
        signWith(x.secretKey, tag, message),
      );
      return verifyMultiSignature(engine, fake, 10, tag, message, forged);
    };
    expect(takeOver).toThrow('CRYPTO_KEY');
    expect(refusedOnlyBy('bls.possession', takeOver)).toBe(true);
  });

  it('refuse a roster whose keys cancel out', () => {
    const pair = pairs[0]!;
    const negated = publicKeyOf(integerBytes(GROUP_ORDER - BigInt(`0x${hex(pair.secretKey)}`), 32));
    const point = parseMember(engine.g2, negated);
    const cancelling = [roster[0]!, { bytes: negated, point } as ProvenKey<unknown>];
    const signature = encodePoint(engine.g1, engine.g1.generator);
    const attempt = (): boolean =>
      verifyMultiSignature(
        engine,
        cancelling,
        2,
        tag,
        message,
        concat(Uint8Array.of(3), signature),
      );
    // With the identity as key the equation asks for the identity as signature, which cannot be written: refused twice over.
    expect(attempt()).toBe(false);
  });

  it('bind a proof of possession to owner and purpose', () => {
    const pair = pairs[0]!;
    expect(() =>
      verifyPossession(engine, pair.publicKey, owner(1), provePossession(pair, owner(0))),
    ).toThrow('bls.possession');
    const asBlock = signWith(pair.secretKey, BLS_TAGS.block, concat(pair.publicKey, owner(0)));
    expect(() => verifyPossession(engine, pair.publicKey, owner(0), asBlock)).toThrow(
      'bls.possession',
    );
  });
});

describe('secret keys', () => {
  it('are 32 bytes in 1 to r - 1', () => {
    expect(
      refusedOnlyBy('bls.secret-length', () => signWith(new Uint8Array(31).fill(1), tag, message)),
    ).toBe(true);
    expect(() => signWith(new Uint8Array(32), tag, message)).toThrow('bls.secret-range');
    expect(signWith(integerBytes(1n, 32), tag, message)).toHaveLength(96);
    expect(signWith(integerBytes(GROUP_ORDER - 1n, 32), tag, message)).toHaveLength(96);
    expect(() => signWith(integerBytes(GROUP_ORDER, 32), tag, message)).toThrow('bls.secret-range');
  });
});

describe('bitmaps', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.uniqueArray(fc.nat(199)),
        (size, members) => {
          const inside = members.filter((member) => member < size).sort((a, b) => a - b);
          expect(parseSigners(encodeSigners(new Set(inside), size), size)).toEqual(inside);
        },
      ),
      { numRuns: 60, seed: 6 },
    );
    expect(() => encodeSigners(new Set([10]), 10)).toThrow('CRYPTO_RANGE');
  });
});
