import { createHash } from 'node:crypto';
import type { Gateway } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayProtos, peer } from '@hyperledger/fabric-protos';
import { MidlockError } from '@midlock/protocol';
import type { FabricIdentity } from './identity.ts';
import { stampOf } from './stamp-message.ts';
import type { Invocation } from './transport.ts';

/**
 * Builds a proposal, sets its stamp and signs it; sends nothing. The transaction id is a hash of nonce and creator, so
 * the stamp can be set after it was drawn.
 */
export async function signProposal(
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
  const signature = await signBytes(identity, stamped);
  return session.newSignedProposal(proposed.serializeBinary(), signature);
}

/** Signs the SHA-256 of a message; returns ECDSA in DER. */
export function signBytes({ signer }: FabricIdentity, message: Uint8Array): Promise<Uint8Array> {
  return signer.sign(createHash('sha256').update(message).digest());
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
