import { common, msp, orderer, peer } from '@hyperledger/fabric-protos';
import type { OrganizationMaterial } from '../msp/index.ts';
import { NOMINAL_ORDERER_PORT, type ChannelConfiguration } from './configuration.ts';
import { blockValidation, consensusValues } from './consensus.ts';
import { configGroup, implicitPolicy, rolePolicy } from './group.ts';

const NOMINAL_PEER_PORT = 7051;
const ABSOLUTE_MAX_BYTES = 10 * 1024 * 1024;
/** One Merkle level: the hash is over all envelopes. */
const MERKLE_WIDTH = 0xffff_ffff;
/** The admins, readers and writers of a group are those of the groups in it. */
const META_POLICIES = {
  Admins: implicitPolicy('MAJORITY', 'Admins'),
  Readers: implicitPolicy('ANY', 'Readers'),
  Writers: implicitPolicy('ANY', 'Writers'),
};

/** The root group of a channel's configuration, as configtxgen makes it for the test network's profile. */
export function channelGroup(configuration: ChannelConfiguration): common.ConfigGroup {
  const hashing = new common.HashingAlgorithm();
  hashing.setName('SHA256');
  const structure = new common.BlockDataHashingStructure();
  structure.setWidth(MERKLE_WIDTH);
  return configGroup({
    values: {
      HashingAlgorithm: hashing,
      BlockDataHashingStructure: structure,
      Capabilities: capability(configuration.profile === '3.x' ? 'V3_0' : 'V2_0'),
    },
    policies: META_POLICIES,
    groups: {
      Application: applicationGroup(configuration),
      Orderer: ordererGroup(configuration),
    },
  });
}

function applicationGroup({ organizations }: ChannelConfiguration): common.ConfigGroup {
  return configGroup({
    values: { Capabilities: capability('V2_5') },
    policies: {
      ...META_POLICIES,
      Endorsement: implicitPolicy('MAJORITY', 'Endorsement'),
      LifecycleEndorsement: implicitPolicy('MAJORITY', 'Endorsement'),
    },
    groups: Object.fromEntries(
      organizations.map((organization) => {
        const { mspId, peers } = organization;
        const group = configGroup({
          values: { MSP: mspConfig(organization), AnchorPeers: anchorPeers(peers[0]?.host) },
          policies: {
            Admins: rolePolicy(mspId, ['admin']),
            Readers: rolePolicy(mspId, ['admin', 'peer', 'client']),
            Writers: rolePolicy(mspId, ['admin', 'client']),
            Endorsement: rolePolicy(mspId, ['peer']),
          },
        });
        return [mspId, group];
      }),
    ),
  });
}

function ordererGroup(configuration: ChannelConfiguration): common.ConfigGroup {
  const { batch, orderers } = configuration;
  const { mspId } = orderers;
  const size = new orderer.BatchSize();
  size.setMaxMessageCount(batch.maxMessages);
  size.setAbsoluteMaxBytes(ABSOLUTE_MAX_BYTES);
  size.setPreferredMaxBytes(batch.preferredMaxBytes);
  const timeout = new orderer.BatchTimeout();
  timeout.setTimeout(`${batch.timeoutMs}ms`);
  const endpoints = new common.OrdererAddresses();
  endpoints.setAddressesList(orderers.peers.map(({ host }) => `${host}:${NOMINAL_ORDERER_PORT}`));
  const organization = configGroup({
    values: { MSP: mspConfig(orderers), Endpoints: endpoints },
    policies: {
      Admins: rolePolicy(mspId, ['admin']),
      Readers: rolePolicy(mspId, ['member']),
      Writers: rolePolicy(mspId, ['member']),
      Endorsement: rolePolicy(mspId, ['peer']),
    },
  });
  return configGroup({
    values: {
      ...consensusValues(configuration),
      BatchSize: size,
      BatchTimeout: timeout,
      Capabilities: capability('V2_0'),
      ChannelRestrictions: new orderer.ChannelRestrictions(),
    },
    policies: { ...META_POLICIES, BlockValidation: blockValidation(configuration) },
    groups: { [mspId]: organization },
  });
}

function capability(name: string): common.Capabilities {
  const capabilities = new common.Capabilities();
  capabilities.getCapabilitiesMap().set(name, new common.Capability());
  return capabilities;
}

function anchorPeers(host = ''): peer.AnchorPeers {
  const anchor = new peer.AnchorPeer();
  anchor.setHost(host);
  anchor.setPort(NOMINAL_PEER_PORT);
  const anchors = new peer.AnchorPeers();
  anchors.setAnchorPeersList([anchor]);
  return anchors;
}

function mspConfig({ mspId, ca, tlsCa }: OrganizationMaterial): msp.MSPConfig {
  const root = Buffer.from(ca.certificatePem);
  const unit = (name: string): msp.FabricOUIdentifier => {
    const identifier = new msp.FabricOUIdentifier();
    identifier.setCertificate(root);
    identifier.setOrganizationalUnitIdentifier(name);
    return identifier;
  };
  const units = new msp.FabricNodeOUs();
  units.setEnable(true);
  units.setClientOuIdentifier(unit('client'));
  units.setPeerOuIdentifier(unit('peer'));
  units.setAdminOuIdentifier(unit('admin'));
  units.setOrdererOuIdentifier(unit('orderer'));
  const hashes = new msp.FabricCryptoConfig();
  hashes.setSignatureHashFamily('SHA2');
  hashes.setIdentityIdentifierHashFunction('SHA256');
  const fabric = new msp.FabricMSPConfig();
  fabric.setName(mspId);
  fabric.setRootCertsList([root]);
  fabric.setTlsRootCertsList([Buffer.from(tlsCa.certificatePem)]);
  fabric.setCryptoConfig(hashes);
  fabric.setFabricNodeOus(units);
  const config = new msp.MSPConfig();
  config.setConfig(fabric.serializeBinary());
  return config;
}
