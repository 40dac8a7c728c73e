import { common, gateway, msp } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBlockBytes } from './block.ts';
import { claimEnvelope, signedBlock } from './block-fixture.ts';
import { readPrepared } from './prepared.ts';

/** A field that says it has almost 4 GiB, of which a few bytes follow. */
const overlong = (field: number): Uint8Array =>
  Uint8Array.of((field << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3, 4, 5, 6);

describe('lengths beyond the end of a message', () => {
  it('are refused where a message, a text or a list should be, and not waited for', () => {
    const decoders: readonly (() => unknown)[] = [
      () => parseBlockBytes(overlong(1)),
      () => readPrepared(overlong(2)),
      () => gateway.PreparedTransaction.deserializeBinary(overlong(2)),
      () => msp.SerializedIdentity.deserializeBinary(overlong(1)),
      () => common.Metadata.deserializeBinary(overlong(2)),
    ];
    for (const decode of decoders) expect(decode).toThrow(/length beyond|ENDPOINT_LIED|INTERNAL/);
  });

  it('are refused inside a message that fits', () => {
    const inner = overlong(1);
    const outer = Uint8Array.of(0x12, inner.length, ...inner);
    expect(() => gateway.PreparedTransaction.deserializeBinary(outer)).toThrow();
    const identity = Uint8Array.of(0x0a, 0x7f, 0x41);
    expect(() => msp.SerializedIdentity.deserializeBinary(identity)).toThrow('length beyond');
  });

  it('are all that is refused', () => {
    const block = signedBlock({
      number: 3,
      previousHash: new Uint8Array(32),
      envelopes: [claimEnvelope('ab'.repeat(32))],
      flags: [0],
    });
    expect(parseBlockBytes(block.serializeBinary()).transactions).toHaveLength(1);
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (mspId, id) => {
        const identity = new msp.SerializedIdentity();
        identity.setMspid(mspId.toWellFormed());
        identity.setIdBytes(id);
        const again = msp.SerializedIdentity.deserializeBinary(identity.serializeBinary());
        expect([again.getMspid(), again.getIdBytes_asU8()]).toEqual([mspId.toWellFormed(), id]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
