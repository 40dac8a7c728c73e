import { lockGuardSec, revealGuardSec, type Direction } from '@midlock/protocol';
import { expiresAtSec, latestSec, type Reducer } from '@midlock/client';
import {
  CORE_GUARDS,
  createPartyReducer,
  type CoreGuards,
  type DutyGuard,
} from '@midlock/client/testing';
import type { Bounds, Figures } from './figures.ts';
import type { LedgerRules } from './ledger-rules.ts';

/**
 * A mistake that somebody might make in a party's core, as other guards for it. Lives in test/ alone: production builds its
 * reducers from CORE_GUARDS and nothing that a production entry reaches imports this file (isolation.test.ts).
 */
export interface PlantedBug {
  /** What was done wrong, in one line. */
  readonly what: string;
  readonly guards?: Partial<CoreGuards>;
  /** A mistake in a ledger's contract instead. */
  readonly rules?: Partial<LedgerRules>;
  /** A mistake in the planner's formulas instead: bounds that come out too small. */
  readonly bounds?: (planned: Bounds, figures: Figures) => Partial<Bounds>;
  /** Clocks err only where the mistake needs it to hurt; default exact. */
  readonly clocks?: 'drift';
  /** Where the search looks for it: the direction, whose safety it asks for, and what the adversary forges. */
  readonly where: readonly [Direction, 'initiator' | 'responder' | 'both', ...string[]];
}

const always = (): boolean => true;

const left: (...args: Parameters<DutyGuard>) => bigint = ({ terms }, world, ledger) =>
  expiresAtSec(terms, ledger) - latestSec(world, ledger);

/** By id; `reducerWith(id)` builds the reducer of a party that has the mistake. */
export const PLANTED_BUGS = {
  'lock-short-unfinal': {
    what: 'the responder locks on a long lock that is seen and not final',
    guards: {
      'lock-short.long-final': ({ legs, terms }) =>
        legs[terms.direction === 'fabric-first' ? 'fabric' : 'ethereum'].lock !== undefined,
    },
    where: ['ethereum-first', 'responder'],
  },
  'lock-short-off-by-one': {
    what: 'the lock guard compares with >= where the bound is strict',
    guards: {
      'lock-short.in-time': (session, world, ledger) =>
        left(session, world, ledger) >= lockGuardSec(session.terms.direction, session.profile),
    },
    bounds: ({ duration }) => ({ duration: duration - 1 }),
    where: ['fabric-first', 'both'],
  },
  'lock-short-any-time': {
    what: 'the responder locks however near the deadline is',
    guards: { 'lock-short.in-time': always },
    bounds: ({ duration }) => ({ duration: duration - 1 }),
    where: ['fabric-first', 'both'],
  },
  'lock-short-after-long-ended': {
    what: 'the responder locks although the long leg has ended',
    guards: { 'lock-short.long-open': always, 'lock-short.long-final': always },
    where: ['ethereum-first', 'responder'],
  },
  'reveal-short-unfinal': {
    what: 'the initiator reveals on a short lock that is seen and not final',
    guards: {
      'reveal.short-final': ({ legs, terms }) =>
        legs[terms.direction === 'fabric-first' ? 'ethereum' : 'fabric'].lock !== undefined,
    },
    where: ['fabric-first', 'initiator'],
  },
  'reveal-long-unfinal': {
    what: 'the initiator reveals before its own long lock is final',
    guards: { 'reveal.long-final': always },
    where: ['ethereum-first', 'initiator'],
  },
  'reveal-before-short-lock': {
    what: 'the secret is sent before the counter-leg stands at all',
    guards: { 'reveal.short-final': always },
    where: ['fabric-first', 'initiator'],
  },
  'reveal-off-by-one': {
    what: 'the reveal guard compares with >= where the bound is strict',
    guards: {
      'reveal.in-time': (session, world, ledger) =>
        left(session, world, ledger) >= revealGuardSec(session.terms.direction, session.profile),
    },
    where: ['fabric-first', 'initiator'],
  },
  'reveal-any-time': {
    what: 'the secret is sent however near the deadline is',
    guards: { 'reveal.in-time': always },
    where: ['fabric-first', 'initiator'],
  },
  'reveal-by-own-clock': {
    what: "the reveal guard trusts the host's clock and not the ledger's",
    guards: {
      'reveal.in-time': ({ terms, profile }, world, ledger) =>
        expiresAtSec(terms, ledger) - world.nowSec > revealGuardSec(terms.direction, profile),
    },
    clocks: 'drift',
    where: ['ethereum-first', 'initiator'],
  },
  'reveal-decided-once': {
    what: 'the guard is not asked again when the secret leaves, after a crash or a queue',
    guards: { 'hand-over.verdict-holds': always },
    where: ['fabric-first', 'initiator'],
  },
  'secret-needs-finality': {
    what: 'the responder waits until the claim that shows the secret is final',
    guards: {
      'claim.secret-known': ({ legs, terms, secretSeenAtSec }) =>
        secretSeenAtSec !== undefined &&
        legs[terms.direction === 'fabric-first' ? 'ethereum' : 'fabric'].end?.final === true,
    },
    where: ['fabric-first', 'responder'],
  },
  'secret-unverified': {
    what: 'whatever is shown as the secret is taken for it',
    guards: { 'secret.opens-lock': always },
    where: ['fabric-first', 'responder', 'secret'],
  },
  'claim-seen-is-done': {
    what: 'a claim or refund that was seen once is taken for final and never sent again',
    guards: {
      'answer.is-final': ({ end }) => end !== undefined,
      'closed.still-answered': always,
    },
    where: ['ethereum-first', 'responder'],
  },
  'reorg-ignored': {
    what: 'facts of blocks that were thrown out stay',
    guards: { 'leg.above-rollback': () => false },
    where: ['fabric-first', 'responder'],
  },
  'ethereum-final-when-seen': {
    what: 'a block of Ethereum counts as final when it is seen',
    guards: { 'leg.final-when-seen': always },
    where: ['ethereum-first', 'responder'],
  },
  'finality-of-all': {
    what: 'a finality notice makes every fact final, also those above its height',
    guards: { 'leg.within-finality': always },
    where: ['fabric-first', 'responder'],
  },
  'amount-unchecked': {
    what: 'the amount of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.amount': always },
    where: ['ethereum-first', 'responder', 'amount'],
  },
  'beneficiary-unchecked': {
    what: 'the beneficiary of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.beneficiary': always },
    where: ['ethereum-first', 'responder', 'beneficiary'],
  },
  'token-unchecked': {
    what: 'the token of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.token': always },
    where: ['ethereum-first', 'responder', 'token'],
  },
  'deadline-unchecked': {
    what: 'the deadline of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.expiresAtSec': always },
    where: ['ethereum-first', 'responder', 'expiresAtSec'],
  },
  'hash-lock-unchecked': {
    what: 'the hash lock of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.hashLock': always },
    where: ['ethereum-first', 'responder', 'hashLock'],
  },
  'fabric-terms-unchecked': {
    what: 'the terms in a Fabric lock are not compared with those agreed',
    guards: { 'fact.fabric.terms': always },
    where: ['fabric-first', 'responder', 'fabric.terms'],
  },
  'release-too-early': {
    what: "the counterparty's leg is given back before one's own return is final",
    guards: { 'release.own-leg-ended': always },
    where: ['ethereum-first', 'responder'],
  },
  'release-after-secret': {
    what: "the counterparty's leg is given back although the secret is out",
    guards: { 'release.secret-unknown': always, 'release.own-leg-returned': always },
    where: ['ethereum-first', 'responder'],
  },
  'margin-without-reorg': {
    what: 'the margin leaves out the time in which a hidden branch can win',
    bounds: ({ margin }, { RE }) => ({ margin: margin - RE }),
    clocks: 'drift',
    where: ['fabric-first', 'responder'],
  },
  'margin-without-clock-error': {
    what: "the margin leaves out the error of the endorsers' clocks",
    bounds: ({ margin }, { d }) => ({ margin: margin - d }),
    clocks: 'drift',
    where: ['fabric-first', 'responder'],
  },
  'margin-one-attempt': {
    what: 'the margin leaves no time for a second proposal after a crash',
    bounds: ({ margin }, { O, DF }) => ({ margin: margin - O - DF }),
    where: ['fabric-first', 'responder'],
  },
  'margin-not-strict': {
    what: 'the margin is >= where the inequality is >',
    bounds: ({ margin }) => ({ margin: margin - 1 }),
    clocks: 'drift',
    where: ['ethereum-first', 'responder'],
  },
  'margin-without-withheld-claim': {
    what: 'the margin leaves out the time from the deadline to the committed refund, in which a claim kept back still counts',
    bounds: ({ margin }, { d, O, DF, maxFuture }) => ({
      margin: margin - maxFuture - d - 2 * (O + DF),
    }),
    where: ['ethereum-first', 'responder'],
  },
  'guard-without-reorg': {
    what: 'the reveal guard counts one inclusion and no second one after a reorg',
    bounds: ({ reveal }, { n, RE, O, DE }) => ({ reveal: reveal - n * (RE + O + DE) }),
    where: ['fabric-first', 'initiator'],
  },
  'guard-without-crash': {
    what: 'the reveal guard leaves out the restart after a crash at the hand-over',
    bounds: ({ reveal }, { O }) => ({ reveal: reveal - O }),
    where: ['fabric-first', 'initiator'],
  },
  'guard-without-clock-error': {
    what: "the reveal guard on Fabric leaves out the endorsers' clock error",
    bounds: ({ reveal }, { d }) => ({ reveal: reveal - d }),
    clocks: 'drift',
    where: ['ethereum-first', 'initiator'],
  },
  'gap-below-window': {
    what: 'the dead zone is smaller than the stamps that endorsers accept from the future',
    bounds: ({ gap }) => ({ gap: gap - 1 }),
    clocks: 'drift',
    where: ['fabric-first', 'responder'],
  },
  'stamp-unchecked': {
    what: "the chaincode takes the client's stamp and looks at no clock",
    rules: { 'fabric.oldest-stamp': () => 0, 'fabric.newest-stamp': () => 1_000_000 },
    where: ['fabric-first', 'responder'],
  },
  'fabric-refund-without-gap': {
    what: 'the chaincode refunds from T on and knows no dead zone',
    rules: { 'fabric.refund': (stamp, deadline) => stamp >= deadline },
    clocks: 'drift',
    where: ['fabric-first', 'responder'],
  },
  'envelope-read-set-ignored': {
    what: 'a claim that was endorsed before the refund still counts after it',
    rules: { 'fabric.read-set': always },
    where: ['ethereum-first', 'responder'],
  },
  'ethereum-claim-without-deadline': {
    what: 'the escrow pays a claim after the deadline',
    rules: { 'ethereum.claim': always },
    where: ['fabric-first', 'responder'],
  },
  'ethereum-claim-off-by-one': {
    what: 'the escrow pays a claim at the deadline itself',
    rules: { 'ethereum.claim': (timestamp, deadline) => timestamp <= deadline },
    clocks: 'drift',
    where: ['fabric-first', 'responder'],
  },
  'ethereum-refund-early': {
    what: 'the escrow refunds before the deadline',
    rules: { 'ethereum.refund': always },
    where: ['ethereum-first', 'responder'],
  },
  'ethereum-refund-off-by-one': {
    what: 'the escrow refunds one second before the deadline',
    rules: { 'ethereum.refund': (timestamp, deadline) => timestamp >= deadline - 1 },
    clocks: 'drift',
    where: ['ethereum-first', 'responder'],
  },
  'ethereum-settles-twice': {
    what: 'the escrow settles a lock that is settled: a replayed claim counts again',
    rules: { 'ethereum.open': always },
    where: ['fabric-first', 'responder'],
  },
  'claim-without-secret': {
    what: 'a ledger pays a claim whose secret does not open the hash lock',
    rules: { 'claim.secret': always },
    where: ['fabric-first', 'initiator'],
  },
} as const satisfies Record<string, PlantedBug>;

export type PlantedBugId = keyof typeof PLANTED_BUGS;

/** The core's guards with one mistake. */
function guardsWith(bug: PlantedBugId): CoreGuards {
  return { ...CORE_GUARDS, ...(PLANTED_BUGS[bug] as PlantedBug).guards };
}

/** A party's reducer with one mistake; for `AgentOptions`' reducer in a simulation. */
export function reducerWith(bug: PlantedBugId): Reducer {
  return createPartyReducer(guardsWith(bug));
}
