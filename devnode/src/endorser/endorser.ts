import { createHash, type KeyObject } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import type { ChaincodeResult, ChaincodeRuntime } from '../chaincode/connection.ts';
import { queryLedger } from '../gateway/qscc.ts';
import type { ChannelLedger } from '../ledger/channel.ts';
import { transactionId } from '../ledger/decode.ts';
import { Simulator, type Interest, type RequiredPolicy } from '../ledger/simulator.ts';
import {
  policyFromBytes,
  serializeIdentity,
  signMessage,
  type Identity,
  type MspRegistry,
} from '../msp/index.ts';
import type { DecodedProposal } from './proposal.ts';

export interface Endorsement {
  readonly kind: 'endorsed';
  readonly mspId: string;
  readonly response: peer.Response;
  /** ProposalResponsePayload bytes. */
  readonly payload: Uint8Array;
  readonly endorsement: peer.Endorsement;
  readonly interest: Interest;
}

/**
 * Why there is no endorsement: `filter` before the proposal was read, `refused` by the checks of proposal and creator,
 * `peer` while it ran, `chaincode` by the chaincode's own answer.
 */
export interface Refusal {
  readonly kind: 'filter' | 'refused' | 'peer' | 'chaincode';
  readonly mspId: string;
  readonly message: string;
}

/** What a question gets. */
export interface Answer {
  readonly kind: 'answered';
  readonly response: peer.Response;
}

interface Simulated {
  readonly kind: 'simulated';
  readonly simulator: Simulator;
  readonly result: ChaincodeResult;
}

export interface EndorserOptions {
  readonly mspId: string;
  /** Name within the organisation, e.g. `peer0`. */
  readonly name: string;
  readonly address: string;
  readonly signCertPem: string;
  readonly signKey: KeyObject;
  readonly channel: ChannelLedger;
  readonly registry: MspRegistry;
  readonly chaincodes: ReadonlyMap<string, ChaincodeRuntime>;
  readonly nowMs: () => number;
  /** Milliseconds; undefined where the filter is off (profile 2.5). */
  readonly timeWindowMs: number | undefined;
  /** Whether the peer's own gateway passes its filters too, as from 3.x on; in 2.5 only others' requests do. */
  readonly filtersOwnGateway: boolean;
}

// Go's protobuf library puts a no-break space behind its name.
const UNREADABLE_POLICY =
  'error in simulation: error unmarshalling SignaturePolicyEnvelope: proto:\u00a0cannot parse invalid wire-format data';
const HEADER_TYPES = new Map<number, string>(
  Object.entries(common.HeaderType).map(([name, value]) => [value, name]),
);
const SYSTEM_CHAINCODES = new Set(['qscc']);

/** One organisation's peer: checks proposals, simulates them on its own chaincode and signs what came out. */
export class Endorser {
  readonly options: EndorserOptions;
  readonly #endorserBytes: Uint8Array;

  constructor(options: EndorserOptions) {
    this.options = options;
    this.#endorserBytes = serializeIdentity(options.mspId, options.signCertPem);
  }

  serves(chaincode: string): boolean {
    return SYSTEM_CHAINCODES.has(chaincode) || this.options.chaincodes.has(chaincode);
  }

  /** Checks, simulates and signs. `isOwn`: the request comes from the peer's own gateway. Never throws. */
  async process(proposal: DecodedProposal, isOwn: boolean): Promise<Endorsement | Refusal> {
    const outcome = await this.#simulate(proposal, isOwn);
    if (outcome.kind !== 'simulated') return outcome;
    const { simulator, result } = outcome;
    this.options.channel.holdPrivate(proposal.txId, simulator.privateWrites());
    return this.#sign(proposal, simulator, result);
  }

  /** Signs what the node itself did on the peer's behalf: a definition's commit, whose reads and writes `simulator` holds. */
  endorseOwn(proposal: DecodedProposal, simulator: Simulator): Endorsement {
    const response = new peer.Response();
    response.setStatus(200);
    return this.#sign(proposal, simulator, completed(response));
  }

  /** The same for a question: nobody sees the signature that a peer makes then, so there is none. Never throws. */
  async query(proposal: DecodedProposal, isOwn: boolean): Promise<Answer | Refusal> {
    const outcome = await this.#simulate(proposal, isOwn);
    if (outcome.kind !== 'simulated') return outcome;
    return { kind: 'answered', response: outcome.result.response };
  }

  async #simulate(proposal: DecodedProposal, isOwn: boolean): Promise<Simulated | Refusal> {
    const refusal = this.#check(proposal, isOwn);
    if (refusal !== undefined) return refusal;
    const { channel, mspId } = this.options;
    const views = [channel.state.view(), channel.privateState(mspId).view()] as const;
    const simulator = new Simulator({
      state: views[0],
      privateState: views[1],
      txId: proposal.txId,
      definitions: channel.definitions,
      channel: channel.name,
    });
    try {
      const result = await this.#run(proposal.chaincode, proposal.input, proposal, simulator);
      const status = result.response.getStatus();
      if (status < 200 || status >= 400)
        return {
          kind: 'chaincode',
          mspId,
          message: `chaincode response ${String(status)}, ${result.response.getMessage()}`,
        };
      if (!simulator.interest().policies.every(isReadable))
        return { kind: 'peer', mspId, message: UNREADABLE_POLICY };
      return { kind: 'simulated', simulator, result };
    } catch (error) {
      return {
        kind: 'peer',
        mspId,
        message: `error in simulation: failed to execute transaction ${proposal.txId}: ${textOf(error)}`,
      };
    } finally {
      for (const view of views) view.close();
    }
  }

  #check(
    {
      channelHeader,
      signatureHeader,
      signed,
      txId,
      channel: channelId,
      creatorMspId,
    }: DecodedProposal,
    isOwn: boolean,
  ): Refusal | undefined {
    const { registry, channel, timeWindowMs, nowMs, mspId, filtersOwnGateway } = this.options;
    const creator = signatureHeader.getCreator_asU8();
    const now = nowMs();
    const refused = (message: string): Refusal => ({
      kind: 'refused',
      mspId,
      message: `error validating proposal: ${message}`,
    });
    const filtered = (message: string): Refusal => ({ kind: 'filter', mspId, message });
    if (timeWindowMs !== undefined) {
      const stamp = channelHeader.getTimestamp();
      const stampMs = stamp === undefined ? 0 : stamp.getSeconds() * 1000 + stamp.getNanos() / 1e6;
      if (Math.abs(stampMs - now) > timeWindowMs) {
        return filtered(
          `request unauthorized due to incorrect timestamp ${goTime(stampMs)}, peer time ${goTime(now)}, peer.authentication.timewindow 15m0s`,
        );
      }
    }
    const type = channelHeader.getType();
    if (type !== common.HeaderType.ENDORSER_TRANSACTION && type !== common.HeaderType.CONFIG)
      return refused(`invalid header type ${HEADER_TYPES.get(type) ?? String(type)}`);
    if (channelHeader.getEpoch() !== 0) return refused('epoch is non-zero');
    if (signatureHeader.getNonce_asU8().length === 0) return refused('nonce is empty');
    if (creator.length === 0) return refused('creator is empty');
    if (txId !== transactionId(signatureHeader))
      return refused(
        `incorrectly computed txid '${txId}' -- expected '${transactionId(signatureHeader)}'`,
      );
    let identity: Identity;
    try {
      identity = registry.identifyIgnoringExpiry(creator);
    } catch {
      return refused(
        `access denied: channel [${channelId}] creator org unknown, creator is malformed`,
      );
    }
    if ((!isOwn || filtersOwnGateway) && identity.certificate.validToDate.getTime() < now)
      return filtered('proposal client identity expired');
    if (
      !registry.verifySignature(
        identity,
        signed.getProposalBytes_asU8(),
        signed.getSignature_asU8(),
      )
    )
      return refused(`access denied: channel [${channelId}] creator org [${creatorMspId}]`);
    if (channel.transactions.has(txId)) {
      return {
        kind: 'refused',
        mspId,
        message: `duplicate transaction found [${txId}]. Creator [${Buffer.from(creator).toString('hex')}]`,
      };
    }
    return undefined;
  }

  async #run(
    name: string,
    input: Uint8Array,
    proposal: DecodedProposal,
    simulator: Simulator,
  ): Promise<ChaincodeResult> {
    const { channel, chaincodes } = this.options;
    if (SYSTEM_CHAINCODES.has(name)) return systemResult(channel, input);
    const runtime = chaincodes.get(name);
    if (runtime === undefined)
      throw new Error(
        `invalid invocation: [channel ${channel.name}] failed to get chaincode container info for ${name}: chaincode ${name} not found`,
      );
    simulator.useDefinition(name);
    return runtime.execute(channel.name, input, proposal.signed, {
      namespace: name,
      txId: proposal.txId,
      creatorMspId: proposal.creatorMspId,
      simulator,
      history: channel.history,
      isInit: proposal.isInit,
      invoke: async (target, calleeInput) => {
        const [callee = '', calleeChannel = channel.name] = target.split('/');
        if (calleeChannel !== channel.name)
          throw new Error(`Failed to get policy manager for channel [${calleeChannel}]`);
        if (SYSTEM_CHAINCODES.has(callee)) return systemRejection(proposal.chaincode).message;
        try {
          return (await this.#run(callee, calleeInput, { ...proposal, isInit: false }, simulator))
            .message;
        } catch (error) {
          throw new Error(`execute failed: ${textOf(error)}`, { cause: error });
        }
      },
    });
  }

  #sign(
    proposal: DecodedProposal,
    simulator: Simulator,
    { response, event }: ChaincodeResult,
  ): Endorsement {
    const { channel, mspId, signKey } = this.options;
    const action = new peer.ChaincodeAction();
    action.setResults(simulator.readWriteSet());
    action.setResponse(response);
    if (event !== undefined) {
      const parsed = peer.ChaincodeEvent.deserializeBinary(event);
      parsed.setChaincodeId(proposal.chaincode);
      parsed.setTxId(proposal.txId);
      action.setEvents(parsed.serializeBinary());
    }
    const id = new peer.ChaincodeID();
    id.setName(proposal.chaincode);
    id.setVersion(channel.definitions.get(proposal.chaincode)?.version ?? 'syscc');
    action.setChaincodeId(id);
    const payload = new peer.ProposalResponsePayload();
    const hash = createHash('sha256')
      .update(proposal.header.getChannelHeader_asU8())
      .update(proposal.header.getSignatureHeader_asU8())
      .update(proposal.publicPayload);
    payload.setProposalHash(hash.digest());
    payload.setExtension$(action.serializeBinary());
    const bytes = payload.serializeBinary();
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(this.#endorserBytes);
    endorsement.setSignature(signMessage(signKey, Buffer.concat([bytes, this.#endorserBytes])));
    return {
      kind: 'endorsed',
      mspId,
      response,
      payload: bytes,
      endorsement,
      interest: simulator.interest(),
    };
  }
}

function isReadable(policy: RequiredPolicy): boolean {
  if (policy.kind !== 'key') return true;
  try {
    policyFromBytes(policy.bytes);
    return true;
  } catch {
    return false;
  }
}

function systemRejection(caller: string): ChaincodeResult {
  const response = new peer.Response();
  response.setStatus(500);
  response.setMessage(
    `Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for '${caller}'`,
  );
  return completed(response);
}

function systemResult(channel: ChannelLedger, input: Uint8Array): ChaincodeResult {
  const response = new peer.Response();
  try {
    response.setPayload(
      queryLedger(channel, peer.ChaincodeInput.deserializeBinary(input).getArgsList_asU8()),
    );
    response.setStatus(200);
  } catch (error) {
    response.setStatus(500);
    response.setMessage(textOf(error));
  }
  return completed(response);
}

function completed(response: peer.Response): ChaincodeResult {
  const message = new peer.ChaincodeMessage();
  message.setType(peer.ChaincodeMessage.Type.COMPLETED);
  message.setPayload(response.serializeBinary());
  return { response, message: message.serializeBinary(), event: undefined };
}

/** A time as Go prints it. */
function goTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC');
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
