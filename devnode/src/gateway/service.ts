import * as grpc from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { transactionId, type ChannelLedger, type CommittedBlock } from '../ledger/channel.ts';
import { orgSetsSatisfying, type Identity, type MspRegistry, type SignaturePolicy } from '../msp/index.ts';
import type { Batcher } from '../orderer/batcher.ts';
import { decodeProposal, type DecodedProposal, type Endorsement, type Endorser } from './endorser.ts';
import { queryLedger } from './qscc.ts';
import { gatewayError, type PeerDetail } from './status.ts';

const { status } = grpc;

export interface GatewayOptions {
  readonly mspId: string;
  readonly channel: ChannelLedger;
  readonly registry: MspRegistry;
  readonly batcher: Batcher;
  readonly endorsers: ReadonlyMap<string, Endorser>;
  readonly isUp: (mspId: string) => boolean;
  readonly policyOf: (chaincode: string) => SignaturePolicy | undefined;
  readonly nowMs: () => number;
}

type Unary<Q, R> = (call: grpc.ServerUnaryCall<Q, R>, done: grpc.sendUnaryData<R>) => void;

/** The gateway.Gateway service of one organisation's peer. */
export function gatewayService(options: GatewayOptions): grpc.UntypedServiceImplementation {
  const unary =
    <Q, R>(handle: (request: Q) => Promise<R> | R): Unary<Q, R> =>
    (call, done) => {
      Promise.resolve()
        .then(() => handle(call.request))
        .then(
          (answer) => done(null, answer),
          (error: unknown) => done(isServiceError(error) ? error : gatewayError(status.UNKNOWN, String(error))),
        );
    };
  return {
    evaluate: unary((request: gateway.EvaluateRequest) => evaluate(options, request)),
    endorse: unary((request: gateway.EndorseRequest) => endorse(options, request)),
    submit: unary((request: gateway.SubmitRequest) => submit(options, request)),
    commitStatus: unary((request: gateway.SignedCommitStatusRequest) => commitStatus(options, request)),
    chaincodeEvents: (call: grpc.ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>) => {
      chaincodeEvents(options, call);
    },
  } as unknown as grpc.UntypedServiceImplementation;
}

async function evaluate(options: GatewayOptions, request: gateway.EvaluateRequest): Promise<gateway.EvaluateResponse> {
  const { channel, mspId } = options;
  const proposal = readProposal(request.getProposedTransaction());
  checkChannel(options, proposal);
  const targets = request.getTargetOrganizationsList();
  const order = targets.length > 0 ? targets : [mspId, ...[...options.endorsers.keys()].filter((other) => other !== mspId)];
  const candidates = order.flatMap((name) => options.endorsers.get(name) ?? []).filter(({ options: { mspId: name } }) => options.isUp(name));
  const result = new gateway.EvaluateResponse();
  const local = candidates[0];
  if (local === undefined) throw gatewayError(status.UNAVAILABLE, `no endorsing peers found for channel: ${channel.name}`);
  if (proposal.chaincode === 'qscc') {
    checkProposal(local, proposal, status.FAILED_PRECONDITION);
    result.setResult(systemResponse(options, proposal));
    return result;
  }
  if (options.policyOf(proposal.chaincode) === undefined) throw gatewayError(status.FAILED_PRECONDITION, `no peers available to evaluate chaincode ${proposal.chaincode} in channel ${channel.name}`);
  const details: PeerDetail[] = [];
  for (const endorser of candidates) {
    checkProposal(endorser, proposal, status.FAILED_PRECONDITION);
    try {
      const { response } = await endorser.simulate(proposal);
      if (response.getStatus() < 200 || response.getStatus() >= 400) {
        const text = `chaincode response ${String(response.getStatus())}, ${response.getMessage()}`;
        throw gatewayError(status.UNKNOWN, `evaluate call to endorser returned error: ${text}`, [detailOf(endorser, text)]);
      }
      result.setResult(response);
      return result;
    } catch (error) {
      if (isServiceError(error)) throw error;
      details.push(detailOf(endorser, String(error instanceof Error ? error.message : error)));
    }
  }
  throw gatewayError(status.UNAVAILABLE, 'failed to evaluate transaction, see attached details for more info', details);
}

async function endorse(options: GatewayOptions, request: gateway.EndorseRequest): Promise<gateway.EndorseResponse> {
  const proposal = readProposal(request.getProposedTransaction());
  if (proposal.channelHeader.getChannelId() !== options.channel.name) {
    throw gatewayError(status.FAILED_PRECONDITION, `no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode ${proposal.chaincode} in channel ${proposal.channelHeader.getChannelId()}`);
  }
  const policy = options.policyOf(proposal.chaincode);
  if (policy === undefined) {
    throw gatewayError(status.FAILED_PRECONDITION, `no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode ${proposal.chaincode} in channel ${options.channel.name}`);
  }
  const named = request.getEndorsingOrganizationsList();
  if (named.length > 0) {
    const missing = named.filter((name) => !options.endorsers.has(name) || !options.isUp(name));
    if (missing.length > 0) throw gatewayError(status.UNAVAILABLE, `failed to find any endorsing peers for org(s): ${missing.join(', ')}`);
    return assemble(proposal, await collect(options, named, proposal));
  }
  const sets = orgSetsSatisfying(policy)
    .map((set) => [...set])
    .filter((set) => set.every((name) => options.isUp(name)))
    .sort((a, b) => Number(b.includes(options.mspId)) - Number(a.includes(options.mspId)) || a.length - b.length);
  const chosen = sets[0];
  if (chosen === undefined) throw gatewayError(status.FAILED_PRECONDITION, 'no combination of peers can be derived which satisfy the endorsement policy: required chaincodes are installed on no available peers');
  return assemble(proposal, await collect(options, chosen, proposal));
}

async function collect(options: GatewayOptions, names: readonly string[], proposal: DecodedProposal): Promise<readonly Endorsement[]> {
  const details: PeerDetail[] = [];
  const results = await Promise.all(
    names.map(async (name) => {
      const endorser = options.endorsers.get(name);
      if (endorser === undefined) return undefined;
      try {
        endorser.check(proposal);
        const endorsement = await endorser.simulate(proposal);
        const code = endorsement.response.getStatus();
        if (code >= 200 && code < 400) return endorsement;
        details.push(detailOf(endorser, `chaincode response ${String(code)}, ${endorsement.response.getMessage()}`));
      } catch (error) {
        details.push(detailOf(endorser, error instanceof Error ? error.message : String(error)));
      }
      return undefined;
    }),
  );
  const good = results.filter((result) => result !== undefined);
  const first = good[0];
  if (good.length < names.length || first === undefined) throw gatewayError(status.ABORTED, 'failed to endorse transaction, see attached details for more info', details);
  for (const other of good) {
    if (Buffer.compare(other.payload, first.payload) === 0) continue;
    const endorser = options.endorsers.get(other.mspId);
    throw gatewayError(status.ABORTED, 'failed to collect enough transaction endorsements, see attached details for more info', endorser === undefined ? [] : [detailOf(endorser, 'ProposalResponsePayloads do not match')]);
  }
  return good;
}

function assemble(proposal: DecodedProposal, endorsements: readonly Endorsement[]): gateway.EndorseResponse {
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(endorsements[0]?.payload ?? new Uint8Array());
  endorsed.setEndorsementsList(endorsements.map(({ endorsement }) => endorsement));
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.publicPayload);
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(proposal.header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const payload = new common.Payload();
  payload.setHeader(proposal.header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const response = new gateway.EndorseResponse();
  response.setPreparedTransaction(envelope);
  return response;
}

function submit({ registry, batcher, nowMs }: GatewayOptions, request: gateway.SubmitRequest): gateway.SubmitResponse {
  const envelope = request.getPreparedTransaction();
  if (envelope === undefined) throw gatewayError(status.INVALID_ARGUMENT, 'a prepared transaction is required');
  if (envelope.getSignature_asU8().length === 0) throw gatewayError(status.INVALID_ARGUMENT, 'prepared transaction must be signed');
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = common.SignatureHeader.deserializeBinary(payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array());
  let creator: Identity | undefined;
  try {
    creator = registry.identify(header.getCreator_asU8(), nowMs());
  } catch {
    creator = undefined;
  }
  if (creator === undefined || !registry.verifySignature(creator, envelope.getPayload_asU8(), envelope.getSignature_asU8())) {
    const text = 'received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the \'Writers\' sub-policies to be satisfied: permission denied';
    throw gatewayError(status.ABORTED, text);
  }
  batcher.add(envelope.serializeBinary());
  return new gateway.SubmitResponse();
}

function commitStatus(options: GatewayOptions, signed: gateway.SignedCommitStatusRequest): Promise<gateway.CommitStatusResponse> {
  const request = gateway.CommitStatusRequest.deserializeBinary(signed.getRequest_asU8());
  authorize(options, request.getIdentity_asU8(), signed.getRequest_asU8(), signed.getSignature_asU8());
  const txId = request.getTransactionId();
  return new Promise((resolve) => {
    const answer = () => {
      const found = options.channel.transactions.get(txId);
      if (found === undefined) return false;
      const response = new gateway.CommitStatusResponse();
      response.setResult(found.code as 0);
      response.setBlockNumber(Number(found.block));
      resolve(response);
      return true;
    };
    if (answer()) return;
    const listener = () => {
      if (answer()) options.channel.off('block', listener);
    };
    options.channel.on('block', listener);
  });
}

function chaincodeEvents(options: GatewayOptions, call: grpc.ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>): void {
  const { channel } = options;
  try {
    const request = gateway.ChaincodeEventsRequest.deserializeBinary(call.request.getRequest_asU8());
    authorize(options, request.getIdentity_asU8(), call.request.getRequest_asU8(), call.request.getSignature_asU8());
    const after = request.getAfterTransactionId();
    const known = after === '' ? undefined : channel.transactions.get(after);
    const specified = request.getStartPosition()?.getSpecified()?.getNumber();
    let next = known?.block ?? (specified === undefined ? channel.height : BigInt(specified));
    let open = after === '';
    const send = (block: CommittedBlock) => {
      if (block.number < next) return;
      next = block.number + 1n;
      const events: peer.ChaincodeEvent[] = [];
      for (const event of block.events) {
        if (open && event.chaincode === request.getChaincodeId()) events.push(peer.ChaincodeEvent.deserializeBinary(event.bytes));
        if (event.txId === after) open = true;
      }
      if (events.length === 0) return;
      const response = new gateway.ChaincodeEventsResponse();
      response.setEventsList(events);
      response.setBlockNumber(Number(block.number));
      call.write(response);
    };
    for (const block of channel.blocks.slice(Number(next))) send(block);
    channel.on('block', send);
    const stop = () => channel.off('block', send);
    call.on('cancelled', stop);
    call.on('close', stop);
  } catch (error) {
    call.emit('error', isServiceError(error) ? error : gatewayError(status.INVALID_ARGUMENT, String(error)));
  }
}

function authorize({ registry, nowMs, channel }: GatewayOptions, identity: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
  try {
    if (registry.verifySignature(registry.identify(identity, nowMs()), message, signature)) return;
  } catch {
    // Said below in the gateway's own words.
  }
  throw gatewayError(status.PERMISSION_DENIED, `failed evaluating policy on signed data during check policy on channel [${channel.name}] with policy [/Channel/Application/Readers]`);
}

function systemResponse({ channel }: GatewayOptions, proposal: DecodedProposal): peer.Response {
  const response = new peer.Response();
  try {
    response.setPayload(queryLedger(channel, peer.ChaincodeInput.deserializeBinary(proposal.input).getArgsList_asU8()));
    response.setStatus(200);
    return response;
  } catch (error) {
    const text = `chaincode response 500, ${error instanceof Error ? error.message : String(error)}`;
    throw gatewayError(status.UNKNOWN, `evaluate call to endorser returned error: ${text}`);
  }
}

function checkChannel({ channel }: GatewayOptions, proposal: DecodedProposal): void {
  const name = proposal.channelHeader.getChannelId();
  if (name !== channel.name) throw gatewayError(status.UNAVAILABLE, `failed to get config for channel [${name}]: channel '${name}' not found`);
}

function checkProposal(endorser: Endorser, proposal: DecodedProposal, code: grpc.status): void {
  try {
    endorser.check(proposal);
  } catch (error) {
    throw gatewayError(code, error instanceof Error ? error.message : String(error), []);
  }
}

function readProposal(signed: peer.SignedProposal | undefined): DecodedProposal {
  if (signed === undefined || signed.getProposalBytes_asU8().length === 0) throw gatewayError(status.INVALID_ARGUMENT, 'a proposed transaction is required');
  try {
    const proposal = decodeProposal(signed);
    if (proposal.channelHeader.getTxId() !== transactionId(proposal.signatureHeader)) throw new Error('incorrectly computed txid');
    return proposal;
  } catch (error) {
    throw gatewayError(status.INVALID_ARGUMENT, `failed to unpack transaction proposal: ${String(error)}`);
  }
}

function detailOf(endorser: Endorser, message: string): PeerDetail {
  return { address: endorser.options.address, mspId: endorser.options.mspId, message };
}

function isServiceError(error: unknown): error is grpc.ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}
