import { Metadata, Server, ServerCredentials, status, type sendUnaryData } from '@grpc/grpc-js';
import { common, gateway as gatewayProtos, msp, peer } from '@hyperledger/fabric-protos';
import { afterEach, expect, it } from 'vitest';
import { assembleTransaction } from '../legacy/endorsed-transaction.ts';
import { translateGatewayError } from './gateway-error.ts';
import { createGatewayTransport } from './organization-gateway.ts';
import { readPrepared } from './prepared.ts';
import { DEFAULT_TIMEOUTS, type Invocation, type OrganizationGateway } from './transport.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function chaincodeAnswer(): Uint8Array {
  const action = new peer.ChaincodeAction();
  action.setResponse(new peer.Response());
  const payload = new peer.ProposalResponsePayload();
  payload.setExtension$(action.serializeBinary());
  return payload.serializeBinary();
}

type Endorse = (proposal: Uint8Array, earlier: Uint8Array | undefined) => Uint8Array;

/** The payload that an honest gateway of one organisation makes of a proposal. */
const endorsed: Endorse = (proposal) => {
  const endorser = new msp.SerializedIdentity();
  endorser.setMspid('A');
  const endorsement = { endorser: endorser.serializeBinary(), signature: new Uint8Array(8) };
  const response = { status: 200, message: '', payload: new Uint8Array() };
  const answer = { response, payload: chaincodeAnswer(), endorsement };
  return assembleTransaction(proposal, [{ mspId: 'A', endpoint: 'a', answer }]);
};

/** A gateway that refuses queries with these details and answers endorsements so. */
async function gatewayThat(details: Uint8Array, endorse: Endorse): Promise<OrganizationGateway> {
  const server = new Server();
  let earlier: Uint8Array | undefined;
  server.addService(gatewayProtos.GatewayService, {
    evaluate: (_call: unknown, done: sendUnaryData<unknown>) => {
      const metadata = new Metadata();
      metadata.set('grpc-status-details-bin', Buffer.from(details));
      done({ code: status.UNKNOWN, details: 'no', metadata });
    },
    endorse: (
      { request }: { readonly request: gatewayProtos.EndorseRequest },
      done: sendUnaryData<gatewayProtos.EndorseResponse>,
    ) => {
      const proposal =
        request.getProposedTransaction()?.getProposalBytes_asU8() ?? new Uint8Array();
      const envelope = new common.Envelope();
      envelope.setPayload(endorse(proposal, earlier));
      earlier = proposal;
      const response = new gatewayProtos.EndorseResponse();
      response.setPreparedTransaction(envelope);
      done(null, response);
    },
    submit: () => undefined,
    commitStatus: () => undefined,
    chaincodeEvents: () => undefined,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const transport = createGatewayTransport(
    [{ mspId: 'A', gateway: `127.0.0.1:${String(port)}` }],
    { mspId: 'A', certificate: 'c', signer: { sign: (digest) => Promise.resolve(digest) } },
    'swaps',
    DEFAULT_TIMEOUTS,
  );
  stops.push(() => {
    transport.close();
    server.forceShutdown();
  });
  return transport.gateways[0] as OrganizationGateway;
}

const invocation = (argument: string): Invocation => ({
  chaincode: 'midlock',
  name: 'mid-account:lock',
  arguments: [argument],
  stampMs: 5_000n,
  organizations: ['A'],
});

it('survives details of a refusal that do not decode', async () => {
  const gateway = await gatewayThat(Uint8Array.of(0x12, 0xff, 0xff, 0x03, 1), endorsed);
  const error: unknown = await gateway.evaluate(invocation('a')).catch((thrown: unknown) => thrown);
  expect(translateGatewayError(error, gateway.endpoint)).toMatchObject({
    code: 'ENDORSEMENT_REFUSED',
  });
});

it('signs what was proposed', async () => {
  const gateway = await gatewayThat(new Uint8Array(), endorsed);
  const { bytes } = await gateway.endorse(invocation('a'));
  expect(readPrepared(bytes)).toEqual({ endorsers: ['A'], revealsSecret: false });
});

it.each<[string, Endorse]>([
  ['another of our proposals', (proposal, earlier) => endorsed(earlier ?? proposal, undefined)],
  [
    'other arguments under the same header',
    (proposal, earlier) => withHeaderOf(endorsed(proposal, undefined), earlier ?? proposal),
  ],
])('does not sign %s', async (_what, endorse) => {
  const gateway = await gatewayThat(new Uint8Array(), endorse);
  await gateway.endorse(invocation('a')).catch(() => undefined);
  await expect(gateway.endorse(invocation('b'))).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
});

it.each([Uint8Array.of(1, 2, 3), new Uint8Array()])('does not sign %j', async (payload) => {
  const gateway = await gatewayThat(new Uint8Array(), () => payload);
  const error: unknown = await gateway.endorse(invocation('a')).catch((thrown: unknown) => thrown);
  expect(translateGatewayError(error, gateway.endpoint).code).toBe('ENDPOINT_UNREACHABLE');
});

/** The header of one payload over the actions of another. */
function withHeaderOf(payload: Uint8Array, proposal: Uint8Array): Uint8Array {
  const result = common.Payload.deserializeBinary(payload);
  const other = common.Payload.deserializeBinary(endorsed(proposal, undefined));
  result.setData(other.getData_asU8());
  return result.serializeBinary();
}
