import { createPrivateKey, randomBytes } from 'node:crypto';
import { common, orderer } from '@hyperledger/fabric-protos';
import protobuf from 'google-protobuf';
import { bftQuorum } from '../genesis/consensus.ts';
import { headerBytes } from '../ledger/blocks.ts';
import { serializeIdentity, signMessage, type OrganizationMaterial } from '../msp/index.ts';
import type { Consensus } from '../options.ts';

const NONCE_BYTES = 24;
/** As etcdraft counts: one entry elects the leader and one is the first block's. */
const RAFT_INDEX_BEFORE_FIRST_BLOCK = 2;

/** Makes the SIGNATURES metadata of a block: the octets of a `common.Metadata`. */
export type BlockSigner = (header: common.BlockHeader) => Uint8Array;

/**
 * Signs blocks as orderers do, over `OrdererBlockMetadata || header of the signature || DER of the block's header`.
 * Raft: the one orderer, with its certificate in the header. BFT: a quorum of the consenters, each by its number in
 * the channel's configuration; another three of four for each block. The first block is nobody's.
 * Source: fabric, orderer/common/multichannel/blockwriter.go and orderer/consensus/smartbft/signer.go.
 */
export function createBlockSigner(
  consensus: Consensus,
  { mspId, peers }: OrganizationMaterial,
): BlockSigner {
  const consenters = peers.map(({ sign }, index) => ({
    creator: serializeIdentity(mspId, sign.certificatePem),
    key: createPrivateKey(sign.privateKeyPem),
    number: index + 1,
  }));
  const needed = consensus === 'raft' ? 1 : bftQuorum(consenters.length);
  return (header) => {
    const number = header.getNumber();
    if (number === 0) return signedMetadata(blockMetadata(new Uint8Array()), []);
    const value = blockMetadata(
      consensus === 'raft' ? raftMetadata(number, consenters.length) : viewMetadata(number),
    );
    const first = number % consenters.length;
    const signers = [...consenters.slice(first), ...consenters].slice(0, needed);
    const der = headerBytes(header);
    const signatures = signers.map(({ creator, key, number: consenter }) => {
      const signature = new common.MetadataSignature();
      const nonce = randomBytes(NONCE_BYTES);
      const bytes =
        consensus === 'raft' ? signatureHeader(creator, nonce) : identifierHeader(consenter, nonce);
      if (consensus === 'raft') signature.setSignatureHeader(bytes);
      else signature.setIdentifierHeader(bytes);
      signature.setSignature(signMessage(key, Buffer.concat([value, bytes, der])));
      return signature;
    });
    return signedMetadata(value, signatures);
  };
}

function signedMetadata(
  value: Uint8Array,
  signatures: readonly common.MetadataSignature[],
): Uint8Array {
  const metadata = new common.Metadata();
  metadata.setValue(value);
  metadata.setSignaturesList([...signatures]);
  return metadata.serializeBinary();
}

function blockMetadata(consenterMetadata: Uint8Array): Uint8Array {
  const metadata = new common.OrdererBlockMetadata();
  metadata.setLastConfig(new common.LastConfig());
  metadata.setConsenterMetadata(consenterMetadata);
  return metadata.serializeBinary();
}

function raftMetadata(blockNumber: number, consenters: number): Uint8Array {
  const state = new orderer.etcdraft.BlockMetadata();
  state.setConsenterIdsList(Array.from({ length: consenters }, (_, index) => index + 1));
  state.setNextConsenterId(consenters + 1);
  state.setRaftIndex(blockNumber + RAFT_INDEX_BEFORE_FIRST_BLOCK);
  const metadata = new common.Metadata();
  metadata.setValue(state.serializeBinary());
  return metadata.serializeBinary();
}

/** SmartBFT's ViewMetadata in view 0: latest_sequence = 2, decisions_in_view = 3; fabric-protos has no class for it. */
function viewMetadata(blockNumber: number): Uint8Array {
  const writer = new protobuf.BinaryWriter();
  writer.writeUint64(2, blockNumber);
  if (blockNumber > 1) writer.writeUint64(3, blockNumber - 1);
  return writer.getResultBuffer();
}

function signatureHeader(creator: Uint8Array, nonce: Uint8Array): Uint8Array {
  const header = new common.SignatureHeader();
  header.setCreator(creator);
  header.setNonce(nonce);
  return header.serializeBinary();
}

function identifierHeader(consenter: number, nonce: Uint8Array): Uint8Array {
  const header = new common.IdentifierHeader();
  header.setIdentifier(consenter);
  header.setNonce(nonce);
  return header.serializeBinary();
}
