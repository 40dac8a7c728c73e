import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { common } from '@hyperledger/fabric-protos';
import { DevnodeError } from '../devnode-error.ts';
import type { ChannelLedger } from '../ledger/channel.ts';
import { BlockFile } from './block-file.ts';

/**
 * Continues a stored ledger, or starts one with the channel's first block; later blocks are appended.
 * @throws {DevnodeError} LEDGER_DAMAGED, DATA_MISMATCH.
 */
export function openBlockFile(
  dataDir: string,
  channel: ChannelLedger,
): { readonly file: BlockFile; readonly notices: readonly string[] } {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'blocks');
  const file = new BlockFile(path);
  try {
    const [genesis] = channel.blocks;
    const [first] = file.blocks;
    if (first !== undefined && channelOf(first.block) !== channel.name)
      throw new DevnodeError(
        'DATA_MISMATCH',
        `${path} is the ledger of channel ${channelOf(first.block)}, not of ${channel.name}; use another dataDir`,
      );
    for (const { block, privateData } of file.blocks) channel.replay(block, privateData);
    if (first === undefined && genesis !== undefined) file.append(genesis);
  } catch (error) {
    file.close();
    throw error;
  }
  channel.onCommit = (block) => {
    file.append(block);
  };
  const notices =
    file.tornBytes === 0
      ? []
      : [
          `${path}: the last block was written by half (${file.tornBytes} octets) and is gone; height is ${channel.height}`,
        ];
  return { file, notices };
}

function channelOf(block: common.Block): string {
  const [envelope = new Uint8Array()] = block.getData()?.getDataList_asU8() ?? [];
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  return common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  ).getChannelId();
}
