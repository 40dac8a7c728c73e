import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { unhex } from '../testing/vectors.ts';
import {
  encodeReceipt,
  parseReceipt,
  readReceipt,
  receiptKey,
  type EthereumReceipt,
} from './receipt.ts';
import { encodeRlp, type Rlp } from './rlp.ts';
import { buildTrieProof } from './trie-builder.ts';
import { EMPTY_TRIE_ROOT, readTrie } from './trie.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const NONE = new Uint8Array(0);

describe('the builder', () => {
  // ethereum/tests, TrieTests/trieanyorder.json: "dogs", "puppy", "foo", "insert-middle-leaf" (values printed there).
  it.each([
    [
      'dogs',
      [
        ['doe', 'reindeer'],
        ['dog', 'puppy'],
        ['dogglesworth', 'cat'],
      ],
      '8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3',
    ],
    [
      'puppy',
      [
        ['do', 'verb'],
        ['horse', 'stallion'],
        ['doge', 'coin'],
        ['dog', 'puppy'],
      ],
      '5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84',
    ],
    [
      'foo',
      [
        ['foo', 'bar'],
        ['food', 'bass'],
      ],
      '17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3',
    ],
    [
      'smallValues',
      [
        ['be', 'e'],
        ['dog', 'puppy'],
        ['bed', 'd'],
      ],
      '3f67c7a47520f79faa29255d2d3c084a7a6df0453116ed7232ff10277a8be68b',
    ],
  ])('has the published root of %s', (_name, entries, root) => {
    const list = entries.map(([key, value]) => ({ key: bytes(key!), value: bytes(value!) }));
    const made = buildTrieProof(list, list[0]!.key);
    expect(made.root).toEqual(unhex(root));
    for (const { key, value } of list)
      expect(readTrie(made.root, key, buildTrieProof(list, key).nodes)).toEqual(value);
    for (const absent of ['d', 'do!', 'dogg', 'x', 'bedd', 'foodie']) {
      expect(
        readTrie(made.root, bytes(absent), buildTrieProof(list, bytes(absent)).nodes),
      ).toBeUndefined();
    }
  });

  it('refuses empty values and keys that stand twice', () => {
    const entry = { key: bytes('a'), value: bytes('b') };
    expect(
      refusedOnlyBy('trie-builder.values', () => buildTrieProof([{ ...entry, value: NONE }], NONE)),
    ).toBe(true);
    expect(() => buildTrieProof([entry, entry], NONE)).toThrow('trie-builder.keys');
  });
});

describe('reading', () => {
  it('finds what was put in and misses what was not, for random tries', () => {
    const entries = fc.uniqueArray(
      fc.record({
        key: fc.uint8Array({ minLength: 1, maxLength: 5 }),
        value: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      }),
      { maxLength: 30, selector: ({ key }) => key.join() },
    );
    fc.assert(
      fc.property(entries, fc.uint8Array({ minLength: 1, maxLength: 5 }), (list, key) => {
        const { root, nodes } = buildTrieProof(list, key);
        const stored = list.find((entry) => entry.key.join() === key.join())?.value;
        expect(readTrie(root, key, nodes)).toEqual(stored);
        for (const entry of list)
          expect(readTrie(root, entry.key, buildTrieProof(list, entry.key).nodes)).toEqual(
            entry.value,
          );
      }),
      { seed: 20, numRuns: 120 },
    );
  });

  it('shows every key absent from an empty trie', () => {
    expect(readTrie(EMPTY_TRIE_ROOT, bytes('k'), [])).toBeUndefined();
    expect(readTrie(EMPTY_TRIE_ROOT, bytes('k'), [Uint8Array.of(0x80)])).toBeUndefined();
    expect(() =>
      readTrie(EMPTY_TRIE_ROOT, bytes('k'), [Uint8Array.of(0x80), Uint8Array.of(0x80)]),
    ).toThrow('rlp.list');
    expect(() => readTrie(keccak_256(NONE), bytes('k'), [])).toThrow('trie.missing-node');
  });

  const list = Array.from({ length: 40 }, (_, i) => ({
    key: keccak_256(Uint8Array.of(i)),
    value: new Uint8Array(40).fill(i + 1),
  }));
  const { root, nodes } = buildTrieProof(list, list[7]!.key);

  it('refuses missing, foreign and unused nodes', () => {
    expect(nodes.length).toBeGreaterThan(1);
    expect(() => readTrie(root, list[7]!.key, nodes.slice(0, -1))).toThrow('trie.missing-node');
    expect(
      refusedOnlyBy('trie.unused-nodes', () => readTrie(root, list[7]!.key, [...nodes, nodes[0]!])),
    ).toBe(true);
    const foreign = buildTrieProof(
      list.map(({ key }) => ({ key, value: new Uint8Array(40).fill(99) })),
      list[7]!.key,
    ).nodes;
    expect(refusedOnlyBy('trie.node-hash', () => readTrie(root, list[7]!.key, foreign))).toBe(true);
    expect(
      refusedOnlyBy('trie.node-count', () =>
        withoutChecks(['trie.unused-nodes'], () =>
          readTrie(root, list[7]!.key, [...nodes, ...Array.from({ length: 70 }, () => root)]),
        ),
      ),
    ).toBe(true);
    expect(() => readTrie(root.subarray(1), list[7]!.key, nodes)).toThrow('trie.root-length');
  });

  it('does not let a proof for one key speak for another', () => {
    for (const { key } of list.slice(8)) {
      let value: Uint8Array | undefined | 'refused';
      try {
        value = readTrie(root, key, nodes);
      } catch {
        value = 'refused';
      }
      expect(value).toBe('refused');
    }
  });

  it('refuses nodes that are not in their only form', () => {
    const leaf = (path: Uint8Array, value: Rlp): Uint8Array => encodeRlp([path, value]);
    const read = (node: Uint8Array, key: Uint8Array) => () =>
      readTrie(keccak_256(node), key, [node]);
    const long = new Uint8Array(40).fill(1);
    expect(
      refusedOnlyBy(
        'trie.path-flag',
        read(leaf(Uint8Array.of(0x60, 0xab), long), Uint8Array.of(0xab)),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy(
        'trie.path-padding',
        read(leaf(Uint8Array.of(0x2f, 0xab), long), Uint8Array.of(0xab)),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy(
        'trie.leaf-value',
        read(leaf(Uint8Array.of(0x20, 0xab), NONE), Uint8Array.of(0xab)),
      ),
    ).toBe(true);
    const inner = leaf(Uint8Array.of(0x20, 0xab), long);
    const emptyExtension = encodeRlp([Uint8Array.of(0), keccak_256(inner)]);
    expect(
      refusedOnlyBy('trie.extension-path', () =>
        readTrie(keccak_256(emptyExtension), Uint8Array.of(0xab), [emptyExtension, inner]),
      ),
    ).toBe(true);
    const embeddedTooLarge = encodeRlp([Uint8Array.of(0x1a), [Uint8Array.of(0x3b), long]]);
    expect(refusedOnlyBy('trie.embedded-size', read(embeddedTooLarge, Uint8Array.of(0xab)))).toBe(
      true,
    );
    const small = leaf(Uint8Array.of(0x3b), bytes('v'));
    const hashedTooSmall = encodeRlp([Uint8Array.of(0x1a), keccak_256(small)]);
    expect(
      refusedOnlyBy('trie.node-size', () =>
        readTrie(keccak_256(hashedTooSmall), Uint8Array.of(0xab), [hashedTooSmall, small]),
      ),
    ).toBe(true);
    const badReference = encodeRlp([Uint8Array.of(0x1a), new Uint8Array(31)]);
    expect(read(badReference, Uint8Array.of(0xab))).toThrow('trie.reference-length');
  });

  it('never fails but with a typed error', () => {
    fc.assert(
      fc.property(
        fc.nat(nodes.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (which, place, change) => {
          const changed = nodes.map((node) => node.slice());
          changed[which]![place % changed[which]!.length]! ^= change;
          expect(() => readTrie(root, list[7]!.key, changed)).toThrow('trie.node-hash');
          // With the hash check gone the parser alone meets the damaged bytes.
          withoutChecks(['trie.node-hash'], () => {
            try {
              readTrie(root, list[7]!.key, changed);
            } catch (error) {
              expect(error).toHaveProperty('name', 'CryptoError');
            }
          });
        },
      ),
      { seed: 21, numRuns: 300 },
    );
  });
});

describe('receipts', () => {
  const receipt: EthereumReceipt = {
    type: 2,
    succeeded: true,
    cumulativeGas: 21_000n,
    logsBloom: new Uint8Array(256),
    logs: [
      {
        address: new Uint8Array(20).fill(1),
        topics: [new Uint8Array(32).fill(2)],
        data: bytes('data'),
      },
    ],
  };

  it('are read back, with and without a type', () => {
    for (const type of [0, 1, 2, 3, 4])
      expect(parseReceipt(encodeReceipt({ ...receipt, type }))).toEqual({ ...receipt, type });
  });

  it('are proven by their place in the block', () => {
    const all = Array.from({ length: 130 }, (_, i) => ({
      key: receiptKey(i),
      value: encodeReceipt({ ...receipt, cumulativeGas: BigInt(i) }),
    }));
    for (const index of [0, 1, 127, 128, 129]) {
      const { root, nodes } = buildTrieProof(all, receiptKey(index));
      expect(readReceipt(root, index, nodes).cumulativeGas).toBe(BigInt(index));
      expect(() => readReceipt(root, index + 1, nodes)).toThrow('CRYPTO_');
    }
    const absent = buildTrieProof(all, receiptKey(130));
    expect(() => readReceipt(absent.root, 130, absent.nodes)).toThrow('receipt.absent');
  });

  it('refuse unknown forms', () => {
    expect(() => receiptKey(-1)).toThrow('receipt.index');
    const encoded = encodeReceipt({ ...receipt, type: 0 });
    expect(refusedOnlyBy('receipt.type', () => parseReceipt(new Uint8Array([0, ...encoded])))).toBe(
      true,
    );
    const topics = Array.from({ length: 5 }, () => new Uint8Array(32));
    expect(
      refusedOnlyBy('receipt.topic-count', () =>
        parseReceipt(encodeReceipt({ ...receipt, logs: [{ ...receipt.logs[0]!, topics }] })),
      ),
    ).toBe(true);
    const preByzantium = encodeRlp([new Uint8Array(32).fill(7), NONE, new Uint8Array(256), []]);
    expect(refusedOnlyBy('receipt.status', () => parseReceipt(preByzantium))).toBe(true);
    const strange = encodeRlp([Uint8Array.of(2), NONE, new Uint8Array(256), []]);
    expect(refusedOnlyBy('receipt.status', () => parseReceipt(strange))).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        expect(() => parseReceipt(noise)).toThrow('CRYPTO_');
      }),
      { seed: 22, numRuns: 200 },
    );
  });
});
