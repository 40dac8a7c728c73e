import { credentials } from '@grpc/grpc-js';
import { connect, type Gateway } from '@hyperledger/fabric-gateway';
import { gateway as gatewayProtos } from '@hyperledger/fabric-protos';
import { checkEndorsed } from './endorsed-check.ts';
import { GatewayClient } from './gateway-client.ts';
import type { FabricIdentity } from './identity.ts';
import { signProposal } from './proposal.ts';
import {
  tlsCaOf,
  type FabricOrganization,
  type FabricTransport,
  type GatewayTimeouts,
  type OrganizationGateway,
  type Submitter,
} from './transport.ts';

const MAX_MESSAGE_BYTES = 64 << 20;

interface ServedGateway extends OrganizationGateway, Submitter {
  close(): void;
}

/** Every organisation's Gateway service. Connects lazily. Throws CONFIG_INVALID for plain text beyond loopback. */
export function createGatewayTransport(
  organizations: readonly FabricOrganization[],
  identity: FabricIdentity,
  channel: string,
  timeouts: GatewayTimeouts,
): FabricTransport {
  const gateways = organizations.map((organization) =>
    createOrganizationGateway(organization, identity, channel, timeouts),
  );
  return {
    gateways,
    // The endorsers' gateways first. A claim goes to no other: its bytes show the secret before it is ordered.
    submitters: ({ endorsers, revealsSecret }) => {
      const first = gateways.filter(({ mspId }) => endorsers.includes(mspId));
      const others = gateways.filter(({ mspId }) => !endorsers.includes(mspId));
      return revealsSecret ? first : [...first, ...others];
    },
    close: () => {
      for (const gateway of gateways) gateway.close();
    },
  };
}

function createOrganizationGateway(
  organization: FabricOrganization,
  identity: FabricIdentity,
  channel: string,
  timeouts: GatewayTimeouts,
): ServedGateway {
  const { mspId, gateway: endpoint, tlsServerName } = organization;
  const ca = tlsCaOf({ ...organization, address: endpoint }, 'fabric.organizations.tlsCaCert');
  const client = new GatewayClient(
    endpoint,
    ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca)),
    {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 3_000,
      'grpc.keepalive_time_ms': 60_000,
      ...(tlsServerName === undefined
        ? {}
        : {
            'grpc.ssl_target_name_override': tlsServerName,
            'grpc.default_authority': tlsServerName,
          }),
    },
  );
  const within = (ms: number) => () => ({ deadline: Date.now() + ms });
  const session: Gateway = connect({
    client,
    identity: {
      mspId: identity.mspId,
      credentials: new TextEncoder().encode(identity.certificate),
    },
    signer: async (digest) => identity.signer.sign(digest),
    evaluateOptions: within(timeouts.evaluateMs),
    endorseOptions: within(timeouts.endorseMs),
    submitOptions: within(timeouts.submitMs),
  });

  return {
    mspId,
    endpoint,
    evaluate: async (invocation) =>
      (await signProposal(session, channel, invocation, identity)).evaluate(),
    endorse: async (invocation) => {
      const proposal = await signProposal(session, channel, invocation, identity);
      const transaction = await proposal.endorse();
      checkEndorsed(proposalIn(proposal.getBytes()), payloadIn(transaction.getBytes()));
      const signature = await identity.signer.sign(transaction.getDigest());
      const signed = session.newSignedTransaction(transaction.getBytes(), signature);
      return { txId: signed.getTransactionId(), bytes: signed.getBytes() };
    },
    submit: async (bytes) => {
      await session.newTransaction(bytes).submit();
    },
    blocks: async function* (startBlock, signal) {
      const stream = await session.getNetwork(channel).getBlockEvents({ startBlock });
      const stop = (): void => {
        stream.close();
      };
      signal.addEventListener('abort', stop);
      try {
        for await (const block of stream) {
          if (signal.aborted) return;
          yield block;
        }
      } finally {
        signal.removeEventListener('abort', stop);
        stop();
      }
    },
    close: () => {
      session.close();
      client.close();
    },
  };
}

function proposalIn(bytes: Uint8Array): Uint8Array {
  const proposed = gatewayProtos.ProposedTransaction.deserializeBinary(bytes);
  return proposed.getProposal()?.getProposalBytes_asU8() ?? new Uint8Array();
}

function payloadIn(bytes: Uint8Array): Uint8Array {
  const prepared = gatewayProtos.PreparedTransaction.deserializeBinary(bytes);
  return prepared.getEnvelope()?.getPayload_asU8() ?? new Uint8Array();
}
