import fc from 'fast-check';
import { isMidlockError } from '@midlock/protocol';
import { expect, it } from 'vitest';
import { CallFailure } from '../fabric/call-failure.ts';
import { blockOf } from './deliver.ts';

it('reads a block as the library decodes it', () => {
  const block = blockOf({
    Type: 'block',
    block: {
      header: {
        number: { toString: () => '7' },
        previous_hash: Buffer.from([1]),
        data_hash: Buffer.from([2]),
      },
      data: { data: [Buffer.from([3])] },
      metadata: { metadata: [Buffer.from([4]), Buffer.from([5])] },
    },
  });
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
