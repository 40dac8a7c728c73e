import { createHash } from 'node:crypto';
import { concatBytes } from '@midlock/protocol';

/** The three fields that a Fabric block header hashes. */
export interface FabricBlockHeader {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

/**
 * Hash of a block header: SHA-256 of DER SEQUENCE { INTEGER number, OCTET STRING previous, OCTET STRING data };
 * 32 bytes. The next block's `previous_hash` is this, and that of block 0 is the network's id.
 * Source: fabric, protoutil/blockutils.go, BlockHeaderBytes.
 */
export function blockHeaderHash({ number, previousHash, dataHash }: FabricBlockHeader): Uint8Array {
  const body = concatBytes(
    der(0x02, derInteger(number)),
    der(0x04, previousHash),
    der(0x04, dataHash),
  );
  return sha256(der(0x30, body));
}

/** SHA-256 over the block's envelopes one after the other; 32 bytes. */
export function blockDataHash(envelopes: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(...envelopes));
}

/** A non-negative integer in two's complement, as short as DER asks. */
function derInteger(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const bytes = Uint8Array.from(
    (hex.padStart(hex.length + (hex.length % 2), '0').match(/../g) ?? []).map((byte) =>
      Number.parseInt(byte, 16),
    ),
  );
  return (bytes[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), bytes) : bytes;
}

function der(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  if (length < 0x80) return concatBytes(Uint8Array.of(tag, length), content);
  const size = derInteger(BigInt(length)).filter((byte, i) => i > 0 || byte !== 0);
  return concatBytes(Uint8Array.of(tag, 0x80 | size.length), size, content);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
