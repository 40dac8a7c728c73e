import type { BaseContract } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  merkleLeaf,
  merkleNode,
  merkleProof,
  merkleRoot,
  verifyMerkleProof,
} from '../src/tree/merkle.ts';
import { compile, startChain, type Chain } from './evm.ts';

const HARNESS = `
import {MerkleTree} from "contracts/verify/tree/MerkleTree.sol";
contract Harness {
  function verify(bytes32 root, uint256 size, uint256 index, bytes memory leaf, bytes32[] calldata proof) public pure returns (bool) { return MerkleTree.verify(root, size, index, leaf, proof); }
  function execution(bytes32 root, uint256 size, uint256 index, bytes memory leaf, bytes32[] calldata proof) external view returns (uint256) {
    uint256 before = gasleft();
    MerkleTree.verify(root, size, index, leaf, proof);
    return before - gasleft();
  }
}`;

let chain: Chain;
let contract: BaseContract;
beforeAll(async () => {
  chain = await startChain();
  contract = await chain.deploy(compile(HARNESS, 'Harness'));
});
afterAll(async () => {
  await chain.stop();
});

type Arguments = readonly [
  root: Uint8Array,
  size: number,
  index: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
];
const onChain = async (args: Arguments, on = contract): Promise<boolean> =>
  (await on.getFunction('verify').staticCall(...args)) as boolean;
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Uint8Array.of(i >> 8, i, 7));

describe('Merkle paths in Solidity', () => {
  it('agree with TypeScript on right and wrong paths', async () => {
    for (const size of [1, 2, 3, 5, 8, 13, 100]) {
      const leaves = leavesOf(size);
      const root = merkleRoot(leaves);
      for (const index of new Set([0, size >> 1, size - 1])) {
        const proof = merkleProof(leaves, index);
        const cases: Arguments[] = [
          [root, size, index, leaves[index]!, proof],
          [root, size, index ^ 1, leaves[index]!, proof],
          [root, size + 1, index, leaves[index]!, proof],
          [root, size, index + size, leaves[index]!, proof],
          [root, size, index, Uint8Array.of(9), proof],
          [root, size, index, leaves[index]!, proof.slice(1)],
          [root, size, index, leaves[index]!, [...proof, root]],
          [root, 0, index, leaves[index]!, proof],
        ];
        for (const args of cases) expect(await onChain(args)).toBe(verifyMerkleProof(...args));
        expect(await onChain(cases[0]!)).toBe(true);
      }
    }
  });

  it('need each of their checks', async () => {
    const leaves = leavesOf(2);
    const root = merkleRoot(leaves);
    const proof = merkleProof(leaves, 1);
    // The first of more leaves than a tree may have.
    const tall = Array.from({ length: 33 }, (_, level) => new Uint8Array(32).fill(level));
    const tallRoot = tall.reduce((hash, right) => merkleNode(hash, right), merkleLeaf(leaves[0]!));
    for (const [id, args] of [
      ['merkle-index', [root, 2, 3, leaves[1]!, proof]],
      ['merkle-proof-length', [root, 2, 1, leaves[1]!, [...proof, root]]],
      ['merkle-size', [tallRoot, 2 ** 32 + 1, 0, leaves[0]!, tall]],
    ] as readonly (readonly [string, Arguments])[]) {
      expect(await onChain(args)).toBe(false);
      expect(await onChain(args, await chain.deploy(compile(HARNESS, 'Harness', id)))).toBe(true);
    }
  });

  it('cost about 250 gas a level', async () => {
    const leaves = leavesOf(1024);
    const args: Arguments = [merkleRoot(leaves), 1024, 77, leaves[77]!, merkleProof(leaves, 77)];
    const gas = (await contract.getFunction('execution').staticCall(...args)) as bigint;
    console.log(`Merkle path of 10 levels: ${gas} gas`);
    expect(gas).toBeLessThan(4_000n);
  });
});
