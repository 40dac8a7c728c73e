import { lockGuardSec, revealGuardSec } from '@midlock/protocol';
import { expiresAtSec, latestSec, type Reducer } from '@midlock/client';
import {
  CORE_GUARDS,
  createPartyReducer,
  type CoreGuards,
  type DutyGuard,
} from '@midlock/client/testing';

/**
 * A mistake that somebody might make in a party's core, as other guards for it. Lives in test/ alone: production builds its
 * reducers from CORE_GUARDS and nothing that a production entry reaches imports this file (isolation.test.ts).
 */
export interface PlantedBug {
  /** What was done wrong, in one line. */
  readonly what: string;
  readonly guards: Partial<CoreGuards>;
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
  },
  'lock-short-off-by-one': {
    what: 'the lock guard compares with >= where the bound is strict',
    guards: {
      'lock-short.in-time': (session, world, ledger) =>
        left(session, world, ledger) >= lockGuardSec(session.terms.direction, session.profile),
    },
  },
  'lock-short-any-time': {
    what: 'the responder locks however near the deadline is',
    guards: { 'lock-short.in-time': always },
  },
  'lock-short-after-long-ended': {
    what: 'the responder locks although the long leg has ended',
    guards: { 'lock-short.long-open': always, 'lock-short.long-final': always },
  },
  'lock-twice': {
    what: 'a lock is repeated after a failure and beside one that stands',
    guards: {
      'lock-short.unlocked': always,
      'lock-long.unlocked': always,
      'attempt.not-a-lock': always,
      'attempt.none-open': ({ phase }) => phase !== 'open',
    },
  },
  'reveal-short-unfinal': {
    what: 'the initiator reveals on a short lock that is seen and not final',
    guards: {
      'reveal.short-final': ({ legs, terms }) =>
        legs[terms.direction === 'fabric-first' ? 'ethereum' : 'fabric'].lock !== undefined,
    },
  },
  'reveal-long-unfinal': {
    what: 'the initiator reveals before its own long lock is final',
    guards: { 'reveal.long-final': always },
  },
  'reveal-before-short-lock': {
    what: 'the secret is sent before the counter-leg stands at all',
    guards: { 'reveal.short-final': always },
  },
  'reveal-off-by-one': {
    what: 'the reveal guard compares with >= where the bound is strict',
    guards: {
      'reveal.in-time': (session, world, ledger) =>
        left(session, world, ledger) >= revealGuardSec(session.terms.direction, session.profile),
    },
  },
  'reveal-any-time': {
    what: 'the secret is sent however near the deadline is',
    guards: { 'reveal.in-time': always },
  },
  'reveal-by-own-clock': {
    what: "the reveal guard trusts the host's clock and not the ledger's",
    guards: {
      'reveal.in-time': ({ terms, profile }, world, ledger) =>
        expiresAtSec(terms, ledger) - world.nowSec > revealGuardSec(terms.direction, profile),
    },
  },
  'reveal-decided-once': {
    what: 'the guard is not asked again when the secret leaves, after a crash or a queue',
    guards: { 'hand-over.verdict-holds': always },
  },
  'secret-needs-finality': {
    what: 'the responder waits until the claim that shows the secret is final',
    guards: {
      'claim.secret-known': ({ legs, terms, secretSeenAtSec }) =>
        secretSeenAtSec !== undefined &&
        legs[terms.direction === 'fabric-first' ? 'ethereum' : 'fabric'].end?.final === true,
    },
  },
  'secret-unverified': {
    what: 'whatever is shown as the secret is taken for it',
    guards: { 'secret.opens-lock': always },
  },
  'claim-own-clock': {
    what: "a claim is given up by the host's clock although the ledger still takes it",
    guards: {
      'claim.in-time': ({ terms }, world, ledger) => world.nowSec < expiresAtSec(terms, ledger),
    },
  },
  'claim-seen-is-done': {
    what: 'a claim or refund that was seen once is taken for final and never sent again',
    guards: { 'answer.is-final': ({ end }) => end !== undefined },
  },
  'reorg-ignored': {
    what: 'facts of blocks that were thrown out stay',
    guards: { 'leg.above-rollback': () => false },
  },
  'ethereum-final-when-seen': {
    what: 'a block of Ethereum counts as final when it is seen',
    guards: { 'leg.final-when-seen': always },
  },
  'finality-of-all': {
    what: 'a finality notice makes every fact final, also those above its height',
    guards: { 'leg.within-finality': always },
  },
  'amount-unchecked': {
    what: 'the amount of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.amount': always },
  },
  'beneficiary-unchecked': {
    what: 'the beneficiary of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.beneficiary': always },
  },
  'token-unchecked': {
    what: 'the token of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.token': always },
  },
  'deadline-unchecked': {
    what: 'the deadline of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.expiresAtSec': always },
  },
  'hash-lock-unchecked': {
    what: 'the hash lock of the counter-lock is not compared with the terms',
    guards: { 'fact.ethereum.hashLock': always },
  },
  'fabric-terms-unchecked': {
    what: 'the terms in a Fabric lock are not compared with those agreed',
    guards: { 'fact.fabric.terms': always },
  },
  'release-too-early': {
    what: "the counterparty's leg is given back before one's own return is final",
    guards: { 'release.own-leg-ended': always },
  },
  'release-after-secret': {
    what: "the counterparty's leg is given back although the secret is out",
    guards: { 'release.secret-unknown': always, 'release.own-leg-returned': always },
  },
} as const satisfies Record<string, PlantedBug>;

export type PlantedBugId = keyof typeof PLANTED_BUGS;

/** The core's guards with one mistake. */
export function guardsWith(bug: PlantedBugId): CoreGuards {
  return { ...CORE_GUARDS, ...(PLANTED_BUGS[bug] as PlantedBug).guards };
}

/** A party's reducer with one mistake; for `AgentOptions`' reducer in a simulation. */
export function reducerWith(bug: PlantedBugId): Reducer {
  return createPartyReducer(guardsWith(bug));
}
