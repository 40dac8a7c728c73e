import { createHash, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { transactionId } from '../src/ledger/decode.ts';
import { createOrganization, signMessage } from '../src/msp/index.ts';

/** Somebody who signs: serialized identity and key. */
export interface Signer {
  readonly serialized: Uint8Array;
  readonly key: KeyObject;
}

/** Organisations `A`, `B` and `C` with two peers each, and a user of A. */
export function createSigners() {
  const material = ['A', 'B', 'C'].map((mspId) =>
    createOrganization({
      mspId,
      domain: `${mspId.toLowerCase()}.example.com`,
      peers: ['peer0', 'peer1'],
      users: ['User1'],
    }),
  );
  const peerOf = (mspId: string, index = 0): Signer => {
    const pair = material.find((entry) => entry.mspId === mspId)?.peers[index]?.sign;
    if (pair === undefined) throw new Error(`no peer ${index} of ${mspId}`);
    return signerOf(mspId, pair.certificatePem, pair.privateKeyPem);
  };
  const user = material[0]?.users[1]?.sign;
  if (user === undefined) throw new Error('no user');
  return { material, peerOf, creator: signerOf('A', user.certificatePem, user.privateKeyPem) };
}

function signerOf(mspId: string, certificatePem: string, privateKeyPem: string): Signer {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificatePem));
  return { serialized: identity.serializeBinary(), key: createPrivateKey(privateKeyPem) };
}

export interface TransactionParts {
  readonly channel: string;
  readonly creator: Signer;
  readonly chaincode: string;
  readonly version: string;
  /** TxReadWriteSet bytes. */
  readonly results: Uint8Array;
  readonly endorsers: readonly Signer[];
  /** Nonce; random when absent. */
  readonly nonce?: Uint8Array;
  /** Changes the header before the transaction id is made from it, and everything behind it signed. */
  readonly header?: (channel: common.ChannelHeader, signature: common.SignatureHeader) => void;
  /** Changes the header after the transaction id was made. */
  readonly lateHeader?: (channel: common.ChannelHeader) => void;
  /** Changes endorsements after they were signed. */
  readonly endorsements?: (list: peer.Endorsement[]) => peer.Endorsement[];
  /** Changes the response that endorsers sign. */
  readonly response?: (payload: peer.ProposalResponsePayload) => void;
  /** Changes the envelope after it was signed. */
  readonly envelope?: (envelope: common.Envelope) => void;
}

/** An endorsed and signed envelope, as a client submits it; every step can be spoilt. */
export function buildTransaction(parts: TransactionParts): Uint8Array {
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setNonce(parts.nonce ?? randomBytes(24));
  signatureHeader.setCreator(parts.creator.serialized);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(parts.channel);
  parts.header?.(channelHeader, signatureHeader);
  channelHeader.setTxId(transactionId(signatureHeader));
  parts.lateHeader?.(channelHeader);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());

  const proposal = new peer.ChaincodeProposalPayload();
  proposal.setInput(Buffer.from('input'));
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.serializeBinary());
  actionPayload.setAction(endorsedAction(parts, header, proposal.serializeBinary()));
  const action = new peer.TransactionAction();
  action.setHeader(header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  envelope.setSignature(signMessage(parts.creator.key, envelope.getPayload_asU8()));
  parts.envelope?.(envelope);
  return envelope.serializeBinary();
}

function endorsedAction(
  parts: TransactionParts,
  header: common.Header,
  proposal: Uint8Array,
): peer.ChaincodeEndorsedAction {
  const id = new peer.ChaincodeID();
  id.setName(parts.chaincode);
  id.setVersion(parts.version);
  const action = new peer.ChaincodeAction();
  action.setResults(parts.results);
  action.setChaincodeId(id);
  const response = new peer.ProposalResponsePayload();
  response.setProposalHash(
    createHash('sha256')
      .update(header.getChannelHeader_asU8())
      .update(header.getSignatureHeader_asU8())
      .update(proposal)
      .digest(),
  );
  response.setExtension$(action.serializeBinary());
  parts.response?.(response);
  const bytes = response.serializeBinary();
  const endorsements = parts.endorsers.map(({ serialized, key }) => {
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(serialized);
    endorsement.setSignature(signMessage(key, Buffer.concat([bytes, serialized])));
    return endorsement;
  });
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(bytes);
  endorsed.setEndorsementsList(parts.endorsements?.(endorsements) ?? endorsements);
  return endorsed;
}
