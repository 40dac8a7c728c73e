import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { common, msp, orderer, peer } from '@hyperledger/fabric-protos';

/** How a stub peer answers proposals. */
export interface StubAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly message?: string;
  /** What it endorses; default the same as every stub. */
  readonly payload?: string;
  /** Whose identity endorses; default its own organisation's. */
  readonly endorser?: string;
  /** Keeps the caller waiting for ever. */
  readonly hangs?: boolean;
}

/** A node for tests, in plain text on loopback. */
export interface StubNode<T> {
  readonly address: string;
  /** What it was sent. */
  readonly received: readonly T[];
  stop(): void;
}

/** A peer with an Endorser service, and a Deliver service that streams its blocks and then stays open. */
export async function startStubPeer(
  mspId: string,
  answer: StubAnswer = {},
  blocks: readonly common.Block[] = [],
): Promise<StubNode<peer.SignedProposal>> {
  const received: peer.SignedProposal[] = [];
  const server = new Server();
  server.addService(peer.EndorserService, {
    processProposal: (
      call: { readonly request: peer.SignedProposal },
      done: (error: null, response: peer.ProposalResponse) => void,
    ) => {
      received.push(call.request);
      if (answer.hangs !== true) done(null, responseOf(mspId, answer));
    },
  });
  server.addService(peer.DeliverService, {
    deliver: (call: ServerDuplexStream<common.Envelope, peer.DeliverResponse>) => {
      call.on('data', (request: common.Envelope) => {
        for (const block of blocks.slice(startOf(request))) {
          const response = new peer.DeliverResponse();
          response.setBlock(block);
          call.write(response);
        }
      });
      call.on('error', () => undefined);
    },
    deliverFiltered: () => undefined,
    deliverWithPrivateData: () => undefined,
  });
  return { ...(await listen(server)), received };
}

/** An orderer that answers every envelope alike. */
export async function startStubOrderer(
  status: (typeof common.Status)[keyof typeof common.Status],
  info = '',
): Promise<StubNode<common.Envelope>> {
  const received: common.Envelope[] = [];
  const server = new Server();
  server.addService(orderer.AtomicBroadcastService, {
    broadcast: (call: ServerDuplexStream<common.Envelope, orderer.BroadcastResponse>) => {
      call.on('data', (envelope: common.Envelope) => {
        received.push(envelope);
        const response = new orderer.BroadcastResponse();
        response.setStatus(status);
        response.setInfo(info);
        call.write(response);
      });
      call.on('error', () => undefined);
    },
    deliver: () => undefined,
  });
  return { ...(await listen(server)), received };
}

async function listen(server: Server): Promise<{ readonly address: string; stop(): void }> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    address: `127.0.0.1:${String(port)}`,
    stop: () => {
      server.forceShutdown();
    },
  };
}

function responseOf(mspId: string, answer: StubAnswer): peer.ProposalResponse {
  const { status = 200, message = '', payload = 'endorsed', endorser = mspId } = answer;
  const identity = new msp.SerializedIdentity();
  identity.setMspid(endorser);
  const endorsement = new peer.Endorsement();
  endorsement.setEndorser(identity.serializeBinary());
  endorsement.setSignature(new TextEncoder().encode(`by ${endorser}`));
  const response = new peer.Response();
  response.setStatus(status);
  response.setMessage(message);
  response.setPayload(new TextEncoder().encode(`of ${mspId}`));
  const result = new peer.ProposalResponse();
  result.setResponse(response);
  result.setPayload(new TextEncoder().encode(payload));
  result.setEndorsement(endorsement);
  return result;
}

function startOf(request: common.Envelope): number {
  const payload = common.Payload.deserializeBinary(request.getPayload_asU8());
  const seek = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
  return seek.getStart()?.getSpecified()?.getNumber() ?? 0;
}
