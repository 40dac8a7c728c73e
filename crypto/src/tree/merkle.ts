import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, sameBytes } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';

/** Most leaves of a tree. */
export const MAX_LEAVES = 2 ** 32;

/** Hash of a leaf: keccak256(0x00 || bytes). The first byte keeps leaves and nodes apart (RFC 6962, 2.1). */
export function merkleLeaf(leaf: Uint8Array): Uint8Array {
  return keccak_256(concat(Uint8Array.of(0), leaf));
}

/** Hash of a node: keccak256(0x01 || left || right). */
export function merkleNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak_256(concat(Uint8Array.of(1), left, right));
}

/**
 * The root over leaves in order; the last node of an odd level moves up as it is. Whoever signs a root signs the number of leaves
 * with it: a path alone does not tell the size.
 * @throws {CryptoError} CRYPTO_RANGE for no leaves.
 */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  check('merkle.not-empty', leaves.length > 0, 'CRYPTO_RANGE', { field: 'leaves' });
  let level = leaves.map(merkleLeaf);
  while (level.length > 1) level = nextLevel(level);
  return level[0] ?? new Uint8Array(0);
}

/** The siblings from leaf `index` up to the root, as {@link verifyMerkleProof} takes them. Throws CRYPTO_RANGE for an unknown index. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  check(
    'merkle.prove-index',
    Number.isInteger(index) && index >= 0 && index < leaves.length,
    'CRYPTO_RANGE',
    { field: 'index' },
  );
  const proof: Uint8Array[] = [];
  let level = leaves.map(merkleLeaf);
  for (let place = index; level.length > 1; place = Math.floor(place / 2)) {
    const sibling = level[place ^ 1];
    if (sibling !== undefined) proof.push(sibling);
    level = nextLevel(level);
  }
  return proof;
}

/**
 * True when `leaf` is number `index` of the `size` leaves under `root`. The path is bound to the place, must have exactly its
 * length, and no sibling may be anything but 32 bytes. Never throws. Cost: one hash a level.
 */
export function verifyMerkleProof(
  root: Uint8Array,
  size: number,
  index: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(size) || size === 0 || !isCount(index)) return false;
  if (!holds('merkle.index-below-size', index < size)) return false;
  let hash = merkleLeaf(leaf);
  let used = 0;
  for (
    let [place, width] = [index, size];
    width > 1;
    [place, width] = [Math.floor(place / 2), Math.ceil(width / 2)]
  ) {
    if (place === width - 1 && place % 2 === 0) continue;
    const sibling = proof[used];
    used += 1;
    if (sibling?.length !== 32) return false;
    hash = place % 2 === 1 ? merkleNode(sibling, hash) : merkleNode(hash, sibling);
  }
  return (
    holds('merkle.proof-length', used === proof.length) &&
    holds('merkle.root', sameBytes(hash, root))
  );
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_LEAVES;
}

function nextLevel(level: readonly Uint8Array[]): Uint8Array[] {
  const next: Uint8Array[] = [];
  level.forEach((left, i) => {
    if (i % 2 === 1) return;
    const right = level[i + 1];
    next.push(right === undefined ? left : merkleNode(left, right));
  });
  return next;
}
