import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { buildBlock } from '../ledger/blocks.ts';
import type { CommittedBlock } from '../ledger/channel.ts';
import { BlockFile } from './block-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'devnode-blocks-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function blockOf(number: bigint): CommittedBlock {
  const block = buildBlock(
    {
      number,
      previousHash: new Uint8Array(32),
      envelopes: [Buffer.from(`envelope ${String(number)}`)],
      flags: Uint8Array.of(0),
    },
    () => new Uint8Array(),
  );
  const privateData = [
    { index: 0, namespace: 'cc', collection: 'c', rwset: Uint8Array.of(1, 2, Number(number)) },
  ];
  return {
    number,
    hash: new Uint8Array(32),
    block,
    bytes: block.serializeBinary(),
    events: [],
    transactions: [],
    privateData,
  };
}

// From number 1 on: protobuf leaves out a zero, and records of one size are easier to reckon with.
function written(count: number): { path: string; content: Buffer } {
  const path = join(dir, `file-${String(count)}`);
  rmSync(path, { force: true });
  const file = new BlockFile(path);
  for (let i = 0; i < count; i += 1) file.append(blockOf(BigInt(i + 1)));
  file.close();
  return { path, content: readFileSync(path) };
}

test('blocks and private data come back as written', () => {
  const { path } = written(3);
  const file = new BlockFile(path);
  expect(file.blocks.map(({ block }) => block.getHeader()?.getNumber())).toEqual([1, 2, 3]);
  expect([...(file.blocks[2]?.privateData[0]?.rwset ?? [])]).toEqual([1, 2, 3]);
  file.close();
});

test('wherever the file ends, the whole records before are kept and the rest is cut off and told', () => {
  const { path, content } = written(4);
  const recordBytes = content.length / 4;
  fc.assert(
    fc.property(fc.nat(content.length), (at) => {
      writeFileSync(path, content.subarray(0, at));
      const file = new BlockFile(path);
      file.close();
      expect(file.blocks.length).toBe(Math.floor(at / recordBytes));
      expect(file.tornBytes).toBe(at % recordBytes);
      expect(readFileSync(path)).toEqual(content.subarray(0, file.blocks.length * recordBytes));
    }),
    { seed: 7, numRuns: 150 },
  );
});

test('wherever one octet is changed, the file is refused and left as it is', () => {
  const { path, content } = written(4);
  fc.assert(
    fc.property(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Buffer.from(content);
      changed[at] = (changed[at] ?? 0) ^ mask;
      writeFileSync(path, changed);
      expect(() => new BlockFile(path)).toThrow('LEDGER_DAMAGED');
      expect(readFileSync(path)).toEqual(changed);
    }),
    { seed: 8, numRuns: 150 },
  );
});
