import { MidlockError, isMidlockError } from '@midlock/protocol';
import type { ClockBook } from './clock-book.ts';
import { isChaincodeCode, refusalsOf, type Refusal } from './gateway-error.ts';
import type { Invocation, OrganizationGateway } from './transport.ts';
import { chooseStamp, type StampPurpose } from './stamp.ts';

export interface EndorseRequest {
  readonly chaincode: string;
  readonly name: string;
  readonly arguments: readonly string[];
  readonly purpose: StampPurpose;
  /** Organisations that must not see this proposal, whatever happens: the counterparty of a claim. */
  readonly without: ReadonlySet<string>;
  /** Organisations that are asked only where the others do not suffice: they may want to delay it. */
  readonly last?: ReadonlySet<string>;
}

export interface EndorserOptions {
  /** Every organisation that can endorse, the preferred ones first. */
  readonly gateways: readonly OrganizationGateway[];
  /** The caller's own organisation: its word on a business rule is final. */
  readonly ownMspId: string;
  /** k: how many organisations must endorse. */
  readonly endorsements: number;
  readonly clocks: ClockBook;
}

export interface Endorsed {
  readonly txId: string;
  readonly bytes: Uint8Array;
  readonly organizations: readonly string[];
}

/**
 * Gathers k endorsements. Sets of k organisations are tried in order of preference until one is willing; a proposal goes
 * to exactly the named organisations, through a gateway of one of them, so that nobody left out ever sees it.
 * A stamp that an endorser refuses is drawn anew from its clock, at most once for each member of a set.
 * @throws {MidlockError} ENDORSEMENT_MISSING when fewer than k may be asked, the own organisation's refusal by its code,
 * else the most telling refusal of the others (ENDORSEMENT_REFUSED, ENDPOINT_UNREACHABLE, a chaincode code).
 */
export async function gatherEndorsements(
  options: EndorserOptions,
  request: EndorseRequest,
): Promise<Endorsed> {
  const allowed = inOrder(options.gateways, request);
  const refusals: Refusal[] = [];
  const down = new Set<string>();
  for (const chosen of subsets(allowed, options.endorsements)) {
    if (chosen.some(({ mspId }) => down.has(mspId))) continue;
    const result = await trySet(options, request, chosen);
    if ('txId' in result) return result;
    refusals.push(...result.refusals);
    for (const { mspId, error } of result.refusals) {
      if (mspId === options.ownMspId && isFinal(error)) throw error;
      if (error.code === 'ENDPOINT_UNREACHABLE') down.add(mspId);
    }
  }
  throw verdict(refusals, allowed.length, options.endorsements);
}

/** Those that may be asked, in order of preference, the doubtful ones last. */
function inOrder(
  gateways: readonly OrganizationGateway[],
  { without, last = new Set() }: EndorseRequest,
): readonly OrganizationGateway[] {
  const allowed = gateways.filter(({ mspId }) => !without.has(mspId));
  return [
    ...allowed.filter(({ mspId }) => !last.has(mspId)),
    ...allowed.filter(({ mspId }) => last.has(mspId)),
  ];
}

type Attempt = Endorsed | { readonly refusals: readonly Refusal[] };

async function trySet(
  { clocks }: EndorserOptions,
  request: EndorseRequest,
  chosen: readonly OrganizationGateway[],
): Promise<Attempt> {
  let attempt = await tryOnce(clocks, request, chosen);
  // Each member may have had its clock set.
  for (let i = 0; i < chosen.length && wasStampRefused(attempt); i += 1) {
    clocks.forget(chosen.map(({ mspId }) => mspId));
    attempt = await tryOnce(clocks, request, chosen);
  }
  return attempt;
}

function wasStampRefused(attempt: Attempt): boolean {
  if ('txId' in attempt) return false;
  return attempt.refusals.some(({ error }) => error.code === 'STAMP_OUTSIDE_WINDOW');
}

async function tryOnce(
  clocks: ClockBook,
  request: EndorseRequest,
  chosen: readonly OrganizationGateway[],
): Promise<Attempt> {
  const organizations = chosen.map(({ mspId }) => mspId);
  const { chaincode, name } = request;
  let invocation: Invocation;
  try {
    const stampMs = chooseStamp(await clocks.clocks(organizations), request.purpose);
    invocation = { chaincode, name, arguments: request.arguments, stampMs, organizations };
  } catch (error) {
    if (!(error instanceof MidlockError)) throw error;
    return { refusals: [{ mspId: String(error.data['organization'] ?? ''), error }] };
  }
  return endorseThroughAny(chosen, invocation);
}

/** The gateways of the chosen organisations one after the other, as long as they cannot be reached. */
async function endorseThroughAny(
  chosen: readonly OrganizationGateway[],
  invocation: Invocation,
): Promise<Attempt> {
  const refusals: Refusal[] = [];
  for (const gateway of chosen) {
    try {
      const { txId, bytes } = await gateway.endorse(invocation);
      return { txId, bytes, organizations: invocation.organizations };
    } catch (error) {
      const found = refusalsOf(error, gateway.endpoint).map((refusal) => ({
        ...refusal,
        // A gateway that cannot be reached speaks for its own organisation.
        mspId: refusal.mspId === '' ? gateway.mspId : refusal.mspId,
      }));
      refusals.push(...found);
      if (
        !found.every(
          ({ mspId, error: { code } }) =>
            mspId === gateway.mspId && code === 'ENDPOINT_UNREACHABLE',
        )
      )
        break;
    }
  }
  return { refusals };
}

/** Refusals that no other set of organisations can make good when the own organisation gave them. */
function isFinal(error: MidlockError): boolean {
  return isChaincodeCode(error.code) && error.code !== 'STAMP_OUTSIDE_WINDOW';
}

function verdict(refusals: readonly Refusal[], available: number, needed: number): MidlockError {
  if (available < needed) return new MidlockError('ENDORSEMENT_MISSING', { available, needed });
  const errors = refusals.map(({ error }) => error);
  const telling =
    errors.find(({ code }) => isChaincodeCode(code)) ??
    errors.find((error) => isMidlockError(error, 'ENDORSEMENT_REFUSED'));
  if (telling !== undefined) return telling;
  const organizations = [...new Set(refusals.map(({ mspId }) => mspId))];
  return new MidlockError(
    'ENDORSEMENT_MISSING',
    { available: available - organizations.length, needed, unreachable: organizations },
    { cause: errors[0] },
  );
}

/** All subsets of `size`, in the order of the list; at most a few dozen organisations ever stand in one. */
export function* subsets<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = 0; i + size <= items.length; i += 1) {
    for (const rest of subsets(items.slice(i + 1), size - 1)) yield [items[i] as T, ...rest];
  }
}
