import type { ErrorDetail } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayProtos } from '@hyperledger/fabric-protos';
import { CallFailure } from '../fabric/call-failure.ts';
import type { FabricIdentity } from '../fabric/identity.ts';
import type {
  FabricNodeAddress,
  FabricOrganization,
  FabricTransport,
  GatewayTimeouts,
  Invocation,
  OrganizationGateway,
  Submitter,
} from '../fabric/transport.ts';
import { createConnection, type Connection } from './connection.ts';
import { deliveredBlocks } from './deliver.ts';
import { assembleTransaction, payloadOf, type NamedAnswer } from './endorsed-transaction.ts';
import {
  openLegacyClient,
  type LegacyClient,
  type LegacyEndorser,
  type LegacyOrderer,
} from './library.ts';
import { createOfflineSigner, messageOf, type OfflineSigner } from './offline-signer.ts';

export interface LegacyTransportOptions {
  readonly organizations: readonly FabricOrganization[];
  readonly orderers: readonly FabricNodeAddress[];
  readonly identity: FabricIdentity;
  readonly channel: string;
  readonly timeouts: GatewayTimeouts;
}

const ABORTED = 10;
const UNAVAILABLE = 14;

/**
 * Reaches a channel by the Endorser and Deliver services of its peers and the orderers' Broadcast, through fabric-network:
 * for peers without the Gateway service. A proposal goes to the named organisations' peers, a signed transaction to an
 * orderer, and neither through anybody else's peer.
 * @throws {MidlockError} CONFIG_INVALID for plain text beyond loopback.
 */
export async function createLegacyTransport(
  options: LegacyTransportOptions,
): Promise<FabricTransport> {
  const { organizations, identity, channel, timeouts } = options;
  const client = await openLegacyClient(channel, identity.mspId);
  const signer = createOfflineSigner(identity, channel);
  const peers = organizations.map((organization): Peer => ({
    mspId: organization.mspId,
    node: { ...organization, address: organization.gateway },
    connection: createConnection(
      organization.gateway,
      client.endorser({ ...organization, address: organization.gateway }),
    ),
  }));
  const orderers = options.orderers.map((node) =>
    createConnection(node.address, client.orderer(node)),
  );
  const submitters = orderers.map((orderer) => createSubmitter(orderer, timeouts.submitMs));

  async function endorse(invocation: Invocation): Promise<{ txId: string; bytes: Uint8Array }> {
    const { txId, bytes, signature } = await signer.propose(invocation);
    const asked = invocation.organizations.map((mspId) => {
      const peer = peers.find((candidate) => candidate.mspId === mspId);
      if (peer === undefined)
        throw new CallFailure(UNAVAILABLE, `no endorsing peers for org(s): ${mspId}`);
      return peer;
    });
    const answers = await askAll(asked, { proposal_bytes: bytes, signature }, timeouts.endorseMs);
    return { txId, bytes: await signer.prepare(txId, assembleTransaction(bytes, answers)) };
  }

  const gateways = peers.map(({ mspId, node, connection }): OrganizationGateway => ({
    mspId,
    endpoint: node.address,
    endorse,
    evaluate: async (invocation) => {
      const { bytes: proposal_bytes, signature } = await signer.propose(invocation);
      return connection.call(async (peer) =>
        payloadOf(await peer.sendProposal({ proposal_bytes, signature }, timeouts.evaluateMs)),
      );
    },
    blocks: (startBlock, signal) => streamBlocks(client, node, signer, startBlock, signal),
  }));

  return {
    gateways,
    submitters: () => submitters,
    close: () => {
      for (const { connection } of peers) connection.close();
      for (const orderer of orderers) orderer.close();
      signer.close();
      client.close();
    },
  };
}

interface Peer {
  readonly mspId: string;
  readonly node: FabricNodeAddress;
  readonly connection: Connection<LegacyEndorser>;
}

/** Every peer's answer. Throws {@link CallFailure} with what each that refused or is silent had to say. */
async function askAll(
  peers: readonly Peer[],
  proposal: Parameters<LegacyEndorser['sendProposal']>[0],
  timeoutMs: number,
): Promise<readonly NamedAnswer[]> {
  const answers: NamedAnswer[] = [];
  const details: ErrorDetail[] = [];
  await Promise.all(
    peers.map(async ({ mspId, connection }) => {
      const { endpoint } = connection;
      try {
        const answer = await connection.call((peer) => peer.sendProposal(proposal, timeoutMs));
        payloadOf(answer);
        answers.push({ mspId, endpoint, answer });
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        const down = error.code === UNAVAILABLE ? 'code = Unavailable: ' : '';
        details.push({ mspId, address: endpoint, message: `${down}${error.message}` });
      }
    }),
  );
  if (details.length > 0) throw new CallFailure(ABORTED, 'failed to endorse transaction', details);
  return answers;
}

function createSubmitter(orderer: Connection<LegacyOrderer>, timeoutMs: number): Submitter {
  return {
    endpoint: orderer.endpoint,
    submit: async (bytes) => {
      const envelope =
        gatewayProtos.PreparedTransaction.deserializeBinary(bytes).getEnvelope() ??
        new common.Envelope();
      const { status, info } = await orderer.call((node) =>
        node.sendBroadcast(messageOf(envelope), timeoutMs),
      );
      if (status !== 'SUCCESS')
        throw new CallFailure(UNAVAILABLE, `orderer answered ${status}: ${info ?? ''}`);
    },
  };
}

async function* streamBlocks(
  client: LegacyClient,
  node: FabricNodeAddress,
  signer: OfflineSigner,
  startBlock: bigint,
  signal: AbortSignal,
): AsyncGenerator<common.Block, void, undefined> {
  const request = await signer.seek(startBlock);
  const eventer = client.eventer(node);
  const stop = (): void => {
    eventer.disconnect();
  };
  signal.addEventListener('abort', stop);
  try {
    if (!(await eventer.checkConnection()))
      throw new CallFailure(UNAVAILABLE, `no connection to ${node.address}`);
    if (!signal.aborted)
      yield* deliveredBlocks(eventer.setStreamByType('full').stream, request, signal);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
