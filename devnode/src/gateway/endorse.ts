import * as grpc from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import type { Endorsement } from '../endorser/endorser.ts';
import type { DecodedProposal } from '../endorser/proposal.ts';
import type { Definitions } from '../ledger/definition.ts';
import type { Interest, RequiredPolicy } from '../ledger/simulator.ts';
import { orgSetsSatisfying, policyFromBytes, type SignaturePolicy } from '../msp/index.ts';
import type { GatewayContext } from './context.ts';
import { detailOf, judge, readProposal } from './proposals.ts';
import { gatewayError, type PeerDetail } from './status.ts';

const { status } = grpc;
const NO_PLAN = 'no combination of peers can be derived which satisfy the endorsement policy';

/** Collects endorsements that satisfy every policy the transaction touches and assembles the envelope to sign. */
export async function endorse(
  context: GatewayContext,
  request: gateway.EndorseRequest,
): Promise<gateway.EndorseResponse> {
  const proposal = readProposal(
    request.getProposedTransaction(),
    'the proposed transaction must contain a signed proposal',
    '',
  );
  const named = request.getEndorsingOrganizationsList();
  const endorsements =
    named.length > 0
      ? await fromNamed(context, proposal, [...new Set(named)])
      : await fromPolicy(context, proposal);
  return assemble(proposal, endorsements);
}

async function fromNamed(
  context: GatewayContext,
  proposal: DecodedProposal,
  named: readonly string[],
): Promise<readonly Endorsement[]> {
  checkChannel(context, proposal, status.UNAVAILABLE);
  const missing = named.filter((mspId) => !available(context, proposal.chaincode, mspId));
  if (missing.length > 0)
    throw gatewayError(
      status.UNAVAILABLE,
      `failed to find any endorsing peers for org(s): ${missing.join(', ')}`,
    );
  const details: PeerDetail[] = [];
  const collected = await collect(context, proposal, named, undefined, details);
  if (collected.length < named.length) throw notEnough(details);
  return collected;
}

async function fromPolicy(
  context: GatewayContext,
  proposal: DecodedProposal,
): Promise<readonly Endorsement[]> {
  const { channel, mspId, endorsers } = context;
  checkChannel(context, proposal, status.FAILED_PRECONDITION);
  const definition = channel.definitions.get(proposal.chaincode);
  const isLocal = available(context, proposal.chaincode, mspId);
  if (!isLocal && proposal.hasTransient) {
    throw gatewayError(
      status.FAILED_PRECONDITION,
      "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
    );
  }
  if (definition === undefined) {
    throw gatewayError(
      status.FAILED_PRECONDITION,
      `${NO_PLAN}: No metadata was found for chaincode ${proposal.chaincode} in channel ${channel.name}`,
    );
  }
  const firstOrg = isLocal
    ? mspId
    : layouts(context, proposal.chaincode, [definition.policy], undefined)[0]?.[0];
  const first = endorsers.get(firstOrg ?? '');
  if (first === undefined)
    throw gatewayError(
      status.FAILED_PRECONDITION,
      `${NO_PLAN}: required chaincodes are installed on no available peers`,
    );
  const outcome = await first.process(proposal);
  if (outcome.kind !== 'endorsed') {
    const { message } = judge(outcome, first.options.mspId === mspId);
    throw gatewayError(
      status.ABORTED,
      'failed to endorse transaction, see attached details for more info',
      [detailOf(first, message)],
    );
  }
  return complete(context, proposal, outcome);
}

/** Adds what the policies ask for beyond the first endorsement; an endorser that fails is replaced where another set suffices. */
async function complete(
  context: GatewayContext,
  proposal: DecodedProposal,
  first: Endorsement,
): Promise<readonly Endorsement[]> {
  const { definitions } = context.channel;
  const invoked = definitions.get(proposal.chaincode);
  const isEmpty = first.interest.policies.length === 0;
  const policies =
    isEmpty && invoked !== undefined ? [invoked.policy] : policiesOf(first.interest, definitions);
  if (policies === undefined) throw gatewayError(status.FAILED_PRECONDITION, NO_PLAN);
  let sets = layouts(context, proposal.chaincode, policies, first.mspId);
  if (proposal.hasTransient && first.interest.collections.length > 0) {
    const members = first.interest.collections.map(
      ({ namespace, collection }) =>
        definitions.get(namespace)?.collections.get(collection)?.memberOrgs ?? new Set<string>(),
    );
    const trusted = sets.filter((set) =>
      set.every((org) => members.every((orgs) => orgs.has(org))),
    );
    if (trusted.length === 0 && sets.length > 0) {
      const names = first.interest.collections.map(({ collection }) => collection).join(' ');
      throw gatewayError(
        status.FAILED_PRECONDITION,
        `requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [${names}]; retry specifying trusted endorsing organizations to protect transient data`,
      );
    }
    sets = trusted;
  }
  if (sets.length === 0)
    throw gatewayError(
      status.FAILED_PRECONDITION,
      `${NO_PLAN}: no peer combination can satisfy the endorsement policy`,
    );
  const details: PeerDetail[] = [];
  const done = new Map([[first.mspId, first]]);
  const failed = new Set<string>();
  for (const set of sets) {
    if (set.some((org) => failed.has(org))) continue;
    const wanted = set.filter((org) => !done.has(org));
    for (const endorsement of await collect(context, proposal, wanted, first, details))
      done.set(endorsement.mspId, endorsement);
    for (const org of wanted) if (!done.has(org)) failed.add(org);
    if (set.every((org) => done.has(org))) return set.flatMap((org) => done.get(org) ?? []);
  }
  throw notEnough(details);
}

/** Endorsements that agree with the reference, or with the first to come; failures go to `details`. */
async function collect(
  context: GatewayContext,
  proposal: DecodedProposal,
  names: readonly string[],
  reference: Endorsement | undefined,
  details: PeerDetail[],
): Promise<readonly Endorsement[]> {
  const outcomes = await Promise.all(
    names.map(async (name) => {
      const endorser = context.endorsers.get(name);
      return endorser === undefined
        ? undefined
        : { endorser, outcome: await endorser.process(proposal) };
    }),
  );
  const agreed: Endorsement[] = [];
  for (const entry of outcomes) {
    if (entry === undefined) continue;
    const { endorser, outcome } = entry;
    if (outcome.kind !== 'endorsed') {
      details.push(
        detailOf(endorser, judge(outcome, endorser.options.mspId === context.mspId).message),
      );
      continue;
    }
    const expected = (reference ?? agreed[0] ?? outcome).payload;
    if (Buffer.compare(outcome.payload, expected) === 0) agreed.push(outcome);
    else details.push(detailOf(endorser, 'ProposalResponsePayloads do not match'));
  }
  return agreed;
}

/** Sets of organisations whose peers satisfy all policies; those with `preferred` first, then the smallest. */
function layouts(
  context: GatewayContext,
  chaincode: string,
  policies: readonly SignaturePolicy[],
  preferred: string | undefined,
): readonly string[][] {
  let sets: Set<string>[] = [new Set()];
  for (const policy of policies) {
    const options = orgSetsSatisfying(policy);
    sets = sets.flatMap((set) => options.map((option) => new Set([...set, ...option])));
  }
  const rank = (set: readonly string[]) =>
    preferred !== undefined && set.includes(preferred) ? 0 : 1;
  return [...new Map(sets.map((set) => [[...set].sort().join(), [...set].sort()])).values()]
    .filter((set) => set.every((mspId) => available(context, chaincode, mspId)))
    .sort((a, b) => rank(a) - rank(b) || a.length - b.length);
}

function available({ endorsers, isUp }: GatewayContext, chaincode: string, mspId: string): boolean {
  return isUp(mspId) && endorsers.get(mspId)?.serves(chaincode) === true;
}

/** Distinct policies; undefined when one cannot be read, so that nobody can satisfy it. */
function policiesOf(
  { policies }: Interest,
  definitions: Definitions,
): readonly SignaturePolicy[] | undefined {
  const found = new Map<string, SignaturePolicy>();
  for (const required of policies) {
    const policy = resolve(required, definitions);
    if (policy === undefined) return undefined;
    found.set(JSON.stringify(policy), policy);
  }
  return found.size === 0 ? undefined : [...found.values()];
}

function resolve(required: RequiredPolicy, definitions: Definitions): SignaturePolicy | undefined {
  if (required.kind === 'key') {
    try {
      return policyFromBytes(required.bytes);
    } catch {
      return undefined;
    }
  }
  const definition = definitions.get(required.namespace);
  const own =
    required.kind === 'collection'
      ? definition?.collections.get(required.collection)?.endorsementPolicy
      : undefined;
  return own ?? definition?.policy;
}

function checkChannel(
  { channel }: GatewayContext,
  proposal: DecodedProposal,
  code: grpc.status,
): void {
  if (proposal.channel === channel.name) return;
  const text =
    code === status.UNAVAILABLE
      ? `failed to get config for channel [${proposal.channel}]: could not get last config for channel ${proposal.channel}`
      : `${NO_PLAN}: No metadata was found for chaincode ${proposal.chaincode} in channel ${proposal.channel}`;
  throw gatewayError(code, text);
}

function notEnough(details: readonly PeerDetail[]): grpc.ServiceError {
  return gatewayError(
    status.ABORTED,
    'failed to collect enough transaction endorsements, see attached details for more info',
    details,
  );
}

function assemble(
  proposal: DecodedProposal,
  endorsements: readonly Endorsement[],
): gateway.EndorseResponse {
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(endorsements[0]?.payload ?? new Uint8Array());
  endorsed.setEndorsementsList(endorsements.map(({ endorsement }) => endorsement));
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.publicPayload);
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(proposal.header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const payload = new common.Payload();
  payload.setHeader(proposal.header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const response = new gateway.EndorseResponse();
  response.setPreparedTransaction(envelope);
  return response;
}
