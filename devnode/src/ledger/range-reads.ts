import { createHash } from 'node:crypto';
import { ledger } from '@hyperledger/fabric-protos';
import type { Row, Version } from './state-db.ts';

const { kvrwset } = ledger.rwset;
/** Results of one query beyond this number are folded into hashes. */
const MAX_DEGREE = 50;

export type KvRead = InstanceType<typeof kvrwset.KVRead>;
export type RangeInfo = InstanceType<typeof kvrwset.RangeQueryInfo>;

/** One read with the version seen; no version: the key was not there. */
export function readOf(key: string, version: Version | undefined): KvRead {
  const read = new kvrwset.KVRead();
  read.setKey(key);
  if (version !== undefined) read.setVersion(stampOf(version));
  return read;
}

export function stampOf(version: Version): InstanceType<typeof kvrwset.Version> {
  const stamp = new kvrwset.Version();
  stamp.setBlockNum(Number(version.block));
  stamp.setTxNum(version.tx);
  return stamp;
}

/** Puts rows into a range query's record: raw up to 50, a Merkle summary of degree 50 above. */
export function setResults(info: RangeInfo, rows: readonly Row[]): void {
  const reads = rows.map(({ key, value }) => readOf(key, value.version));
  if (reads.length <= MAX_DEGREE) {
    const raw = new kvrwset.QueryReads();
    raw.setKvReadsList(reads);
    info.setRawReads(raw);
    return;
  }
  const tree = new FoldingTree();
  for (let at = 0; at < reads.length; at += MAX_DEGREE + 1) {
    const chunk = new kvrwset.QueryReads();
    chunk.setKvReadsList(reads.slice(at, at + MAX_DEGREE + 1));
    tree.add(sha256(chunk.serializeBinary()));
  }
  const { level, hashes } = tree.finish();
  const summary = new kvrwset.QueryReadsMerkleSummary();
  summary.setMaxDegree(MAX_DEGREE);
  summary.setMaxLevel(level);
  summary.setMaxLevelHashesList(hashes);
  info.setReadsMerkleHashes(summary);
}

/** Tree that is folded upwards whenever a level has more than 50 hashes. */
class FoldingTree {
  readonly #levels: Buffer[][] = [[], []];

  add(hash: Buffer): void {
    this.#push(1, hash);
    for (let level = 1; (this.#levels[level]?.length ?? 0) > MAX_DEGREE; level += 1)
      this.#foldInto(level);
  }

  finish(): { level: number; hashes: Buffer[] } {
    for (let level = 1; level < this.#levels.length - 1; level += 1) {
      if ((this.#levels[level]?.length ?? 0) > 0) this.#foldInto(level);
    }
    if ((this.#levels.at(-1)?.length ?? 0) > MAX_DEGREE) this.#foldInto(this.#levels.length - 1);
    return { level: this.#levels.length - 1, hashes: this.#levels.at(-1) ?? [] };
  }

  #foldInto(level: number): void {
    const hashes = this.#levels[level] ?? [];
    this.#levels[level] = [];
    this.#push(
      level + 1,
      hashes.length === 1 && hashes[0] !== undefined ? hashes[0] : sha256(Buffer.concat(hashes)),
    );
  }

  #push(level: number, hash: Buffer): void {
    const hashes = this.#levels[level] ?? [];
    hashes.push(hash);
    this.#levels[level] = hashes;
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
