import type { LegFact, LegOutcome, Position } from '@midlock/protocol';
import type { FactGuards } from './fact-guards.ts';

/** A fact and whether it can still change by a reorg. */
export interface Mark {
  readonly at: Position;
  readonly final: boolean;
}

export type LegEnd = 'claimed' | 'expiry' | 'release' | 'cooperative' | 'declined';

/** What is known of one leg: facts of blocks only, never "it was sent". */
export interface LegRecord {
  readonly lock?: Mark;
  readonly end?: Mark & { readonly how: LegEnd };
}

export const EMPTY_LEG: LegRecord = {};

/** Adds a fact. Duplicates change nothing; a fact that is not final gives way to a later sighting; a final one to none. */
export function recordFact(leg: LegRecord, fact: LegFact, guards: FactGuards): LegRecord {
  const mark: Mark = { at: fact.at, final: guards['leg.final-when-seen'](fact) };
  if (fact.kind === 'locked') return keeps(leg.lock, mark, guards) ? leg : { ...leg, lock: mark };
  const how = fact.kind === 'refunded' ? fact.how : fact.kind;
  return keeps(leg.end, mark, guards) ? leg : { ...leg, end: { ...mark, how } };
}

/** Takes back every fact above `height` that is not final. */
export function rollBackLeg(leg: LegRecord, height: bigint, guards: FactGuards): LegRecord {
  const gone = (mark: Mark | undefined): boolean =>
    mark !== undefined &&
    guards['leg.open-to-change'](mark) &&
    guards['leg.above-rollback'](mark, height);
  if (!gone(leg.lock) && !gone(leg.end)) return leg;
  return {
    ...(leg.lock === undefined || gone(leg.lock) ? {} : { lock: leg.lock }),
    ...(leg.end === undefined || gone(leg.end) ? {} : { end: leg.end }),
  };
}

/** The ledger's promise is broken above `height`: what was final there is so no longer, until it is said again. */
export function doubtLeg(leg: LegRecord, height: bigint, guards: FactGuards): LegRecord {
  return withFinality(
    leg,
    false,
    (mark) => mark.final && guards['leg.above-rollback'](mark, height),
  );
}

/** Marks every fact at or below `height` as final. */
export function finalizeLeg(leg: LegRecord, height: bigint, guards: FactGuards): LegRecord {
  return withFinality(
    leg,
    true,
    (mark) => !mark.final && guards['leg.within-finality'](mark, height),
  );
}

/** The leg with `final` in every fact that is meant; the same object where none is. */
function withFinality(leg: LegRecord, final: boolean, isMeant: (mark: Mark) => boolean): LegRecord {
  const { lock, end } = leg;
  const changes = {
    ...(lock !== undefined && isMeant(lock) ? { lock: { ...lock, final } } : {}),
    ...(end !== undefined && isMeant(end) ? { end: { ...end, final } } : {}),
  };
  return Object.keys(changes).length === 0 ? leg : { ...leg, ...changes };
}

/** What has become of a leg for certain. A declined leg was never locked and never will be. */
export function finalOutcome(leg: LegRecord): LegOutcome {
  if (leg.end?.final === true) return endOutcome(leg.end.how);
  return leg.lock?.final === true ? 'locked' : 'none';
}

/** What has become of a leg as far as can be seen, reorgs left aside. */
export function visibleOutcome(leg: LegRecord): LegOutcome {
  if (leg.end !== undefined) return endOutcome(leg.end.how);
  return leg.lock === undefined ? 'none' : 'locked';
}

export function isDeclined(leg: LegRecord): boolean {
  return leg.end?.how === 'declined';
}

function endOutcome(how: LegEnd): LegOutcome {
  if (how === 'claimed') return 'claimed';
  return how === 'declined' ? 'none' : 'refunded';
}

function keeps(known: Mark | undefined, seen: Mark, guards: FactGuards): boolean {
  if (known === undefined) return false;
  return (
    !guards['leg.open-to-change'](known) ||
    (known.at.blockHash === seen.at.blockHash && known.at.txId === seen.at.txId)
  );
}
