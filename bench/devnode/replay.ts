// What a server can do when nobody has to sign meanwhile: sends requests that were signed before.
// Started as `node replay.ts <target as JSON> <number of requests> <in flight>`; prints one JSON line {evaluate, endorse, commit}
// in calls per second, `commit` being a submit and the wait for its status.
import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { connect, signers, type Contract } from '@hyperledger/fabric-gateway';
import { common, gateway as proto } from '@hyperledger/fabric-protos';
import { signMessage } from '@midlock/devnode/msp';
import { credentials, type LoadTarget } from './load.ts';

const [targetJson = '{}', count = '600', inFlight = '64'] = process.argv.slice(2);
const target = JSON.parse(targetJson) as LoadTarget;
const client = new grpc.Client(target.gateway, credentials(target), {
  ...(target.tlsServerName === undefined
    ? {}
    : { 'grpc.ssl_target_name_override': target.tlsServerName }),
});
const key = createPrivateKey(readFileSync(target.keyPath));
const gateway = connect({
  client,
  identity: { mspId: target.mspId, credentials: readFileSync(target.certPath) },
  signer: signers.newPrivateKeySigner(key),
});
const contract = gateway.getNetwork(target.channel).getContract(target.chaincode);

const questions = signedProposals(contract, key, 'evaluate');
const orders = signedProposals(contract, key, 'endorse');
const evaluate = await replay(questions, (bytes) => send('Evaluate', bytes));
const envelopes: Uint8Array[] = [];
const endorse = await replay(orders, async (bytes) => {
  envelopes.push(await send('Endorse', bytes));
});
const submits = envelopes.map((response) => signedSubmit(key, response));
const commit = await replay(submits, async ({ submit, status }) => {
  await send('Submit', submit);
  await send('CommitStatus', status);
});
console.log(JSON.stringify({ evaluate, endorse, commit }));
gateway.close();
client.close();

function signedProposals(
  from: Contract,
  signingKey: KeyObject,
  kind: 'evaluate' | 'endorse',
): Uint8Array[] {
  return Array.from({ length: Number(count) }, () => {
    const proposal =
      kind === 'evaluate'
        ? from.newProposal('get', { arguments: ['key'] })
        : from.newProposal('put', { arguments: [randomUUID(), 'value'] });
    const signed = proto.ProposedTransaction.deserializeBinary(proposal.getBytes()).getProposal();
    if (signed === undefined) throw new Error('no proposal');
    signed.setSignature(signMessage(signingKey, signed.getProposalBytes_asU8()));
    const request = kind === 'evaluate' ? new proto.EvaluateRequest() : new proto.EndorseRequest();
    request.setTransactionId(proposal.getTransactionId());
    request.setChannelId(target.channel);
    request.setProposedTransaction(signed);
    return request.serializeBinary();
  });
}

function signedSubmit(
  signingKey: KeyObject,
  endorsed: Uint8Array,
): { submit: Uint8Array; status: Uint8Array } {
  const envelope = proto.EndorseResponse.deserializeBinary(endorsed).getPreparedTransaction();
  if (envelope === undefined) throw new Error('nothing was endorsed');
  envelope.setSignature(signMessage(signingKey, envelope.getPayload_asU8()));
  const header = common.Payload.deserializeBinary(envelope.getPayload_asU8()).getHeader();
  const txId = common.ChannelHeader.deserializeBinary(
    header?.getChannelHeader_asU8() ?? new Uint8Array(),
  ).getTxId();
  const submit = new proto.SubmitRequest();
  submit.setTransactionId(txId);
  submit.setChannelId(target.channel);
  submit.setPreparedTransaction(envelope);
  const question = new proto.CommitStatusRequest();
  question.setTransactionId(txId);
  question.setChannelId(target.channel);
  question.setIdentity(
    common.SignatureHeader.deserializeBinary(
      header?.getSignatureHeader_asU8() ?? new Uint8Array(),
    ).getCreator_asU8(),
  );
  const status = new proto.SignedCommitStatusRequest();
  status.setRequest(question.serializeBinary());
  status.setSignature(signMessage(signingKey, question.serializeBinary()));
  return { submit: submit.serializeBinary(), status: status.serializeBinary() };
}

function send(method: string, bytes: Uint8Array): Promise<Uint8Array> {
  const asIs = (value: Uint8Array): Buffer => Buffer.from(value);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/gateway.Gateway/${method}`,
      asIs,
      asIs,
      bytes,
      (error: grpc.ServiceError | null, answer?: Uint8Array) => {
        if (error === null) resolve(answer ?? new Uint8Array());
        else reject(error);
      },
    );
  });
}

async function replay<T>(
  requests: readonly T[],
  one: (request: T) => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const worker = async () => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++])
      await one(request);
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, worker));
  return Math.round(requests.length / ((performance.now() - startedAt) / 1000));
}
