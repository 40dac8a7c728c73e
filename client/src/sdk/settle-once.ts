import {
  MidlockError,
  isMidlockError,
  type EthereumLock,
  type LedgerName,
  type LedgerIntent,
  type SignedTransaction,
  type SwapProfile,
  type SwapTerms,
  type TransactionOutcome,
} from '@midlock/protocol';
import { PARTY_DUTIES } from '../core/duties.ts';
import { explainSession, type Explanation } from '../core/explain.ts';
import { stepParty } from '../core/party.ts';
import { longLedger, openSession, shortLedger, type Session } from '../core/session.ts';
import type { World } from '../core/world.ts';
import type { ClockPort, LedgerPort } from '../ports.ts';
import { legFacts } from '../shell/backfill.ts';
import { secretOfTerms, type SeedPort } from '../shell/seed.ts';
import { roleIn, type PartyAccounts } from '../terms-file/terms-file.ts';

/** What is needed to act on a swap from keys and terms alone, without any store. */
export interface SettleModules {
  readonly fabric: LedgerPort;
  readonly ethereum: LedgerPort;
  readonly clock: ClockPort;
  /** Needed by an initiator that claims. */
  readonly seed?: SeedPort;
}

export interface SettleInput {
  readonly terms: SwapTerms;
  readonly accounts: PartyAccounts;
  readonly profile: SwapProfile;
}

export interface Settled {
  readonly ledger: LedgerName;
  readonly txId: string;
  readonly outcome: TransactionOutcome;
}

const POLL_MS = 250;

/**
 * Why a swap waits, read from the ledgers alone.
 * @throws {MidlockError} NOT_OWNER, TERMS_MISMATCH, ENDPOINT_UNREACHABLE.
 */
export async function explainSwap(
  input: SettleInput,
  modules: SettleModules,
): Promise<Explanation> {
  const { session, world } = await readSession(input, modules);
  return explainSession(session, world);
}

/**
 * Claims this party's due leg: the initiator the short one while the reveal guard holds, the responder the long one once
 * the secret is public. Waits until the claim is final or the signal aborts. Safe to repeat.
 * @throws {MidlockError} SWAP_STATE with the reason, SECRET_INVALID, CLAIM_TOO_LATE, TIMED_OUT.
 */
export function claimSwap(
  input: SettleInput,
  modules: SettleModules,
  signal: AbortSignal,
): Promise<Settled> {
  return act('claim', input, modules, signal);
}

/**
 * Takes back this party's own leg after its deadline. Waits until that is final or the signal aborts. Safe to repeat.
 * @throws {MidlockError} SWAP_STATE with the reason, REFUND_TOO_EARLY, TIMED_OUT.
 */
export function refundSwap(
  input: SettleInput,
  modules: SettleModules,
  signal: AbortSignal,
): Promise<Settled> {
  return act('refund', input, modules, signal);
}

async function act(
  action: 'claim' | 'refund',
  input: SettleInput,
  modules: SettleModules,
  signal: AbortSignal,
): Promise<Settled> {
  const { session, world, secret } = await readSession(input, modules);
  const role = session.role === 'initiator' ? 'initiator' : 'responder';
  const duty = PARTY_DUTIES[role].find((candidate) => candidate.action === action);
  if (duty === undefined) throw new MidlockError('INTERNAL', { what: 'no such duty' });
  const ledger = duty.ledger(session);
  const verdict = duty.verdict(session, world);
  if (verdict.kind !== 'now')
    throw new MidlockError('SWAP_STATE', {
      swapId: session.swapId,
      action,
      ledger,
      reason: verdict.why,
    });
  const intent = intentOf(action, session, secret, modules.seed);
  const transaction = await modules[ledger].prepare(intent, { urgentBySec: verdict.urgentBySec });
  return send(modules[ledger], transaction, modules.clock, signal);
}

/**
 * Takes back a lock on Ethereum of which nothing else is known: its terms are lost, and the other leg never stood on Fabric,
 * from which they could be read. Waits until that is final or the signal aborts. Safe to repeat.
 * @throws {MidlockError} REFUND_TOO_EARLY, ESCROW_REVERTED, FEE_BUDGET, TIMED_OUT.
 */
export async function refundLock(
  lock: EthereumLock,
  { ethereum, clock }: Pick<SettleModules, 'ethereum' | 'clock'>,
  signal: AbortSignal,
): Promise<Settled> {
  const transaction = await ethereum.prepareReturn?.(lock);
  if (transaction === undefined)
    throw new MidlockError('INTERNAL', { what: 'an adapter without refunds from locks alone' });
  return send(ethereum, transaction, clock, signal);
}

function intentOf(
  action: 'claim' | 'refund',
  session: Session,
  seen: Uint8Array | undefined,
  seed: SeedPort | undefined,
): LedgerIntent {
  const { terms } = session;
  if (action === 'refund') return { action, terms };
  if (seen !== undefined) return { action, terms, secret: seen };
  if (seed === undefined)
    throw new MidlockError('SWAP_STATE', {
      swapId: session.swapId,
      reason: 'the secret is not public and there is no seed',
    });
  return { action, terms, secret: secretOfTerms(seed, terms) };
}

/** Sends one transaction and the same bytes again until the ledger has taken it for good. */
async function send(
  port: LedgerPort,
  transaction: SignedTransaction,
  clock: ClockPort,
  signal: AbortSignal,
): Promise<Settled> {
  for (;;) {
    const outcome = await port.outcome(transaction);
    if (outcome.kind === 'valid' && outcome.final)
      return { ledger: port.ledger, txId: transaction.txId, outcome };
    if (outcome.kind === 'invalid')
      throw new MidlockError(port.ledger === 'fabric' ? 'COMMIT_INVALID' : 'ESCROW_REVERTED', {
        txId: transaction.txId,
        code: outcome.code,
      });
    if (outcome.kind === 'unknown')
      await port.submit(transaction).catch((error: unknown) => {
        if (!isMidlockError(error) || error.retry === 'never') throw error;
      });
    if (signal.aborted)
      throw new MidlockError('TIMED_OUT', { txId: transaction.txId, ledger: port.ledger });
    await clock.sleep(POLL_MS, signal);
  }
}

/** The session that the ledgers amount to at this moment. */
async function readSession(
  { terms, accounts, profile }: SettleInput,
  modules: SettleModules,
): Promise<{ session: Session; world: World; secret?: Uint8Array }> {
  const [fabricHead, ethereumHead] = await Promise.all([
    modules.fabric.head(),
    modules.ethereum.head(),
  ]);
  const world: World = {
    nowSec: modules.clock.nowMs() / 1000n,
    headSec: { fabric: fabricHead.timeSec, ethereum: ethereumHead.timeSec },
    halted: [],
  };
  let session = openSession({
    terms,
    role: roleIn(terms, accounts),
    profile,
    nowSec: world.nowSec,
    accepted: false,
  });
  let secret: Uint8Array | undefined;
  for (const ledger of [longLedger(terms), shortLedger(terms)]) {
    const view = await modules[ledger].leg(terms);
    if (view.state === 'claimed') secret = view.secret;
    for (const update of legFacts(view, terms, ledger, { alsoUnsettled: true })) {
      const result = stepParty(session, { kind: 'ledger', update, world });
      if (result.ok) session = result.session;
    }
  }
  // What a former process may have begun is not known here; only the ledgers count.
  session = { ...session, operations: {} };
  return { session, world, ...(secret === undefined ? {} : { secret }) };
}
