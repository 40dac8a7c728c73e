import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCertificatePem } from '../identity/certificate.ts';
import { verifyCertificateChain, verifyFabricSignature } from '../identity/fabric.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { unhex } from '../testing/vectors.ts';
import {
  fabricDataHash,
  fabricHeaderBytes,
  fabricHeaderHash,
  parseFabricBlock,
  verifyFabricHeaders,
  type FabricHeader,
} from './block.ts';
import { protobufBytes, protobufNumber, protobufOne, readProtobuf } from './protobuf.ts';

interface Recorded {
  readonly chainInfo: string;
  readonly organization: { readonly caPem: string; readonly userPem: string };
  readonly blocks: readonly string[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../../../vectors/fabric/blocks.json', import.meta.url), 'utf8'),
) as Recorded;
const bytes = recorded.blocks.map((text) => new Uint8Array(Buffer.from(text, 'base64')));
const blocks = bytes.map(parseFabricBlock);
const headers = blocks.map(({ header }) => header);
const info = readProtobuf(new Uint8Array(Buffer.from(recorded.chainInfo, 'base64')));

describe('blocks of Fabric 3.1.5', () => {
  it('have the hashes that the peer computed', () => {
    expect(protobufNumber(info, 1)).toBe(BigInt(blocks.length));
    expect(fabricHeaderHash(headers.at(-1)!)).toEqual(protobufOne(info, 2));
    expect(fabricHeaderHash(headers.at(-2)!)).toEqual(protobufOne(info, 3));
  });

  it('form a chain from block 0', () => {
    expect(headers.map(({ number }) => number)).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(headers[0]!.previousHash).toHaveLength(0);
    expect(verifyFabricHeaders(headers[0]!, headers.slice(1))).toBe(true);
  });

  it('hold envelopes that a member of the organisation signed', () => {
    const { caPem, userPem } = recorded.organization;
    const [authority, user] = [parseCertificatePem(caPem), parseCertificatePem(userPem)];
    const trust = {
      roots: [authority],
      intermediates: [],
      atSec: user.notBeforeSec + 60n,
      revoked: new Set<string>(),
    };
    expect(verifyCertificateChain(user, trust)).toEqual([user, authority]);
    for (const block of blocks.slice(3)) {
      const envelope = readProtobuf(block.envelopes[0]!);
      const [payload, signature] = [protobufOne(envelope, 1), protobufOne(envelope, 2)];
      expect(verifyFabricSignature(user, payload, signature)).toBe(true);
      expect(verifyFabricSignature(authority, payload, signature)).toBe(false);
      const creator = readProtobuf(
        protobufOne(
          readProtobuf(protobufOne(readProtobuf(protobufOne(readProtobuf(payload), 1)), 2)),
          1,
        ),
      );
      expect(parseCertificatePem(new TextDecoder().decode(protobufOne(creator, 2)))).toEqual(user);
    }
  });
});

describe('a chain of headers', () => {
  it('breaks at a gap, a fork or a change', () => {
    const [genesis, first, second] = headers as [FabricHeader, FabricHeader, FabricHeader];
    expect(
      refusedOnlyBy('fabric-chain.previous-hash', () =>
        verifyFabricHeaders(genesis, [{ ...first, previousHash: new Uint8Array(32) }]),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('fabric-chain.number', () =>
        verifyFabricHeaders(genesis, [{ ...first, number: 7n }]),
      ),
    ).toBe(true);
    expect(verifyFabricHeaders(genesis, [second])).toBe(false);
    expect(verifyFabricHeaders(genesis, [{ ...first, dataHash: new Uint8Array(32) }, second])).toBe(
      false,
    );
    expect(verifyFabricHeaders(genesis, [{ ...first, dataHash: new Uint8Array(31) }])).toBe(false);
  });

  it('hashes each number in its shortest form', () => {
    const at = (number: bigint): string =>
      Buffer.from(
        fabricHeaderBytes({
          number,
          previousHash: new Uint8Array(32),
          dataHash: new Uint8Array(32),
        }),
      )
        .toString('hex')
        .slice(4, 20);
    expect([1n, 127n, 128n, 256n, 1n << 63n].map(at)).toEqual([
      '0201010420000000',
      '02017f0420000000',
      '0202008004200000',
      '0202010004200000',
      '0209008000000000',
    ]);
  });

  it('refuses headers that no block has', () => {
    const [, header] = headers as [FabricHeader, FabricHeader];
    expect(() => fabricHeaderBytes({ ...header, number: 1n << 64n })).toThrow(
      'fabric-header.number',
    );
    expect(
      refusedOnlyBy('fabric-header.previous-length', () =>
        fabricHeaderBytes({ ...header, previousHash: new Uint8Array(31) }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('fabric-header.data-length', () =>
        fabricHeaderBytes({ ...header, dataHash: new Uint8Array(31) }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('fabric-header.number', () =>
        fabricHeaderBytes({ ...header, number: (1n << 64n) + 1n }),
      ),
    ).toBe(true);
  });
});

describe('a block', () => {
  it("is refused when an envelope was changed, or the header's data hash", () => {
    const last = bytes.at(-1)!;
    const envelope = blocks.at(-1)!.envelopes[0]!;
    const changed = last.slice();
    changed[envelope.byteOffset - last.byteOffset + 100]! ^= 1;
    expect(refusedOnlyBy('fabric-block.data-hash', () => parseFabricBlock(changed))).toBe(true);
    expect(fabricDataHash([envelope])).toEqual(blocks.at(-1)!.header.dataHash);
  });

  it('never fails but with a typed error', () => {
    const last = bytes.at(-1)!;
    fc.assert(
      fc.property(fc.nat(last.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = last.slice();
        damaged[place]! ^= change;
        try {
          parseFabricBlock(damaged);
        } catch (error) {
          expect(error).toHaveProperty('name', 'CryptoError');
        }
      }),
      { seed: 23, numRuns: 400 },
    );
  });
});

describe('protobuf', () => {
  it.each([
    ['protobuf.field-number', '0000'],
    ['protobuf.cut', '0a05aa'],
    ['protobuf.varint-minimal', '088000'],
    ['protobuf.varint-range', '08ffffffffffffffffff02'],
  ])('refuses by %s alone', (id, text) => {
    expect(refusedOnlyBy(id, () => readProtobuf(unhex(text)))).toBe(true);
  });

  it('refuses other wire types, cut and endless numbers, and fields of another kind or twice', () => {
    expect(() => readProtobuf(unhex('0d00000000'))).toThrow('protobuf.wire-type');
    expect(() => readProtobuf(unhex('0880'))).toThrow('protobuf.varint-cut');
    expect(() => readProtobuf(unhex(`08${'ff'.repeat(11)}`))).toThrow('protobuf.varint-long');
    expect(() => protobufBytes(readProtobuf(unhex('0801')), 1)).toThrow('protobuf.kind');
    expect(() => protobufNumber(readProtobuf(unhex('0a0101')), 1)).toThrow('protobuf.kind');
    for (const read of [protobufOne, protobufNumber]) {
      const twice = readProtobuf(unhex(read === protobufOne ? '0a000a00' : '08010802'));
      expect(
        refusedOnlyBy('protobuf.once', () => {
          read(twice, 1);
        }),
      ).toBe(true);
    }
    expect(withoutChecks([], () => protobufNumber(readProtobuf(unhex('0801')), 2))).toBe(0n);
  });
});
