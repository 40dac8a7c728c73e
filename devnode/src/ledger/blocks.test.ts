import { createHash } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headerOctets } from '../../conformance/verify-chain.ts';
import { buildBlock, dataHash, headerHash } from './blocks.ts';

const unsigned = (): Uint8Array => new Uint8Array();

function verifierHeaderHash(block: Uint8Array): string {
  const octets = headerOctets(common.Block.deserializeBinary(block));
  return createHash('sha256').update(octets).digest('hex');
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('hashes of blocks', () => {
  test('agree with a verifier that shares no code, for every size of number and hash', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.bigInt({ min: 0n, max: 300n }),
          fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
        ),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        (number, previous, envelopes) => {
          const flags = new Uint8Array(envelopes.length);
          const block = buildBlock(
            { number, previousHash: previous, envelopes, flags },
            unsigned,
          ).serializeBinary();
          expect(hex(headerHash(number, previous, dataHash(envelopes)))).toBe(
            verifierHeaderHash(block),
          );
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  test('the data hash is that of the envelopes one after another', () => {
    const [a, b] = [Buffer.from('first'), Buffer.from('second')];
    expect(hex(dataHash([a, b]))).toBe(createHash('sha256').update('firstsecond').digest('hex'));
    expect(hex(dataHash([]))).toBe(createHash('sha256').digest('hex'));
  });
});
