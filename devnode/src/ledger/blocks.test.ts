import { createHash } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildBlock, dataHash, headerHash } from './blocks.ts';

/**
 * A second implementation that shares no line with the first: DER by the book (ITU-T X.690), bytes by hand, as a verifier
 * of real blocks has it.
 */
function verifierHeaderHash(block: Uint8Array): string {
  const header = common.Block.deserializeBinary(block).getHeader();
  if (header === undefined) throw new Error('no header');
  const number = BigInt(header.getNumber());
  const digits: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 8n) digits.unshift(Number(rest & 0xffn));
  if (digits.length === 0 || (digits[0] ?? 0) > 127) digits.unshift(0);
  const tlv = (tag: number, content: number[]): number[] => {
    if (content.length < 128) return [tag, content.length, ...content];
    const size = [...Buffer.from(content.length.toString(16).padStart(4, '0'), 'hex')];
    while (size[0] === 0) size.shift();
    return [tag, 0x80 | size.length, ...size, ...content];
  };
  const sequence = tlv(0x30, [
    ...tlv(2, digits),
    ...tlv(4, [...header.getPreviousHash_asU8()]),
    ...tlv(4, [...header.getDataHash_asU8()]),
  ]);
  return createHash('sha256').update(Uint8Array.from(sequence)).digest('hex');
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
          const block = buildBlock(number, previous, envelopes, flags).serializeBinary();
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

  test('a chain of blocks: each names the hash of the one before, and the commit hash covers flags and its predecessor', () => {
    const chain: common.Block[] = [];
    let previousHash: Uint8Array = new Uint8Array();
    for (let number = 0; number < 4; number += 1) {
      const envelopes = [Buffer.from(`envelope ${number}`)];
      const block = buildBlock(
        BigInt(number),
        previousHash,
        envelopes,
        Uint8Array.of(number),
        chain.at(-1),
      );
      if (number > 0)
        expect(hex(block.getHeader()?.getPreviousHash_asU8() ?? new Uint8Array())).toBe(
          verifierHeaderHash(chain.at(-1)?.serializeBinary() ?? new Uint8Array()),
        );
      previousHash = headerHash(BigInt(number), previousHash, dataHash(envelopes));
      chain.push(block);
    }
    const commitHashes = chain.map((block) => {
      const bytes = block.getMetadata()?.getMetadataList_asU8()[4] ?? new Uint8Array();
      return bytes.length === 0
        ? ''
        : hex(common.Metadata.deserializeBinary(bytes).getValue_asU8());
    });
    expect(commitHashes[0]).toBe('');
    const second = createHash('sha256').update(Uint8Array.of(1)).digest();
    expect(commitHashes[1]).toBe(hex(second));
    expect(commitHashes[2]).toBe(
      hex(createHash('sha256').update(Uint8Array.of(2)).update(second).digest()),
    );
    expect(new Set(commitHashes).size).toBe(4);
  });
});
