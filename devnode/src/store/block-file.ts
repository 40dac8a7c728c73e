import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { common } from '@hyperledger/fabric-protos';
import { DevnodeError } from '../devnode-error.ts';
import type { BlockPrivateData, CommittedBlock } from '../ledger/channel.ts';
import { boundProtobufReads } from '../protobuf-bounds.ts';

boundProtobufReads();

/** Two lengths and the checksum over them. */
const HEADER_BYTES = 16;
const LENGTHS_BYTES = 8;
const CHECKSUM_BYTES = 32;

export interface StoredBlock {
  readonly block: common.Block;
  readonly privateData: readonly BlockPrivateData[];
}

/**
 * Append-only file of blocks. A record is: length of the block, length of the private data (both 4 bytes, big endian), 8 bytes of
 * SHA-256 over the two, block, private data as JSON, SHA-256 of all before. Where the file ends in the middle of a record, what a
 * crash leaves, that record is cut off when the file is opened; whatever else does not fit its checksum is refused.
 */
export class BlockFile {
  readonly blocks: readonly StoredBlock[];
  /** Octets of a half-written record that were cut off. */
  readonly tornBytes: number;
  readonly #fd: number;
  readonly #ends: number[];

  /** @throws {DevnodeError} LEDGER_DAMAGED; the file is then as it was. */
  constructor(path: string) {
    const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const { blocks, ends } = readRecords(path, content);
    this.blocks = blocks;
    this.tornBytes = content.length - (ends.at(-1) ?? 0);
    this.#ends = ends;
    this.#fd = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
    ftruncateSync(this.#fd, ends.at(-1) ?? 0);
  }

  append({ bytes, privateData }: CommittedBlock): void {
    const data = Buffer.from(
      JSON.stringify(
        privateData.map((entry) => ({
          ...entry,
          rwset: Buffer.from(entry.rwset).toString('base64'),
        })),
      ),
    );
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(bytes.length, 0);
    header.writeUInt32BE(data.length, 4);
    checksum(header.subarray(0, LENGTHS_BYTES)).copy(header, LENGTHS_BYTES, 0, LENGTHS_BYTES);
    const record = Buffer.concat([header, bytes, data]);
    const start = this.#ends.at(-1) ?? 0;
    writeSync(
      this.#fd,
      Buffer.concat([record, checksum(record)]),
      0,
      record.length + CHECKSUM_BYTES,
      start,
    );
    this.#ends.push(start + record.length + CHECKSUM_BYTES);
  }

  /** Drops all blocks from this height on. */
  truncate(height: bigint): void {
    this.#ends.length = Math.min(this.#ends.length, Number(height));
    ftruncateSync(this.#fd, this.#ends.at(-1) ?? 0);
  }

  close(): void {
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

function readRecords(path: string, content: Buffer): { blocks: StoredBlock[]; ends: number[] } {
  const blocks: StoredBlock[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= content.length) {
    const lengths = content.subarray(at, at + LENGTHS_BYTES);
    const sum = content.subarray(at + LENGTHS_BYTES, at + HEADER_BYTES);
    if (!checksum(lengths).subarray(0, LENGTHS_BYTES).equals(sum)) throw damaged(path, at, ends);
    const blockEnd = at + HEADER_BYTES + content.readUInt32BE(at);
    const dataEnd = blockEnd + content.readUInt32BE(at + 4);
    const end = dataEnd + CHECKSUM_BYTES;
    if (end > content.length) break;
    if (!checksum(content.subarray(at, dataEnd)).equals(content.subarray(dataEnd, end)))
      throw damaged(path, at, ends);
    const block = common.Block.deserializeBinary(
      Uint8Array.from(content.subarray(at + HEADER_BYTES, blockEnd)),
    );
    blocks.push({ block, privateData: readPrivateData(content.subarray(blockEnd, dataEnd)) });
    ends.push(end);
    at = end;
  }
  return { blocks, ends };
}

function damaged(path: string, at: number, ends: readonly number[]): DevnodeError {
  return new DevnodeError(
    'LEDGER_DAMAGED',
    `${path}: block ${ends.length} at octet ${at} is not what was written; restore the file, cut it to ${at} octets to go on from the block before, or remove the data folder to begin anew`,
  );
}

function readPrivateData(json: Buffer): BlockPrivateData[] {
  const entries = JSON.parse(json.toString()) as {
    index: number;
    namespace: string;
    collection: string;
    rwset: string;
  }[];
  return entries.map((entry) => ({
    ...entry,
    rwset: Uint8Array.from(Buffer.from(entry.rwset, 'base64')),
  }));
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
