import * as grpc from '@grpc/grpc-js';
import { gateway } from '@hyperledger/fabric-protos';
import type { GatewayContext } from './context.ts';
import { availablePeers } from './peers.ts';
import { judge, readProposal } from './proposals.ts';
import { detailOf, gatewayError, type PeerDetail } from './status.ts';

const { status } = grpc;

/** Runs a proposal on one peer, the own organisation's first, and the next one where that may do better; returns the chaincode's answer. */
export async function evaluate(
  context: GatewayContext,
  request: gateway.EvaluateRequest,
): Promise<gateway.EvaluateResponse> {
  const { channel, mspId, peer } = context;
  const prefix = 'failed to unpack transaction proposal: ';
  const proposal = readProposal(
    request.getProposedTransaction(),
    `${prefix}a signed proposal is required`,
    prefix,
  );
  if (proposal.channel === '')
    throw gatewayError(status.INVALID_ARGUMENT, `${prefix}no channel id provided`);
  if (proposal.chaincode === '')
    throw gatewayError(
      status.INVALID_ARGUMENT,
      `${prefix}no chaincode name is provided, channel id [${proposal.channel}]`,
    );
  if (proposal.channel !== channel.name)
    throw gatewayError(
      status.UNAVAILABLE,
      `failed to get config for channel [${proposal.channel}]: could not get last config for channel ${proposal.channel}`,
    );
  const named = request.getTargetOrganizationsList();
  const isProtected = proposal.hasTransient && named.length === 0;
  const available = availablePeers(context, proposal.chaincode);
  const targets = isProtected ? [mspId] : named.length > 0 ? named : [...available.keys()];
  // The own organisation's peers first, in whatever order the organisations were named.
  const candidates = [...available]
    .filter(([name]) => targets.includes(name))
    .sort(([a], [b]) => Number(b === mspId) - Number(a === mspId))
    .flatMap(([, peers]) => peers);
  if (candidates.length === 0) {
    const text = `no peers available to evaluate chaincode ${proposal.chaincode} in channel ${channel.name}`;
    const advice =
      "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: ";
    throw gatewayError(status.FAILED_PRECONDITION, isProtected ? `${advice}${text}` : text);
  }
  const details: PeerDetail[] = [];
  let code = status.UNAVAILABLE;
  for (const endorser of candidates) {
    const outcome = await endorser.query(proposal, endorser === peer);
    if (outcome.kind === 'answered') {
      const result = new gateway.EvaluateResponse();
      result.setResult(outcome.response);
      return result;
    }
    const failure = judge(outcome, endorser === peer);
    ({ code } = failure);
    details.push(detailOf(endorser, failure.message));
    if (!failure.retry)
      throw gatewayError(
        code,
        `evaluate call to endorser returned error: ${failure.message}`,
        details,
      );
  }
  throw gatewayError(
    code,
    'failed to evaluate transaction, see attached details for more info',
    details,
  );
}
