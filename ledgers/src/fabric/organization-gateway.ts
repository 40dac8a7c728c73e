import { createHash } from 'node:crypto';
import { Client, credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { connect, type Gateway } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayProtos, peer } from '@hyperledger/fabric-protos';
import { MidlockError } from '@midlock/protocol';
import type { FabricIdentity } from './identity.ts';
import { stampOf } from './stamp-message.ts';

/** An organisation and the peer through which it is reached. */
export interface FabricOrganization {
  readonly mspId: string;
  /** `host:port` of a peer with the Gateway service. */
  readonly gateway: string;
  /** PEM of the CA that signed the peer's TLS certificate; undefined speaks plain text, for loopback only. */
  readonly tlsCaCert?: string;
  /** Name in the peer's TLS certificate, where it differs from the host. */
  readonly tlsServerName?: string;
}

/** A call of the chaincode (or a system chaincode) with its stamp. */
export interface Invocation {
  readonly chaincode: string;
  /** `contract:function`. */
  readonly name: string;
  readonly arguments: readonly string[];
  readonly stampMs: bigint;
  /** The organisations whose peers run it; nobody else's see it, except through the ledger. */
  readonly organizations: readonly string[];
}

/** One organisation's Gateway service. Methods throw what fabric-gateway throws; callers translate. */
export interface OrganizationGateway {
  readonly mspId: string;
  readonly endpoint: string;
  evaluate(invocation: Invocation): Promise<Uint8Array>;
  /** Gathers endorsements and signs; returns the transaction id and the bytes to submit, again and again if need be. */
  endorse(invocation: Invocation): Promise<{ readonly txId: string; readonly bytes: Uint8Array }>;
  /** Hands a signed transaction to the orderers; returns when they took it. */
  submit(bytes: Uint8Array): Promise<void>;
  /** Blocks from a number on, until the signal aborts or the stream breaks (it then throws). */
  blocks(startBlock: bigint, signal: AbortSignal): AsyncGenerator<common.Block, void, undefined>;
  close(): void;
}

export interface GatewayTimeouts {
  readonly evaluateMs: number;
  readonly endorseMs: number;
  readonly submitMs: number;
}

/** Short, since a peer that hangs is one of several; a hanging query also delays commits on its peer. Fabric's samples wait 15 s for endorsements. */
export const DEFAULT_TIMEOUTS: GatewayTimeouts = {
  evaluateMs: 5_000,
  endorseMs: 5_000,
  submitMs: 5_000,
};

const MAX_MESSAGE_BYTES = 64 << 20;

/** Connects lazily. Throws CONFIG_INVALID for plain text beyond loopback. */
export function createOrganizationGateway(
  organization: FabricOrganization,
  identity: FabricIdentity,
  channel: string,
  timeouts: GatewayTimeouts,
): OrganizationGateway {
  const { mspId, gateway: endpoint } = organization;
  const client = new Client(endpoint, channelCredentials(organization), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 3_000,
    'grpc.keepalive_time_ms': 60_000,
    ...(organization.tlsServerName === undefined
      ? {}
      : {
          'grpc.ssl_target_name_override': organization.tlsServerName,
          'grpc.default_authority': organization.tlsServerName,
        }),
  });
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

  async function propose(invocation: Invocation): ReturnType<typeof signProposal> {
    return signProposal(session, channel, invocation, identity);
  }

  return {
    mspId,
    endpoint,
    evaluate: async (invocation) => (await propose(invocation)).evaluate(),
    endorse: async (invocation) => {
      const transaction = await (await propose(invocation)).endorse();
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

/**
 * Builds a proposal, sets its stamp and signs it. The transaction id is a hash of nonce and creator, so the stamp can be
 * set after it was drawn.
 */
async function signProposal(
  session: Gateway,
  channel: string,
  invocation: Invocation,
  identity: FabricIdentity,
): Promise<ReturnType<Gateway['newSignedProposal']>> {
  const unsigned = session
    .getNetwork(channel)
    .getContract(invocation.chaincode)
    .newProposal(invocation.name, {
      arguments: [...invocation.arguments],
      endorsingOrganizations: [...invocation.organizations],
    });
  const proposed = gatewayProtos.ProposedTransaction.deserializeBinary(unsigned.getBytes());
  const signedProposal = proposed.getProposal() ?? new peer.SignedProposal();
  const stamped = withStamp(signedProposal.getProposalBytes_asU8(), invocation.stampMs);
  signedProposal.setProposalBytes(stamped);
  proposed.setProposal(signedProposal);
  const digest = createHash('sha256').update(stamped).digest();
  return session.newSignedProposal(proposed.serializeBinary(), await identity.signer.sign(digest));
}

function withStamp(proposalBytes: Uint8Array, stampMs: bigint): Uint8Array {
  const proposal = peer.Proposal.deserializeBinary(proposalBytes);
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const stamp = stampOf(channelHeader);
  if (stamp === undefined) throw new MidlockError('INTERNAL', { what: 'proposal without stamp' });
  stamp.setSeconds(Number(stampMs / 1000n));
  stamp.setNanos(Number(stampMs % 1000n) * 1_000_000);
  header.setChannelHeader(channelHeader.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  return proposal.serializeBinary();
}

function channelCredentials({ gateway, tlsCaCert }: FabricOrganization): ChannelCredentials {
  if (tlsCaCert !== undefined) return credentials.createSsl(Buffer.from(tlsCaCert));
  if (/^(?:localhost|127\.0\.0\.1|\[::1\]):\d+$/.test(gateway)) return credentials.createInsecure();
  throw new MidlockError('CONFIG_INVALID', {
    key: 'fabric.organizations.tlsCaCert',
    expected: 'a CA certificate: plain text is for loopback only',
    gateway,
  });
}
