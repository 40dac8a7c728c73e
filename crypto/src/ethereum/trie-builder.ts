import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat } from '../encoding/bytes.ts';
import { check } from '../internal/check.ts';
import { encodeRlp, type Rlp } from './rlp.ts';
import { EMPTY_TRIE_ROOT, nibblesOf } from './trie.ts';

/** One entry; the value is not empty. */
export interface TrieEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A trie's root and the proof for one key, present or absent. */
export interface TrieProof {
  readonly root: Uint8Array;
  readonly nodes: readonly Uint8Array[];
}

interface Item {
  readonly path: readonly number[];
  readonly value: Uint8Array;
}

type Items = readonly [Item, ...Item[]];

/**
 * Builds the trie of all entries and the proof for `key`: how a receipt proof is made, for which nodes have no call.
 * @throws {CryptoError} CRYPTO_RANGE for an empty value or a key that stands twice. Cost: one hash an entry and more.
 */
export function buildTrieProof(entries: readonly TrieEntry[], key: Uint8Array): TrieProof {
  check(
    'trie-builder.values',
    entries.every(({ value }) => value.length > 0),
    'CRYPTO_RANGE',
    { field: 'value' },
  );
  const items = entries.map((entry) => ({ path: nibblesOf(entry.key), value: entry.value }));
  check(
    'trie-builder.keys',
    new Set(items.map(({ path }) => path.join())).size === items.length,
    'CRYPTO_RANGE',
    { field: 'key' },
  );
  const [first, ...others] = items;
  if (first === undefined) return { root: EMPTY_TRIE_ROOT, nodes: [] };
  const nodes: Uint8Array[] = [];
  const root = encodeRlp(build([first, ...others], 0, nibblesOf(key), nodes));
  return { root: keccak_256(root), nodes: [root, ...nodes] };
}

/** The node over `items`, all equal in their first `depth` nibbles; the nodes below it on the way to `wanted` go to `proof`. */
function build(
  [first, ...others]: Items,
  depth: number,
  wanted: readonly number[] | undefined,
  proof: Uint8Array[],
): Rlp {
  if (others.length === 0) return [encodePath(first.path.slice(depth), true), first.value];
  const items: Items = [first, ...others];
  const shared = sharedLength(items, depth);
  if (shared > 0) {
    const part = first.path.slice(depth, depth + shared);
    const onWay = wanted !== undefined && part.every((nibble, i) => wanted[depth + i] === nibble);
    return [
      encodePath(part, false),
      child(items, depth + shared, onWay ? wanted : undefined, proof),
    ];
  }
  const branch: Rlp[] = Array.from({ length: 16 }, (_, nibble) => {
    const [head, ...rest] = items.filter(({ path }) => path[depth] === nibble);
    if (head === undefined) return new Uint8Array(0);
    return child(
      [head, ...rest],
      depth + 1,
      wanted?.[depth] === nibble ? wanted : undefined,
      proof,
    );
  });
  return [...branch, items.find(({ path }) => path.length === depth)?.value ?? new Uint8Array(0)];
}

function child(
  items: Items,
  depth: number,
  wanted: readonly number[] | undefined,
  proof: Uint8Array[],
): Rlp {
  const below: Uint8Array[] = [];
  const node = build(items, depth, wanted, below);
  const bytes = encodeRlp(node);
  const embedded = bytes.length < 32;
  if (wanted !== undefined) proof.push(...(embedded ? [] : [bytes]), ...below);
  return embedded ? node : keccak_256(bytes);
}

function sharedLength(items: Items, depth: number): number {
  const [{ path: first }] = items;
  let length = 0;
  while (
    depth + length < first.length &&
    items.every(({ path }) => path[depth + length] === first[depth + length])
  )
    length += 1;
  return length;
}

function encodePath(nibbles: readonly number[], leaf: boolean): Uint8Array {
  const flag = leaf ? 2 : 0;
  const whole = nibbles.length % 2 === 0 ? [flag, 0, ...nibbles] : [flag + 1, ...nibbles];
  return concat(
    ...Array.from({ length: whole.length / 2 }, (_, i) =>
      Uint8Array.of(((whole[2 * i] ?? 0) << 4) | (whole[2 * i + 1] ?? 0)),
    ),
  );
}
