import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { isMidlockError } from '@midlock/protocol';
import { expect, it } from 'vitest';
import { CallFailure } from '../fabric/call-failure.ts';
import { blockOf, deliveredBlocks } from './deliver.ts';
import type { SignedMessage } from './library.ts';

const REQUEST: SignedMessage = { payload: new Uint8Array(), signature: new Uint8Array() };

const header = {
  number: { toString: () => '7' },
  previous_hash: Buffer.from([1]),
  data_hash: Buffer.from([2]),
};
const data = { data: [Buffer.from([3])] };
const metadata = { metadata: [Buffer.from([4]), Buffer.from([5])] };
const delivered = { Type: 'block', block: { header, data, metadata } };

/** A peer's stream that delivers the answers and then ends. */
function streamOf(...answers: readonly unknown[]): Duplex {
  const stream = new Duplex({
    objectMode: true,
    read: () => undefined,
    write: (_request, _encoding, done) => {
      done();
    },
  });
  for (const answer of [...answers, null]) stream.push(answer);
  return stream;
}

async function heights(stream: Duplex, signal: AbortSignal): Promise<number[]> {
  const found: number[] = [];
  for await (const block of deliveredBlocks(stream, REQUEST, signal))
    found.push(block.getHeader()?.getNumber() ?? -1);
  return found;
}

it('says that a stream ended, unless it was to end', async () => {
  const stopped = new AbortController();
  await expect(heights(streamOf(delivered), stopped.signal)).rejects.toMatchObject({
    code: 14,
    message: 'the block stream ended',
  });
  const stream = streamOf();
  const reading = heights(stream, stopped.signal);
  stopped.abort();
  expect(await reading).toEqual([]);
});

it.each([
  ['a list that is none', { ...delivered.block, data: { data: 'abc' } }],
  ['bytes that are none', { ...delivered.block, data: { data: ['abc'] } }],
  ['a hash that is none', { ...delivered.block, header: { ...header, data_hash: 'Ag==' } }],
  ['no header', { ...delivered.block, header: undefined }],
])('refuses a block with %s', (_what, block) => {
  expect(() => blockOf({ block })).toThrow(
    expect.objectContaining({ code: 'ENDPOINT_LIED', data: { what: 'malformed block' } }),
  );
});

it('reads a block as the library decodes it', () => {
  const block = blockOf(delivered);
  expect(block.toObject()).toMatchObject({
    header: { number: 7, previousHash: 'AQ==', dataHash: 'Ag==' },
    data: { dataList: ['Aw=='] },
    metadata: { metadataList: ['BA==', 'BQ=='] },
  });
});

it('takes a status for the end of the stream', () => {
  expect(() => blockOf({ Type: 'status', status: 404 })).toThrow('the peer ended the block stream');
});

it('fails with ENDPOINT_LIED or the end of the stream, whatever a peer delivers', () => {
  const member = fc.oneof(fc.anything(), fc.uint8Array());
  const block = fc.record({
    header: fc.oneof(fc.anything(), fc.record({ number: member, previous_hash: member })),
    data: fc.record({ data: fc.oneof(fc.anything(), fc.array(member)) }),
    metadata: fc.anything(),
  });
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.record({ block: fc.oneof(block, member) })),
      (answer) => {
        try {
          blockOf(answer);
        } catch (error) {
          expect(error instanceof CallFailure || isMidlockError(error, 'ENDPOINT_LIED')).toBe(true);
        }
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});
