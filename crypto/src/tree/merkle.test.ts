import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../encoding/bytes.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { merkleLeaf, merkleNode, merkleProof, merkleRoot, verifyMerkleProof } from './merkle.ts';

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Uint8Array.of(i >> 8, i));

describe('the tree', () => {
  it('has the shape that its definition says', () => {
    const [a, b, c] = leavesOf(3).map(merkleLeaf);
    expect(merkleRoot(leavesOf(1))).toEqual(a);
    expect(merkleRoot(leavesOf(3))).toEqual(merkleNode(merkleNode(a!, b!), c!));
    expect(() => merkleRoot([])).toThrow('merkle.not-empty');
    expect(() => merkleProof(leavesOf(2), 2)).toThrow('merkle.prove-index');
  });

  it('proves every leaf of every size up to 40, and at no other place or size of the same depth', () => {
    for (let size = 1; size <= 40; size += 1) {
      const leaves = leavesOf(size);
      const root = merkleRoot(leaves);
      for (let index = 0; index < size; index += 1) {
        const proof = merkleProof(leaves, index);
        expect(verifyMerkleProof(root, size, index, leaves[index]!, proof)).toBe(true);
        for (let other = 0; other < size; other += 1) {
          if (other !== index)
            expect(verifyMerkleProof(root, size, other, leaves[index]!, proof)).toBe(false);
        }
      }
    }
  });

  it('refuses an index at or beyond the size, a path too long or too short, and siblings of another length', () => {
    const leaves = leavesOf(2);
    const root = merkleRoot(leaves);
    const proof = merkleProof(leaves, 1);
    // 3 walks the same turns as 1 in a tree of two.
    expect(
      refusedOnlyBy('merkle.index-below-size', () =>
        verifyMerkleProof(root, 2, 3, leaves[1]!, proof),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('merkle.proof-length', () =>
        verifyMerkleProof(root, 2, 1, leaves[1]!, [...proof, new Uint8Array(32)]),
      ),
    ).toBe(true);
    expect(verifyMerkleProof(root, 2, 1, leaves[1]!, [])).toBe(false);
    expect(verifyMerkleProof(root, 2, 1, leaves[1]!, [concat(proof[0]!, Uint8Array.of(0))])).toBe(
      false,
    );
    expect(
      refusedOnlyBy('merkle.root', () => verifyMerkleProof(root, 2, 1, leaves[0]!, proof)),
    ).toBe(true);
    for (const [size, index] of [
      [0, 0],
      [2, -1],
      [2.5, 0],
      [2, 0.5],
      [2 ** 33, 0],
    ] as const)
      expect(verifyMerkleProof(root, size, index, leaves[0]!, proof)).toBe(false);
  });

  it('does not take a node for a leaf, nor a tree for its own last leaf', () => {
    const leaves = leavesOf(4);
    const root = merkleRoot(leaves);
    const [left, right] = [leaves.slice(0, 2), leaves.slice(2)].map((pair) => merkleRoot(pair));
    expect(
      verifyMerkleProof(root, 2, 0, concat(...leaves.slice(0, 2).map(merkleLeaf)), [right!]),
    ).toBe(false);
    expect(
      verifyMerkleProof(merkleRoot([left!, right!]), 4, 0, leaves[0]!, merkleProof(leaves, 0)),
    ).toBe(false);
  });

  it('does not duplicate the last leaf of an odd level (CVE-2012-2459)', () => {
    const leaves = leavesOf(3);
    expect(merkleRoot([...leaves, leaves[2]!])).not.toEqual(merkleRoot(leaves));
  });

  it('proves nothing false under random changes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 70 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (size, at, place, change) => {
          const leaves = leavesOf(size);
          const index = at % size;
          const proof = merkleProof(leaves, index).map((sibling) => sibling.slice());
          const target = proof[place % proof.length]!;
          target[place % 32]! ^= change;
          expect(verifyMerkleProof(merkleRoot(leaves), size, index, leaves[index]!, proof)).toBe(
            false,
          );
        },
      ),
      { seed: 17, numRuns: 150 },
    );
  });
});
