import { createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import type { ChaincodeLink } from '../chaincode/link.ts';
import { transactionId, type ChannelLedger } from '../ledger/channel.ts';
import { Simulator } from '../ledger/simulator.ts';
import { signMessage, type Identity, type MspRegistry } from '../msp/index.ts';

export interface DecodedProposal {
  readonly signed: peer.SignedProposal;
  readonly header: common.Header;
  readonly channelHeader: common.ChannelHeader;
  readonly signatureHeader: common.SignatureHeader;
  readonly chaincode: string;
  readonly input: Uint8Array;
  /** ChaincodeProposalPayload without its transient map: what enters the ledger. */
  readonly publicPayload: Uint8Array;
  readonly hasTransient: boolean;
}

export interface Endorsement {
  readonly mspId: string;
  readonly response: peer.Response;
  readonly payload: Uint8Array;
  readonly endorsement: peer.Endorsement;
}

export interface EndorserOptions {
  readonly mspId: string;
  readonly address: string;
  readonly signCertPem: string;
  readonly signKey: KeyObject;
  readonly channel: ChannelLedger;
  readonly registry: MspRegistry;
  readonly chaincodes: ReadonlyMap<string, { readonly version: string; readonly link: ChaincodeLink }>;
  readonly nowMs: () => number;
  /** Milliseconds; undefined where the filter is off (profile 2.5). */
  readonly timeWindowMs: number | undefined;
}

/** One organisation's peer: checks proposals, simulates them on its own chaincode and signs what came out. */
export class Endorser {
  readonly options: EndorserOptions;
  readonly #endorserBytes: Uint8Array;

  constructor(options: EndorserOptions) {
    this.options = options;
    const identity = new msp.SerializedIdentity();
    identity.setMspid(options.mspId);
    identity.setIdBytes(Buffer.from(options.signCertPem));
    this.#endorserBytes = identity.serializeBinary();
  }

  /** Throws Error with the peer's text when the proposal is refused before it is simulated. */
  check(proposal: DecodedProposal): Identity {
    const { registry, channel, timeWindowMs, nowMs } = this.options;
    const { channelHeader, signatureHeader, signed } = proposal;
    const now = nowMs();
    let creator: Identity;
    const denied = () => new Error(`error validating proposal: access denied: channel [${channelHeader.getChannelId()}] creator org [${mspOf(signatureHeader)}]`);
    try {
      creator = registry.identify(signatureHeader.getCreator_asU8(), now);
    } catch {
      throw denied();
    }
    if (!registry.verifySignature(creator, signed.getProposalBytes_asU8(), signed.getSignature_asU8())) throw denied();
    const txId = channelHeader.getTxId();
    if (txId !== transactionId(signatureHeader)) throw new Error(`error validating proposal: incorrectly computed txid '${txId}'`);
    if (timeWindowMs !== undefined) {
      const stamp = channelHeader.getTimestamp();
      const stampMs = stamp === undefined ? 0 : stamp.getSeconds() * 1000 + stamp.getNanos() / 1e6;
      if (Math.abs(stampMs - now) > timeWindowMs) {
        throw new Error(`request unauthorized due to incorrect timestamp ${new Date(stampMs).toISOString()}, peer time ${new Date(now).toISOString()}, peer.authentication.timewindow 15m0s`);
      }
    }
    if (channel.transactions.has(txId)) throw new Error(`duplicate transaction found [${txId}]. Creator [${Buffer.from(signatureHeader.getCreator_asU8()).toString('hex')}]`);
    return creator;
  }

  async simulate(proposal: DecodedProposal): Promise<Endorsement> {
    const { channel, chaincodes, mspId, signKey } = this.options;
    const definition = chaincodes.get(proposal.chaincode);
    if (definition === undefined) throw new Error(`chaincode ${proposal.chaincode} not found`);
    const simulator = new Simulator(channel.state);
    const txId = proposal.channelHeader.getTxId();
    const { response, event } = await definition.link.execute(txId, channel.name, proposal.input, proposal.signed, simulator);
    const action = new peer.ChaincodeAction();
    action.setResults(simulator.readWriteSet());
    action.setResponse(response);
    if (event !== undefined) {
      const parsed = peer.ChaincodeEvent.deserializeBinary(event);
      parsed.setChaincodeId(proposal.chaincode);
      parsed.setTxId(txId);
      action.setEvents(parsed.serializeBinary());
    }
    const id = new peer.ChaincodeID();
    id.setName(proposal.chaincode);
    id.setVersion(definition.version);
    action.setChaincodeId(id);
    const payload = new peer.ProposalResponsePayload();
    payload.setProposalHash(
      createHash('sha256').update(proposal.header.getChannelHeader_asU8()).update(proposal.header.getSignatureHeader_asU8()).update(proposal.publicPayload).digest(),
    );
    payload.setExtension$(action.serializeBinary());
    const bytes = payload.serializeBinary();
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(this.#endorserBytes);
    endorsement.setSignature(signMessage(signKey, Buffer.concat([bytes, this.#endorserBytes])));
    return { mspId, response, payload: bytes, endorsement };
  }
}

/** Reads a signed proposal. Throws on malformed bytes. */
export function decodeProposal(signed: peer.SignedProposal): DecodedProposal {
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(payload.getInput_asU8()).getChaincodeSpec();
  const extension = peer.ChaincodeHeaderExtension.deserializeBinary(channelHeader.getExtension_asU8());
  const publicPayload = new peer.ChaincodeProposalPayload();
  publicPayload.setInput(payload.getInput_asU8());
  return {
    signed,
    header,
    channelHeader,
    signatureHeader: common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()),
    chaincode: extension.getChaincodeId()?.getName() ?? spec?.getChaincodeId()?.getName() ?? '',
    input: spec?.getInput()?.serializeBinary() ?? new Uint8Array(),
    publicPayload: publicPayload.serializeBinary(),
    hasTransient: payload.getTransientmapMap().getLength() > 0,
  };
}

function mspOf(header: common.SignatureHeader): string {
  try {
    return msp.SerializedIdentity.deserializeBinary(header.getCreator_asU8()).getMspid();
  } catch {
    return '';
  }
}
