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
import type { BlockPrivateData, CommittedBlock } from '../ledger/channel.ts';

const HEADER_BYTES = 8;
const CHECKSUM_BYTES = 32;

export interface StoredBlock {
  readonly block: common.Block;
  readonly privateData: readonly BlockPrivateData[];
}

/**
 * Append-only file of blocks. A record is: length of the block, length of the private data (both 4 bytes, big endian), block,
 * private data as JSON, SHA-256 of all before. A torn or damaged record and everything behind it are cut off when it is opened.
 */
export class BlockFile {
  readonly blocks: readonly StoredBlock[];
  readonly #fd: number;
  readonly #ends: number[];

  constructor(path: string) {
    const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const { blocks, ends } = readRecords(content);
    this.blocks = blocks;
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

function readRecords(content: Buffer): { blocks: StoredBlock[]; ends: number[] } {
  const blocks: StoredBlock[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= content.length) {
    const blockEnd = at + HEADER_BYTES + content.readUInt32BE(at);
    const dataEnd = blockEnd + content.readUInt32BE(at + 4);
    const end = dataEnd + CHECKSUM_BYTES;
    if (
      end > content.length ||
      !checksum(content.subarray(at, dataEnd)).equals(content.subarray(dataEnd, end))
    )
      break;
    const block = common.Block.deserializeBinary(
      Uint8Array.from(content.subarray(at + HEADER_BYTES, blockEnd)),
    );
    blocks.push({ block, privateData: readPrivateData(content.subarray(blockEnd, dataEnd)) });
    ends.push(end);
    at = end;
  }
  return { blocks, ends };
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
