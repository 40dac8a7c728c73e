import { status, type ServiceError } from '@grpc/grpc-js';
import { NetworkError, type NetworkErrorCode } from '../network-error.ts';
import { reasonOf } from '../retry.ts';

/** Where in a deployment a peer refused. */
export interface RefusedStep {
  readonly mspId: string;
  readonly address: string;
  readonly step: 'ask' | 'install' | 'approve' | 'commit' | 'run';
}

const UNREACHABLE: readonly unknown[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED];

/** What a peer's words mean; the first that fits. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: NetworkErrorCode, sentence: string])[] =
  [
    [
      /not an admin|access denied|Failed to authorize|failed ACL check|creator org/i,
      'ADMIN_REFUSED',
      'A peer does not let this identity administer it.',
    ],
    [
      /requested sequence is|attempted to (re)?define/i,
      'SEQUENCE_MISMATCH',
      'The definition on the channel is another one.',
    ],
    [
      /not agreed to by this org|validationCode":10\b|endorsement policy|no combination of peers/i,
      'APPROVAL_MISSING',
      'The channel does not take the definition: too few organisations approved it or answer.',
    ],
    [
      /package.*not (found|installed)|could not find.*package/i,
      'PACKAGE_MISMATCH',
      'The peer does not have the package of the approval.',
    ],
  ];

/** A peer's or a gateway's refusal as an error of this package, with the peer's own words as evidence. */
export function refusalOf(error: unknown, { mspId, address, step }: RefusedStep): NetworkError {
  const reason = wordsOf(error);
  const data = { organization: mspId, peer: address, step, reason };
  // A refusal that says why is more than the status under which the gateway passes it on.
  const meaning = MEANINGS.find(([pattern]) => pattern.test(reason));
  if (meaning !== undefined) return new NetworkError(meaning[1], meaning[2], data);
  if (error instanceof NetworkError) return error;
  if (UNREACHABLE.includes((error as Partial<ServiceError>).code)) {
    return new NetworkError('ENDPOINT_UNREACHABLE', 'A peer does not answer.', data);
  }
  if ((error as Partial<ServiceError>).code === status.UNIMPLEMENTED) {
    const sentence =
      'The peer serves no lifecycle; devnode is deployed to by "admin" in its description.';
    return new NetworkError('DEPLOY_FAILED', sentence, data);
  }
  return new NetworkError('DEPLOY_FAILED', `The peer refused to ${step}.`, data);
}

/** Runs a step; what it throws comes out as {@link refusalOf} says. */
export async function translated<T>(step: RefusedStep, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw refusalOf(error, step);
  }
}

/** Message and, of a gateway, what the peers behind it said; at most 600 characters, printable ones. */
export function wordsOf(error: unknown): string {
  const details = (error as Partial<ServiceError>).metadata?.get('grpc-status-details-bin') ?? [];
  const text = [reasonOf(error), ...details.map(String)].join(' ');
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 600);
}
