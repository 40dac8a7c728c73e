import { msp } from '@hyperledger/fabric-protos';
import { describe, expect, it } from 'vitest';
import { policyFromBytes, policyToBytes, parsePolicy } from './msp/index.ts';

/** A field that says it has almost 4 GiB, of which a few bytes follow. */
const overlong = (field: number): Uint8Array =>
  Uint8Array.of((field << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3, 4, 5, 6);

describe('lengths beyond the end of a message', () => {
  it('are refused and not waited for', () => {
    expect(() => policyFromBytes(overlong(2))).toThrow('Error unmarshalling');
    expect(() => msp.SerializedIdentity.deserializeBinary(overlong(1))).toThrow('length beyond');
  });

  it('are all that is refused', () => {
    const policy = parsePolicy("AND('A.peer', OR('B.member', 'C.admin'))");
    expect(policyFromBytes(policyToBytes(policy))).toEqual(policy);
  });
});
