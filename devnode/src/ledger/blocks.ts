import { createHash } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';

/** data_hash: SHA-256 over the concatenated envelopes. */
export function dataHash(envelopes: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const envelope of envelopes) hash.update(envelope);
  return hash.digest();
}

/** Header hash: SHA-256 over DER SEQUENCE { INTEGER number, OCTET STRING previous, OCTET STRING data }. */
export function headerHash(number: bigint, previousHash: Uint8Array, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([derInteger(number), derOctets(previousHash), derOctets(data)]);
  return createHash('sha256')
    .update(Buffer.concat([Buffer.from([0x30]), derLength(body.length), body]))
    .digest();
}

/** A block with its transaction flags and a chained commit hash; signatures are absent. `previous` is the block before. */
export function buildBlock(
  number: bigint,
  previousHash: Uint8Array,
  envelopes: readonly Uint8Array[],
  flags: Uint8Array,
  previous?: common.Block,
): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(Number(number));
  header.setPreviousHash(previousHash);
  header.setDataHash(dataHash(envelopes));
  const data = new common.BlockData();
  data.setDataList(envelopes as Uint8Array[]);
  const metadata = new common.BlockMetadata();
  const commitHash = number === 0n ? new Uint8Array() : chainFlags(flags, previous);
  metadata.setMetadataList([
    consenterMetadata(),
    new Uint8Array(),
    flags,
    new Uint8Array(),
    commitHash,
  ]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

function consenterMetadata(): Uint8Array {
  const ordering = new common.OrdererBlockMetadata();
  ordering.setLastConfig(new common.LastConfig());
  const wrapped = new common.Metadata();
  wrapped.setValue(ordering.serializeBinary());
  return wrapped.serializeBinary();
}

/** Covers flags and the hash before, not the state updates as a peer's does: the two are not equal. */
function chainFlags(flags: Uint8Array, previous: common.Block | undefined): Uint8Array {
  const before =
    previous?.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.COMMIT_HASH] ??
    new Uint8Array();
  const wrapped = new common.Metadata();
  wrapped.setValue(
    createHash('sha256')
      .update(flags)
      .update(
        before.length === 0 ? before : common.Metadata.deserializeBinary(before).getValue_asU8(),
      )
      .digest(),
  );
  return wrapped.serializeBinary();
}

function derInteger(value: bigint): Buffer {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  let bytes = Buffer.from(hex, 'hex');
  if ((bytes[0] ?? 0) >= 0x80) bytes = Buffer.concat([Buffer.from([0]), bytes]);
  return Buffer.concat([Buffer.from([0x02]), derLength(bytes.length), bytes]);
}

function derOctets(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x04]), derLength(bytes.length), bytes]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100
    ? Buffer.from([0x81, length])
    : Buffer.from([0x82, length >> 8, length & 0xff]);
}
