import type { Duplex } from 'node:stream';
import { common } from '@hyperledger/fabric-protos';
import { MidlockError } from '@midlock/protocol';
import { CallFailure } from '../fabric/call-failure.ts';
import { failureOf } from './connection.ts';
import type { SignedMessage } from './library.ts';

const UNAVAILABLE = 14;

/**
 * Blocks of a Deliver stream until the signal aborts or the stream breaks. They are not decoded by the library, whose
 * decoder stops at the first envelope that it cannot read, and anyone can have such an envelope ordered.
 * @throws {CallFailure} when the stream breaks or the peer ends it; MidlockError ENDPOINT_LIED for what is no block.
 */
export async function* deliveredBlocks(
  stream: Duplex,
  request: SignedMessage,
  signal: AbortSignal,
): AsyncGenerator<common.Block, void, undefined> {
  stream.write(request);
  try {
    for await (const answer of stream as AsyncIterable<unknown>) {
      if (signal.aborted) return;
      yield blockOf(answer);
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof MidlockError ? error : failureOf(error);
  }
  if (!signal.aborted) throw new CallFailure(UNAVAILABLE, 'the block stream ended');
}

/** A full block of a deliver response as protobuf.js decodes it. Throws {@link CallFailure} for a status. */
export function blockOf(answer: unknown): common.Block {
  const { block, status } = members(answer);
  if (block === undefined || block === null)
    throw new CallFailure(UNAVAILABLE, `the peer ended the block stream: ${String(status)}`);
  const { header, data, metadata } = members(block);
  const { number, previous_hash: previousHash, data_hash: dataHash } = members(header);
  const result = new common.Block();
  const blockHeader = new common.BlockHeader();
  blockHeader.setNumber(Number(String(number)));
  blockHeader.setPreviousHash(bytes(previousHash));
  blockHeader.setDataHash(bytes(dataHash));
  result.setHeader(blockHeader);
  const blockData = new common.BlockData();
  blockData.setDataList(list(members(data)['data']));
  result.setData(blockData);
  const blockMetadata = new common.BlockMetadata();
  blockMetadata.setMetadataList(list(members(metadata)['metadata']));
  result.setMetadata(blockMetadata);
  return result;
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw malformed();
}

function list(value: unknown): Uint8Array[] {
  if (!Array.isArray(value)) throw malformed();
  return value.map(bytes);
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw malformed();
}

function malformed(): MidlockError {
  return new MidlockError('ENDPOINT_LIED', { what: 'malformed block' });
}
