import { common, msp, orderer } from '@hyperledger/fabric-protos';
import { serializeIdentity } from '../msp/index.ts';
import { NOMINAL_ORDERER_PORT, type ChannelConfiguration } from './configuration.ts';
import { implicitPolicy, signaturePolicy, type Serializable } from './group.ts';

/** Of n consenters f = (n - 1) / 3 may lie; ceil((n + f + 1) / 2) signatures make a block. Source: fabric, common/channelconfig. */
export function bftQuorum(consenters: number): number {
  const faulty = Math.floor((consenters - 1) / 3);
  return Math.ceil((consenters + faulty + 1) / 2);
}

/** The values that say how blocks are agreed on and by whom. */
export function consensusValues(
  configuration: ChannelConfiguration,
): Readonly<Record<string, Serializable>> {
  const type = new orderer.ConsensusType();
  if (configuration.consensus === 'raft') {
    type.setType('etcdraft');
    type.setMetadata(raftMetadata(configuration).serializeBinary());
    return { ConsensusType: type };
  }
  const options = new orderer.smartbft.Options();
  options.setRequestBatchMaxInterval(`${configuration.batch.timeoutMs}ms`);
  type.setType('BFT');
  type.setMetadata(options.serializeBinary());
  return { ConsensusType: type, Orderers: consenterMapping(configuration) };
}

/** Whose signatures a block needs: any writer's of the orderers with Raft, a quorum of the named consenters with BFT. */
export function blockValidation({ consensus, orderers }: ChannelConfiguration): common.Policy {
  if (consensus === 'raft') return implicitPolicy('ANY', 'Writers');
  const gate = new common.SignaturePolicy.NOutOf();
  gate.setN(bftQuorum(orderers.peers.length));
  gate.setRulesList(
    orderers.peers.map((_, index) => {
      const rule = new common.SignaturePolicy();
      rule.setSignedBy(index);
      return rule;
    }),
  );
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(gate);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setRule(rule);
  envelope.setIdentitiesList(
    orderers.peers.map(({ sign }) => {
      const principal = new msp.MSPPrincipal();
      principal.setPrincipalClassification(msp.MSPPrincipal.Classification.IDENTITY);
      principal.setPrincipal(serializeIdentity(orderers.mspId, sign.certificatePem));
      return principal;
    }),
  );
  return signaturePolicy(envelope.serializeBinary());
}

function raftMetadata({ orderers }: ChannelConfiguration): orderer.etcdraft.ConfigMetadata {
  const metadata = new orderer.etcdraft.ConfigMetadata();
  metadata.setConsentersList(
    orderers.peers.map(({ host, tls }) => {
      const consenter = new orderer.etcdraft.Consenter();
      consenter.setHost(host);
      consenter.setPort(NOMINAL_ORDERER_PORT);
      consenter.setClientTlsCert(Buffer.from(tls.certificatePem));
      consenter.setServerTlsCert(Buffer.from(tls.certificatePem));
      return consenter;
    }),
  );
  return metadata;
}

function consenterMapping({ orderers }: ChannelConfiguration): common.Orderers {
  const mapping = new common.Orderers();
  mapping.setConsenterMappingList(
    orderers.peers.map(({ host, sign, tls }, index) => {
      const consenter = new common.Consenter();
      consenter.setId(index + 1);
      consenter.setHost(host);
      consenter.setPort(NOMINAL_ORDERER_PORT);
      consenter.setMspId(orderers.mspId);
      consenter.setIdentity(Buffer.from(sign.certificatePem));
      consenter.setClientTlsCert(Buffer.from(tls.certificatePem));
      consenter.setServerTlsCert(Buffer.from(tls.certificatePem));
      return consenter;
    }),
  );
  return mapping;
}
