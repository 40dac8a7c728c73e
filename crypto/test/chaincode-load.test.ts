import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** What chaincode does with the core: a CommonJS program on plain Node, here on the recorded blocks and a tree. */
const PROGRAM = `
  const core = require('@midlock/crypto');
  const { readFileSync } = require('node:fs');
  const leaves = [1, 2, 3, 4, 5].map((n) => Uint8Array.of(n));
  const path = core.merkleProof(leaves, 4);
  const tree = [core.verifyMerkleProof(core.merkleRoot(leaves), 5, 4, leaves[4], path), core.verifyMerkleProof(core.merkleRoot(leaves), 5, 3, leaves[4], path)];
  const recorded = JSON.parse(readFileSync('vectors/fabric/blocks.json', 'utf8'));
  const headers = recorded.blocks.map((block) => core.parseFabricBlock(Buffer.from(block, 'base64')).header);
  const chain = [core.verifyFabricHeaders(headers[0], headers.slice(1)), core.verifyFabricHeaders(headers[0], headers.slice(2))];
  const entries = leaves.map((leaf, i) => ({ key: core.receiptKey(i), value: leaf }));
  const { root, nodes } = core.buildTrieProof(entries, core.receiptKey(2));
  console.log(JSON.stringify({ tree, chain, value: [...core.readTrie(root, core.receiptKey(2), nodes)] }));`;

describe('the core in chaincode', () => {
  it('loads by require and answers as here', () => {
    const root = new URL('../../', import.meta.url).pathname;
    const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=source', '-e', PROGRAM], {
      cwd: root,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stdout, stderr).not.toBe('');
    expect(JSON.parse(stdout)).toEqual({
      tree: [true, false],
      chain: [true, false],
      value: [3],
    });
  });
});
