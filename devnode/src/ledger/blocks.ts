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
  return createHash('sha256')
    .update(derHeader(number, previousHash, data))
    .digest();
}

/** The octets of a header that its hash covers and that orderers sign. */
export function headerBytes(header: common.BlockHeader): Uint8Array {
  return derHeader(
    BigInt(header.getNumber()),
    header.getPreviousHash_asU8(),
    header.getDataHash_asU8(),
  );
}

export interface BlockContent {
  readonly number: bigint;
  /** 32 octets; empty for the first block. */
  readonly previousHash: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
  /** A TxValidationCode for each envelope. */
  readonly flags: Uint8Array;
  /** 32 octets; absent for the first block. */
  readonly commitHash?: Uint8Array;
}

/** A block with its transactions' codes and its commit hash, signed by the orderers. */
export function buildBlock(
  { number, previousHash, envelopes, flags, commitHash }: BlockContent,
  sign: (header: common.BlockHeader) => Uint8Array,
): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(Number(number));
  header.setPreviousHash(previousHash);
  header.setDataHash(dataHash(envelopes));
  const data = new common.BlockData();
  data.setDataList(envelopes as Uint8Array[]);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList([
    sign(header),
    new Uint8Array(),
    flags,
    new Uint8Array(),
    commitHash === undefined ? new Uint8Array() : wrapped(commitHash),
  ]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata);
  return block;
}

/** A block's commit hash; empty where it has none. */
export function commitHashOf(block: common.Block | undefined): Uint8Array {
  const bytes = block?.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.COMMIT_HASH];
  if (bytes === undefined || bytes.length === 0) return new Uint8Array();
  return common.Metadata.deserializeBinary(bytes).getValue_asU8();
}

function wrapped(value: Uint8Array): Uint8Array {
  const metadata = new common.Metadata();
  metadata.setValue(value);
  return metadata.serializeBinary();
}

function derHeader(number: bigint, previousHash: Uint8Array, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([derInteger(number), derOctets(previousHash), derOctets(data)]);
  return Buffer.concat([Buffer.from([0x30]), derLength(body.length), body]);
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
