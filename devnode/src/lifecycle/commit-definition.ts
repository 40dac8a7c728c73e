import { createPrivateKey } from 'node:crypto';
import { peer } from '@hyperledger/fabric-protos';
import { assembleTransaction } from '../endorser/assemble-transaction.ts';
import { createProposal } from '../endorser/create-proposal.ts';
import type { Endorser } from '../endorser/endorser.ts';
import { decodeProposal } from '../endorser/proposal.ts';
import type { Definition } from '../ledger/definition.ts';
import type { ChannelLedger } from '../ledger/channel.ts';
import { Simulator } from '../ledger/simulator.ts';
import { serializeIdentity, signMessage, type OrganizationMaterial } from '../msp/index.ts';
import { definitionEntries, LIFECYCLE, sequenceKey } from './definition-state.ts';

/** A signed transaction that puts a definition in force, as `peer lifecycle chaincode commit` submits it. */
export function definitionTransaction(
  channel: ChannelLedger,
  definition: Definition,
  /** Whose administrator proposes and signs. */
  organization: OrganizationMaterial,
  endorsers: readonly Endorser[],
  nowMs: number,
): { readonly txId: string; readonly envelope: Uint8Array } {
  const [admin] = organization.users;
  if (admin === undefined) throw new TypeError(`${organization.mspId} has no administrator`);
  const proposer = {
    creator: serializeIdentity(organization.mspId, admin.sign.certificatePem),
    privateKey: createPrivateKey(admin.sign.privateKeyPem),
  };
  const call = {
    channel: channel.name,
    chaincode: LIFECYCLE,
    args: ['CommitChaincodeDefinition', argumentOf(definition)],
  };
  const proposal = decodeProposal(createProposal(call, proposer, nowMs).signed);
  const endorsements = endorsers.map((endorser) =>
    endorser.endorseOwn(proposal, simulate(channel, definition, proposal.txId)),
  );
  const envelope = assembleTransaction(proposal, endorsements);
  envelope.setSignature(signMessage(proposer.privateKey, envelope.getPayload_asU8()));
  return { txId: proposal.txId, envelope: envelope.serializeBinary() };
}

function simulate(channel: ChannelLedger, definition: Definition, txId: string): Simulator {
  const views = [channel.state.view(), channel.privateState('').view()] as const;
  try {
    const simulator = new Simulator({
      state: views[0],
      privateState: views[1],
      txId,
      definitions: channel.definitions,
      channel: channel.name,
    });
    // Two definitions for one sequence: the later one finds its read outdated.
    simulator.get(LIFECYCLE, sequenceKey(definition.name));
    for (const [key, value] of definitionEntries(definition)) simulator.put(LIFECYCLE, key, value);
    return simulator;
  } finally {
    for (const view of views) view.close();
  }
}

function argumentOf({ name, version, sequence }: Definition): Uint8Array {
  const args = new peer.lifecycle.CommitChaincodeDefinitionArgs();
  args.setName(name);
  args.setVersion(version);
  args.setSequence(sequence);
  return args.serializeBinary();
}
