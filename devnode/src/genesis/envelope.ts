import { createHash, randomBytes } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { channelGroup } from './channel-group.ts';
import type { ChannelConfiguration } from './configuration.ts';

/**
 * The first block's one envelope, as configtxgen makes it: a channel's whole configuration, unsigned, its id that of
 * a nonce without a creator. A verifier of blocks reads the orderers' certificates from it.
 */
export function genesisEnvelope(configuration: ChannelConfiguration, nowMs: number): Uint8Array {
  const nonce = randomBytes(24);
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setNonce(nonce);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setVersion(1);
  channelHeader.setTimestamp(new timestamps.Timestamp().setSeconds(Math.floor(nowMs / 1000)));
  channelHeader.setChannelId(configuration.channel);
  channelHeader.setTxId(createHash('sha256').update(nonce).digest('hex'));
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());

  const config = new common.Config();
  config.setChannelGroup(channelGroup(configuration));
  const content = new common.ConfigEnvelope();
  content.setConfig(config);

  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(content.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}
