import { sha256 } from '@noble/hashes/sha2.js';
import { concat, integerBytes, sameBytes } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import { protobufBytes, protobufNumber, protobufOne, readProtobuf } from './protobuf.ts';

/** A block header of Fabric. */
export interface FabricHeader {
  readonly number: bigint;
  /** Hash of the header before, 32 bytes; empty in block 0. */
  readonly previousHash: Uint8Array;
  /** {@link fabricDataHash} of the block's envelopes, 32 bytes. */
  readonly dataHash: Uint8Array;
}

export interface FabricBlock {
  readonly header: FabricHeader;
  /** The envelopes as their signed bytes. */
  readonly envelopes: readonly Uint8Array[];
  /** Unverified: signatures, flags and commit hash by their place. Flags are signed by nobody. */
  readonly metadata: readonly Uint8Array[];
}

/**
 * Reads a block (common.Block) and checks its data hash.
 * @throws {CryptoError} CRYPTO_ENCODING for malformed bytes, CRYPTO_INVALID when the envelopes are not those of the header.
 */
export function parseFabricBlock(bytes: Uint8Array): FabricBlock {
  const fields = readProtobuf(bytes);
  const header = readProtobuf(protobufOne(fields, 1));
  const block: FabricBlock = {
    header: {
      number: protobufNumber(header, 1),
      previousHash: protobufOne(header, 2),
      dataHash: protobufOne(header, 3),
    },
    envelopes: protobufBytes(readProtobuf(protobufOne(fields, 2)), 1),
    metadata: protobufBytes(readProtobuf(protobufOne(fields, 3)), 1),
  };
  check(
    'fabric-block.data-hash',
    sameBytes(fabricDataHash(block.envelopes), block.header.dataHash),
    'CRYPTO_INVALID',
    { number: block.header.number },
  );
  return block;
}

/** SHA-256 of all envelopes in a row. It fixes their bytes in sum, so a block is proven whole or not at all. */
export function fabricDataHash(envelopes: readonly Uint8Array[]): Uint8Array {
  return sha256(concat(...envelopes));
}

/** The header in the form that is hashed and signed: DER SEQUENCE of INTEGER number, OCTET STRING previous hash, OCTET STRING data hash. */
export function fabricHeaderBytes({ number, previousHash, dataHash }: FabricHeader): Uint8Array {
  check('fabric-header.number', number >= 0n && number < 1n << 64n, 'CRYPTO_RANGE', {
    field: 'number',
  });
  check(
    'fabric-header.previous-length',
    previousHash.length === (number === 0n ? 0 : 32),
    'CRYPTO_RANGE',
    { field: 'previousHash' },
  );
  check('fabric-header.data-length', dataHash.length === 32, 'CRYPTO_RANGE', { field: 'dataHash' });
  const digits = Math.floor(number.toString(2).length / 8) + 1;
  const content = concat(
    Uint8Array.of(2, digits),
    integerBytes(number, digits),
    Uint8Array.of(4, previousHash.length),
    previousHash,
    Uint8Array.of(4, 32),
    dataHash,
  );
  return concat(Uint8Array.of(0x30, content.length), content);
}

/** A block's hash: SHA-256 of {@link fabricHeaderBytes}. That of block 0 is the channel's network id. Throws CRYPTO_RANGE. */
export function fabricHeaderHash(header: FabricHeader): Uint8Array {
  return sha256(fabricHeaderBytes(header));
}

/**
 * True when `headers` follow one another from the header after `trusted`: numbers rise by one and each names the hash before.
 * Never throws.
 */
export function verifyFabricHeaders(
  trusted: FabricHeader,
  headers: readonly FabricHeader[],
): boolean {
  let last = trusted;
  try {
    for (const header of headers) {
      if (!holds('fabric-chain.number', header.number === last.number + 1n)) return false;
      if (
        !holds('fabric-chain.previous-hash', sameBytes(header.previousHash, fabricHeaderHash(last)))
      )
        return false;
      fabricHeaderBytes(header);
      last = header;
    }
    return true;
  } catch {
    return false;
  }
}
