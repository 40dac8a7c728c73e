import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedOnlyBy } from '../testing/checks.ts';
import { hex, unhex } from '../testing/vectors.ts';
import { parseEthereumHeader } from './header.ts';
import { encodeRlp, rlpInteger, type Rlp } from './rlp.ts';

const EMPTY_LIST_HASH = '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const EMPTY_ROOT = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

/** Block 0 of Ethereum's main network. */
const GENESIS: readonly Rlp[] = [
  new Uint8Array(32),
  unhex(EMPTY_LIST_HASH),
  new Uint8Array(20),
  unhex('d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544'),
  unhex(EMPTY_ROOT),
  unhex(EMPTY_ROOT),
  new Uint8Array(256),
  rlpInteger(17_179_869_184n),
  rlpInteger(0n),
  rlpInteger(5_000n),
  rlpInteger(0n),
  rlpInteger(0n),
  unhex('11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa'),
  new Uint8Array(32),
  unhex('0000000000000042'),
];

describe('headers', () => {
  it("of the main network's block 0 have its hash, and are refused: it has no base fee", () => {
    const rlp = encodeRlp(GENESIS);
    expect(
      refusedOnlyBy(
        'header.field-count',
        () =>
          hex(parseEthereumHeader(rlp).hash) ===
          'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
      ),
    ).toBe(true);
  });

  it('have fields of their kinds', () => {
    const later = [...GENESIS, rlpInteger(7n)];
    expect(parseEthereumHeader(encodeRlp(later))).toMatchObject({
      number: 0n,
      timestampSec: 0n,
      receiptsRoot: unhex(EMPTY_ROOT),
    });
    for (const place of [0, 3, 5])
      expect(() =>
        parseEthereumHeader(
          encodeRlp(later.map((field, i) => (i === place ? new Uint8Array(31) : field))),
        ),
      ).toThrow('rlp.string-length');
    for (const place of [8, 11])
      expect(() =>
        parseEthereumHeader(
          encodeRlp(later.map((field, i) => (i === place ? Uint8Array.of(0, 1) : field))),
        ),
      ).toThrow('rlp.integer');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => parseEthereumHeader(bytes)).toThrow('CRYPTO_ENCODING');
      }),
      { seed: 24, numRuns: 200 },
    );
  });
});
