import { createHash, randomBytes } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';

/** The first block's one envelope: a configuration header that names the channel and is unique to this network. */
export function genesisEnvelope(channel: string, mspIds: readonly string[]): Uint8Array {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(
    createHash('sha256')
      .update(`${channel}\u0000${mspIds.join(',')}`)
      .update(randomBytes(32))
      .digest(),
  );
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}
