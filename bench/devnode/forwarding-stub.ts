// The ceiling of any peer in this language: a gateway that only forwards to the chaincode and keeps values in a map.
// It checks no signature, identity, policy or version, keeps no ledger and cuts no block.
// Started as `node forwarding-stub.ts <chaincode host:port>`; prints one JSON line when it listens.
import * as grpc from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';

type Message = peer.ChaincodeMessage;
const { Type } = peer.ChaincodeMessage;

interface Execution {
  readonly writes: Map<string, Uint8Array>;
  readonly finish: (response: peer.Response) => void;
}

const state = new Map<string, Uint8Array>();
const pendingWrites = new Map<string, Map<string, Uint8Array>>();
const executions = new Map<string, Execution>();

const address = process.argv[2] ?? '';
const chaincode = new peer.ChaincodeClient(address, grpc.credentials.createInsecure());
const stream = chaincode.connect();
stream.on('data', (message: Message) => {
  onMessage(message);
});

function onMessage(message: Message): void {
  const type = message.getType();
  if (type === Type.REGISTER) {
    send(message, Type.REGISTERED);
    send(message, Type.READY);
    listen();
    return;
  }
  const execution = executions.get(message.getTxid());
  if (execution === undefined) return;
  if (type === Type.GET_STATE) {
    const { key } = peer.GetState.deserializeBinary(message.getPayload_asU8()).toObject();
    send(message, Type.RESPONSE, state.get(key));
  } else if (type === Type.PUT_STATE) {
    const put = peer.PutState.deserializeBinary(message.getPayload_asU8());
    execution.writes.set(put.getKey(), put.getValue_asU8());
    send(message, Type.RESPONSE);
  } else if (type === Type.COMPLETED) {
    executions.delete(message.getTxid());
    execution.finish(peer.Response.deserializeBinary(message.getPayload_asU8()));
  } else {
    throw new Error(`forwarding stub: message type ${type} is not used by the bench's chaincode`);
  }
}

function send(
  to: Message,
  type: peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap],
  payload?: Uint8Array,
): void {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  message.setTxid(to.getTxid());
  message.setChannelId(to.getChannelId());
  if (payload !== undefined) message.setPayload(payload);
  stream.write(message);
}

function execute(signed: peer.SignedProposal): Promise<{
  txId: string;
  response: peer.Response;
  writes: Map<string, Uint8Array>;
  proposal: peer.Proposal;
}> {
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(payload.getInput_asU8());
  const txId = channelHeader.getTxId();
  const message = new peer.ChaincodeMessage();
  message.setType(Type.TRANSACTION);
  message.setTxid(txId);
  message.setChannelId(channelHeader.getChannelId());
  message.setPayload(spec.getChaincodeSpec()?.getInput()?.serializeBinary() ?? new Uint8Array());
  message.setProposal(signed);
  const writes = new Map<string, Uint8Array>();
  return new Promise((resolve) => {
    executions.set(txId, {
      writes,
      finish: (response) => {
        resolve({ txId, response, writes, proposal });
      },
    });
    stream.write(message);
  });
}

function envelopeOf(proposal: peer.Proposal, response: peer.Response): common.Envelope {
  const action = new peer.ChaincodeAction();
  action.setResponse(response);
  const responsePayload = new peer.ProposalResponsePayload();
  responsePayload.setExtension$(action.serializeBinary());
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(responsePayload.serializeBinary());
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setAction(endorsed);
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const transactionAction = new peer.TransactionAction();
  transactionAction.setHeader(header.getSignatureHeader_asU8());
  transactionAction.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.addActions(transactionAction);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope;
}

function listen(): void {
  const server = new grpc.Server();
  server.addService(gateway.GatewayService, {
    evaluate: (
      call: grpc.ServerUnaryCall<gateway.EvaluateRequest, gateway.EvaluateResponse>,
      done: grpc.sendUnaryData<gateway.EvaluateResponse>,
    ) => {
      void execute(call.request.getProposedTransaction() ?? new peer.SignedProposal()).then(
        ({ response }) => {
          const result = new gateway.EvaluateResponse();
          result.setResult(response);
          done(null, result);
        },
      );
    },
    endorse: (
      call: grpc.ServerUnaryCall<gateway.EndorseRequest, gateway.EndorseResponse>,
      done: grpc.sendUnaryData<gateway.EndorseResponse>,
    ) => {
      void execute(call.request.getProposedTransaction() ?? new peer.SignedProposal()).then(
        ({ txId, response, writes, proposal }) => {
          pendingWrites.set(txId, writes);
          const result = new gateway.EndorseResponse();
          result.setPreparedTransaction(envelopeOf(proposal, response));
          done(null, result);
        },
      );
    },
    submit: (
      call: grpc.ServerUnaryCall<gateway.SubmitRequest, gateway.SubmitResponse>,
      done: grpc.sendUnaryData<gateway.SubmitResponse>,
    ) => {
      const txId = call.request.getTransactionId();
      for (const [key, value] of pendingWrites.get(txId) ?? []) state.set(key, value);
      pendingWrites.delete(txId);
      done(null, new gateway.SubmitResponse());
    },
    commitStatus: (
      _call: grpc.ServerUnaryCall<gateway.SignedCommitStatusRequest, gateway.CommitStatusResponse>,
      done: grpc.sendUnaryData<gateway.CommitStatusResponse>,
    ) => {
      const result = new gateway.CommitStatusResponse();
      result.setResult(peer.TxValidationCode.VALID);
      result.setBlockNumber(1);
      done(null, result);
    },
    chaincodeEvents: (call: { end(): void }) => {
      call.end();
    },
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    console.log(JSON.stringify({ ready: true, gateway: `127.0.0.1:${port}` }));
  });
}

process.on('SIGTERM', () => process.exit(0));
