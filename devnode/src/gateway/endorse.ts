import * as grpc from '@grpc/grpc-js';
import { gateway, type common } from '@hyperledger/fabric-protos';
import { assembleTransaction } from '../endorser/assemble-transaction.ts';
import type { Endorsement, Endorser } from '../endorser/endorser.ts';
import type { DecodedProposal } from '../endorser/proposal.ts';
import type { Definitions } from '../ledger/definition.ts';
import { LIFECYCLE } from '../lifecycle/definition-state.ts';
import type { Interest, RequiredPolicy } from '../ledger/simulator.ts';
import {
  layoutsSatisfyingAll,
  policyFromBytes,
  type EndorsementLayout,
  type SignaturePolicy,
} from '../msp/index.ts';
import type { GatewayContext } from './context.ts';
import { availablePeers } from './peers.ts';
import { EndorsementPlan } from './plan.ts';
import { judge, readProposal } from './proposals.ts';
import { detailOf, gatewayError, type PeerDetail } from './status.ts';

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
  const plan =
    named.length > 0
      ? planForNamed(context, proposal, named)
      : await planFromFirst(context, proposal);
  while (plan.completed === undefined) {
    const endorsers = plan.takeLayout();
    if (endorsers === undefined) break;
    await Promise.all(endorsers.map((endorser) => askInTurn(context, proposal, plan, endorser)));
  }
  if (plan.completed === undefined)
    throw gatewayError(
      status.ABORTED,
      'failed to collect enough transaction endorsements, see attached details for more info',
      plan.details,
    );
  return answerOf(assembleTransaction(proposal, plan.completed));
}

/** Asks a peer and, while that fails, the next one of its organisation. */
async function askInTurn(
  { peer }: GatewayContext,
  proposal: DecodedProposal,
  plan: EndorsementPlan,
  first: Endorser,
): Promise<void> {
  let endorser: Endorser | undefined = first;
  while (endorser !== undefined) {
    const outcome = await endorser.process(proposal, endorser === peer);
    if (outcome.kind !== 'endorsed')
      plan.details.push(detailOf(endorser, judge(outcome, endorser === peer).message));
    else if (plan.accept(endorser, outcome)) return;
    endorser = plan.takeAnother(endorser.options.mspId);
  }
}

/** One peer of each organisation that the client asks for; the client answers for the policy. */
function planForNamed(
  context: GatewayContext,
  proposal: DecodedProposal,
  named: readonly string[],
): EndorsementPlan {
  checkChannel(context, proposal, status.UNAVAILABLE);
  const available = availablePeers(context, proposal.chaincode);
  const missing = named.filter((mspId) => !available.has(mspId));
  if (missing.length > 0)
    throw gatewayError(
      status.UNAVAILABLE,
      `failed to find any endorsing peers for org(s): ${missing.join(', ')}`,
    );
  return new EndorsementPlan([new Map(named.map((mspId) => [mspId, 1]))], available);
}

/** Lets one peer, of the own organisation where there is one, endorse and tell what the transaction touches. */
async function planFromFirst(
  context: GatewayContext,
  proposal: DecodedProposal,
): Promise<EndorsementPlan> {
  const { channel, mspId, peer } = context;
  checkChannel(context, proposal, status.FAILED_PRECONDITION);
  // Definitions are committed through the controls; clients find the lifecycle as little as a chaincode that is not there.
  const definition =
    proposal.chaincode === LIFECYCLE ? undefined : channel.definitions.get(proposal.chaincode);
  const available = availablePeers(context, proposal.chaincode);
  const own = available.get(mspId);
  if (own === undefined && proposal.hasTransient) {
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
  const [firstOrg] = possibleLayouts([definition.policy], available, undefined)[0]?.keys() ?? [];
  const candidates = own ?? available.get(firstOrg ?? '') ?? [];
  if (candidates.length === 0)
    throw gatewayError(
      status.FAILED_PRECONDITION,
      `${NO_PLAN}: required chaincodes are installed on no available peers`,
    );
  const details: PeerDetail[] = [];
  for (const endorser of candidates) {
    const outcome = await endorser.process(proposal, endorser === peer);
    if (outcome.kind === 'endorsed')
      return planToComplete(context, proposal, available, endorser, outcome);
    details.push(detailOf(endorser, judge(outcome, endorser === peer).message));
  }
  throw gatewayError(
    status.ABORTED,
    'failed to endorse transaction, see attached details for more info',
    details,
  );
}

/** What the policies ask for beyond the first endorsement. */
function planToComplete(
  { channel: { definitions } }: GatewayContext,
  proposal: DecodedProposal,
  available: ReadonlyMap<string, readonly Endorser[]>,
  endorser: Endorser,
  first: Endorsement,
): EndorsementPlan {
  const invoked = definitions.get(proposal.chaincode);
  const isEmpty = first.interest.policies.length === 0;
  const policies =
    isEmpty && invoked !== undefined ? [invoked.policy] : policiesOf(first.interest, definitions);
  if (policies === undefined) throw gatewayError(status.FAILED_PRECONDITION, NO_PLAN);
  let layouts = possibleLayouts(policies, available, first.mspId);
  if (proposal.hasTransient && first.interest.collections.length > 0) {
    const members = first.interest.collections.map(
      ({ namespace, collection }) =>
        definitions.get(namespace)?.collections.get(collection)?.memberOrgs ?? new Set<string>(),
    );
    const trusted = layouts.filter((layout) =>
      [...layout.keys()].every((org) => members.every((orgs) => orgs.has(org))),
    );
    if (trusted.length === 0 && layouts.length > 0) {
      const names = first.interest.collections.map(({ collection }) => collection).join(' ');
      throw gatewayError(
        status.FAILED_PRECONDITION,
        `requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [${names}]; retry specifying trusted endorsing organizations to protect transient data`,
      );
    }
    layouts = trusted;
  }
  if (layouts.length === 0)
    throw gatewayError(
      status.FAILED_PRECONDITION,
      `${NO_PLAN}: no peer combination can satisfy the endorsement policy`,
    );
  const plan = new EndorsementPlan(layouts, available);
  plan.accept(endorser, first);
  return plan;
}

/** Layouts that satisfy all policies and for which there are peers enough; those with `preferred` first, then the smallest. */
function possibleLayouts(
  policies: readonly SignaturePolicy[],
  available: ReadonlyMap<string, readonly Endorser[]>,
  preferred: string | undefined,
): readonly EndorsementLayout[] {
  const rank = (layout: EndorsementLayout) =>
    preferred !== undefined && layout.has(preferred) ? 0 : 1;
  return layoutsSatisfyingAll(policies)
    .filter((layout) =>
      [...layout].every(([mspId, count]) => (available.get(mspId)?.length ?? 0) >= count),
    )
    .sort((a, b) => rank(a) - rank(b));
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

function answerOf(envelope: common.Envelope): gateway.EndorseResponse {
  const response = new gateway.EndorseResponse();
  response.setPreparedTransaction(envelope);
  return response;
}
