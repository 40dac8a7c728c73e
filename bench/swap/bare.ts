import { secretOfTerms } from '@midlock/client';
import {
  swapIdOf,
  type LedgerIntent,
  type LedgerName,
  type SwapTerms,
  type TransactionOutcome,
} from '@midlock/protocol';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import type { Theatre } from './theatre.ts';

const POLL_MS = 5;

/**
 * The same four transactions one after the other from one process that knows everything: no agents, no relayer, no journal.
 * Each waits for no more than the protocol asks: the locks for finality, the first claim for its block. What this takes is
 * the chains' own waiting, through the same adapters. Returns milliseconds.
 */
export async function bareSwap(
  { cast, agree, nowMs }: Theatre,
  direction: SwapTerms['direction'],
): Promise<number> {
  const { terms } = await agree(direction, ['carol', 'dave']);
  const { carol: initiator, dave: responder } = cast.parties;
  const [long, short]: LedgerName[] =
    direction === 'fabric-first' ? ['fabric', 'ethereum'] : ['ethereum', 'fabric'];
  const secret = secretOfTerms(initiator.seed, terms);
  const startedAt = nowMs();
  await commit(initiator, long as LedgerName, { action: 'lock', terms }, isFinal);
  await commit(responder, short as LedgerName, { action: 'lock', terms }, isFinal);
  await commit(initiator, short as LedgerName, { action: 'claim', terms, secret }, isValid);
  await commit(responder, long as LedgerName, { action: 'claim', terms, secret }, isValid);
  return nowMs() - startedAt;
}

async function commit(
  party: OpenParty,
  ledger: LedgerName,
  intent: LedgerIntent,
  enough: (outcome: TransactionOutcome) => boolean,
): Promise<void> {
  const port = party[ledger];
  const transaction = await port.prepare(intent);
  await port.submit(transaction);
  for (;;) {
    const outcome = await port.outcome(transaction);
    if (enough(outcome)) return;
    if (outcome.kind === 'invalid') throw new Error(`${swapIdOf(intent.terms)}: ${outcome.code}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const isValid = (outcome: TransactionOutcome): boolean => outcome.kind === 'valid';
const isFinal = (outcome: TransactionOutcome): boolean => outcome.kind === 'valid' && outcome.final;
