import { common, msp, peer } from '@hyperledger/fabric-protos';
import { ChaincodeStub } from 'fabric-shim';
import type { ChaincodeFromContract } from '../serve.ts';
import type { LedgerView } from './memory-ledger.ts';
import type { ReadWriteSet } from './read-write-set.ts';
import { Simulation } from './simulation.ts';

/** A transaction proposal before endorsement. */
export interface Proposal {
  readonly txId: string;
  readonly channel: string;
  readonly mspId: string;
  readonly certificatePem: string;
  readonly seconds: string;
  readonly nanos: number;
  readonly args: readonly string[];
}

export interface Endorsement {
  readonly status: number;
  readonly message: string;
  readonly payload: string;
  readonly readWriteSet: ReadWriteSet;
  readonly event: { readonly name: string; readonly payload: string } | undefined;
}

/** Runs a proposal through fabric-shim's own stub and contract dispatcher against a view of the ledger. */
export async function endorse(
  chaincode: ChaincodeFromContract,
  view: LedgerView,
  proposal: Proposal,
): Promise<Endorsement> {
  const simulation = new Simulation(view);
  const stub = new StubOf(
    simulation,
    proposal.channel,
    proposal.txId,
    chaincodeInput(proposal),
    signedProposal(proposal),
  );
  const response = await chaincode.Invoke(stub);
  const event = stub.chaincodeEvent;
  return {
    status: response.status,
    message: response.message ?? '',
    payload: Buffer.from(response.payload ?? []).toString(),
    readWriteSet: simulation.finish(),
    event:
      event === undefined
        ? undefined
        : { name: event.getEventName(), payload: Buffer.from(event.getPayload_asU8()).toString() },
  };
}

type Stub = ChaincodeStub & {
  readonly chaincodeEvent?: { getEventName(): string; getPayload_asU8(): Uint8Array };
};

// The published type hides the constructor that the shim's own handler uses.
const StubOf = ChaincodeStub as unknown as new (
  handler: Simulation,
  channel: string,
  txId: string,
  input: peer.ChaincodeInput,
  signedProposal: peer.SignedProposal,
) => Stub;

function chaincodeInput({ args }: Proposal): peer.ChaincodeInput {
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  return input;
}

function signedProposal(from: Proposal): peer.SignedProposal {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setChannelId(from.channel);
  channelHeader.setTxId(from.txId);
  const creator = new msp.SerializedIdentity();
  creator.setMspid(from.mspId);
  creator.setIdBytes(Buffer.from(from.certificatePem));
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator.serializeBinary());
  signatureHeader.setNonce(Buffer.from(from.txId, 'hex'));
  const header = new common.Header();
  header.setChannelHeader(
    Buffer.concat([
      channelHeader.serializeBinary(),
      timestampField(BigInt(from.seconds), from.nanos),
    ]),
  );
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(chaincodeInput(from).serializeBinary());
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  return signed;
}

/** ChannelHeader's field 3, Timestamp{int64 seconds = 1, int32 nanos = 2}; protobuf messages merge by concatenation. */
function timestampField(seconds: bigint, nanos: number): Buffer {
  const body = [0x08, ...varint(seconds), 0x10, ...varint(BigInt(nanos))];
  return Buffer.from([0x1a, body.length, ...body]);
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}
