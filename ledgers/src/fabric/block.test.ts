import { common } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMidlockError, toHex } from '@midlock/protocol';
import { blockDataHash, blockHeaderHash } from './block-header.ts';
import { invocationEnvelope, signedBlock } from './block-fixture.ts';
import { parseBlock, parseBlockBytes } from './block.ts';
import { strayedSecretsOf } from './facts.ts';

const envelope = invocationEnvelope;
const block = (envelopes: readonly Uint8Array[], flags: readonly number[]): common.Block =>
  signedBlock({ number: 5, previousHash: new Uint8Array(32).fill(1), envelopes, flags });

describe('block headers', () => {
  it('hash as Fabric hashes them', () => {
    // SEQUENCE { INTEGER 128 (two bytes: the first bit is the sign), OCTET STRING 01, OCTET STRING 02 }
    const bytes = Uint8Array.from([
      0x30, 0x0a, 0x02, 0x02, 0x00, 0x80, 0x04, 0x01, 0x01, 0x04, 0x01, 0x02,
    ]);
    expect(
      toHex(
        blockHeaderHash({
          number: 128n,
          previousHash: Uint8Array.of(1),
          dataHash: Uint8Array.of(2),
        }),
      ),
    ).toBe(toHex(blockDataHash([bytes])));
    const long = blockHeaderHash({
      number: 0n,
      previousHash: new Uint8Array(200),
      dataHash: new Uint8Array(0),
    });
    const body = [0x02, 0x01, 0x00, 0x04, 0x81, 200, ...new Uint8Array(200), 0x04, 0x00];
    expect(toHex(long)).toBe(
      toHex(blockDataHash([Uint8Array.from([0x30, 0x81, body.length, ...body])])),
    );
  });
});

describe('blocks', () => {
  const txId = 'ab'.repeat(32);
  const secret = `0x${'5e'.repeat(32)}`;
  const claim = ['mid-account:claim', `0x${'01'.repeat(32)}`, secret];

  it('are refused when their data are not what their header says', () => {
    const tampered = block([envelope(txId, claim)], [0]);
    const data = new common.BlockData();
    data.setDataList([envelope(txId, ['mid-account:refund'])]);
    tampered.setData(data);
    expect(() => parseBlock(tampered)).toThrow('ENDPOINT_LIED');
  });

  it('are refused with a number that no block has, and with a transaction id that none has', () => {
    for (const number of [-1, 2 ** 53]) {
      const numbered = block([], []);
      numbered.getHeader()?.setNumber(number);
      expect(() => parseBlock(numbered)).toThrow('ENDPOINT_LIED');
    }
    for (const id of ['', 'ab', `${txId}00`, txId.toUpperCase()])
      expect(() => parseBlock(block([envelope(id, claim)], [0]))).toThrow('ENDPOINT_LIED');
  });

  it('count an envelope that nobody can read only when it is VALID', () => {
    const rubbish = Uint8Array.from([255, 1, 2]);
    expect(parseBlock(block([rubbish, envelope(txId, claim)], [2, 0])).transactions).toHaveLength(
      1,
    );
    expect(() => parseBlock(block([rubbish], [0]))).toThrow('ENDPOINT_LIED');
  });

  it('give away the secret of a claim that is not valid, and only of such', () => {
    const secrets = (flag: number, args: readonly string[]) =>
      strayedSecretsOf(parseBlock(block([envelope(txId, args)], [flag])), 'midlock').map((bytes) =>
        toHex(bytes),
      );
    expect(secrets(11, claim)).toEqual([secret]);
    expect(secrets(0, claim)).toEqual([]);
    expect(secrets(11, ['mid-account:refund', ...claim.slice(1)])).toEqual([]);
    expect(secrets(11, [claim[0]!, claim[1]!, '0x5e'])).toEqual([]);
  });

  it('treat a missing flag as not valid', () => {
    expect(parseBlock(block([envelope(txId, claim)], [])).transactions[0]?.validationCode).toBe(
      254,
    );
  });

  it('never fail in another way, whatever bytes arrive', () => {
    const good = block([envelope(txId, claim)], [0]).serializeBinary();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = byte;
        for (const candidate of [bytes, bytes.slice(0, cut)]) {
          try {
            parseBlockBytes(candidate);
          } catch (error) {
            expect(isMidlockError(error, 'ENDPOINT_LIED')).toBe(true);
          }
        }
      }),
      { seed: 12, numRuns: 1_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseBlockBytes(bytes);
        } catch (error) {
          expect(isMidlockError(error, 'ENDPOINT_LIED')).toBe(true);
        }
      }),
      { seed: 13, numRuns: 500 },
    );
  });
});
