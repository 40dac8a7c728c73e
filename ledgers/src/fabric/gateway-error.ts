import { MidlockError, parseErrorText } from '@midlock/protocol';
import { isFailedCall } from './call-failure.ts';

/** What one organisation had against a proposal. */
export interface Refusal {
  /** The organisation that refused; empty where the gateway itself did. */
  readonly mspId: string;
  readonly error: MidlockError;
}

/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const UNAVAILABLE_CODES: ReadonlySet<number> = new Set([1, 4, 8, 14]);
const UNIMPLEMENTED = 12;
/** Longer than any MSP id: a gateway may put anything in its place. */
const MAX_MSP_ID = 64;
/** What a gateway's detail says of a remote peer that it could not reach. */
const PEER_DOWN = /code = Unavailable|code = DeadlineExceeded|connection refused/i;

/**
 * Translates what a client throws, one entry per organisation that said something, never empty.
 * A chaincode's own `CODE: ... {data}` comes out as that error; an unreachable peer as ENDPOINT_UNREACHABLE, anything
 * else as ENDORSEMENT_REFUSED with the peer's text. The thrown object itself is dropped: it holds the proposal.
 */
export function refusalsOf(error: unknown, endpoint: string): readonly [Refusal, ...Refusal[]] {
  if (error instanceof MidlockError) return [{ mspId: '', error }];
  if (!isFailedCall(error)) {
    const reason = error instanceof Error ? error.message : 'unknown';
    return [{ mspId: '', error: unreachable(endpoint, reason) }];
  }
  const { code } = error;
  const [first, ...rest] = error.details.map(({ mspId, message }) => ({
    mspId,
    error: translate(code, message, endpoint, mspId),
  }));
  if (first !== undefined) return [first, ...rest];
  const missing = missingOrganizations(error.message).map((mspId) => ({
    mspId,
    error: unreachable(endpoint, error.message),
  }));
  return missing[0] === undefined
    ? [{ mspId: '', error: translate(code, error.message, endpoint, '') }]
    : [missing[0], ...missing.slice(1)];
}

/** A gateway that answers, but knows no peer of some organisations: "failed to find any endorsing peers for org(s): A, B". */
function missingOrganizations(message: string): readonly string[] {
  const list = /endorsing peers for org\(s\): ([\w.,\s-]+)/.exec(message)?.[1];
  return list === undefined ? [] : list.split(/[,\s]+/).filter((name) => name !== '');
}

/** The most telling error of {@link refusalsOf}: one from the catalogue of the chaincode before any other. */
export function translateGatewayError(error: unknown, endpoint: string): MidlockError {
  const refusals = refusalsOf(error, endpoint);
  return (refusals.find(({ error: { code } }) => isChaincodeCode(code)) ?? refusals[0]).error;
}

/** True for codes that only the chaincode can have given. */
export function isChaincodeCode(code: string): boolean {
  return code !== 'ENDPOINT_UNREACHABLE' && code !== 'ENDORSEMENT_REFUSED';
}

function translate(code: number, message: string, endpoint: string, mspId: string): MidlockError {
  const own = parseErrorText(message);
  if (own !== undefined) return own;
  if (code === UNIMPLEMENTED && /gateway\.Gateway/.test(message))
    return new MidlockError('GATEWAY_SERVICE_MISSING', { endpoint });
  const reason = redact(message);
  return UNAVAILABLE_CODES.has(code) || PEER_DOWN.test(message)
    ? unreachable(endpoint, reason)
    : new MidlockError('ENDORSEMENT_REFUSED', {
        ...(mspId === '' ? {} : { organization: mspId.slice(0, MAX_MSP_ID) }),
        endpoint,
        reason,
      });
}

function unreachable(endpoint: string, reason: string): MidlockError {
  return new MidlockError('ENDPOINT_UNREACHABLE', { endpoint, reason: redact(reason) });
}

/** Peers may quote arguments, and a claim's argument is the secret. */
function redact(text: string): string {
  return text.replaceAll(/[0-9a-fA-F]{48,}/g, '..').slice(0, 300);
}
