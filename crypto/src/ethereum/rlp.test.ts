import { decodeRlp as ethersDecode, encodeRlp as ethersEncode } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { hex, unhex } from '../testing/vectors.ts';
import {
  asRlpBytes,
  asRlpInteger,
  asRlpList,
  decodeRlp,
  encodeRlp,
  rlpInteger,
  type Rlp,
} from './rlp.ts';

const { item } = fc.letrec<{ item: Rlp; list: readonly Rlp[]; bytes: Uint8Array }>((tie) => ({
  item: fc.oneof({ maxDepth: 4 }, tie('bytes'), tie('list')),
  list: fc.array(tie('item'), { maxLength: 4 }),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.uint8Array({ minLength: 50, maxLength: 300 }),
  ),
}));
const asHex = (value: Rlp): unknown =>
  value instanceof Uint8Array ? `0x${hex(value)}` : value.map(asHex);

describe('RLP', () => {
  it('equals ethers, both ways', () => {
    fc.assert(
      fc.property(item, (value) => {
        const encoded = encodeRlp(value);
        expect(`0x${hex(encoded)}`).toBe(ethersEncode(asHex(value) as string));
        expect(asHex(decodeRlp(encoded))).toEqual(ethersDecode(encoded));
      }),
      { seed: 18, numRuns: 200 },
    );
  });

  it('reads nothing but what it writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        let value: Rlp;
        try {
          value = decodeRlp(bytes);
        } catch (error) {
          expect(error).toHaveProperty('name', 'CryptoError');
          return;
        }
        expect(encodeRlp(value)).toEqual(bytes);
      }),
      { seed: 19, numRuns: 1_000 },
    );
  });

  it.each([
    ['rlp.trailing', '8000'],
    ['rlp.single-byte', '8105'],
    ['rlp.length-minimal', 'b801ff'],
    ['rlp.length-minimal', `b90038${'ff'.repeat(56)}`],
    ['rlp.depth', nested(18)],
  ])('refuses by %s alone: %s', (id, text) => {
    expect(refusedOnlyBy(id, () => decodeRlp(unhex(text)))).toBe(true);
  });

  it('refuses cut items and lengths beyond all arrays', () => {
    for (const text of ['', '83aabb', 'c3c2', 'b9', 'c201'])
      expect(() => decodeRlp(unhex(text))).toThrow(/rlp\.(cut|length-size)/);
    expect(() => decodeRlp(unhex('bfffffffffffffffff'))).toThrow('rlp.length-size');
    expect(() =>
      withoutChecks(['rlp.length-size'], () => decodeRlp(unhex('bfffffffffffffffff'))),
    ).toThrow('rlp.cut');
  });

  it('checks kinds, lengths and integers', () => {
    expect(() => asRlpList(new Uint8Array(0))).toThrow('rlp.list');
    expect(() => asRlpBytes([])).toThrow('rlp.string');
    expect(refusedOnlyBy('rlp.list-length', () => asRlpList([], 1))).toBe(true);
    expect(refusedOnlyBy('rlp.string-length', () => asRlpBytes(new Uint8Array(1), 2))).toBe(true);
    expect(refusedOnlyBy('rlp.integer', () => asRlpInteger(Uint8Array.of(0, 1)))).toBe(true);
    expect([0n, 1n, 255n, 256n].map((value) => asRlpInteger(rlpInteger(value)))).toEqual([
      0n,
      1n,
      255n,
      256n,
    ]);
  });
});

function nested(depth: number): string {
  let bytes = new Uint8Array([0xc0]);
  for (let i = 1; i < depth; i += 1) bytes = new Uint8Array([0xc0 + bytes.length, ...bytes]);
  return hex(bytes);
}
