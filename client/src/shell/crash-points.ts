import type { LedgerName } from '@midlock/protocol';
import type { Action } from '../core/session.ts';

/**
 * Called at every journal write, fsync, send and receive. Production passes {@link noCrash}; a test kills the process or
 * throws. Ids are stable and listed by {@link listCrashPoints}.
 */
export type CrashPort = (id: string) => void;

export const noCrash: CrashPort = () => undefined;

const LEDGERS: readonly LedgerName[] = ['fabric', 'ethereum'];
const ACTIONS: readonly Action[] = ['lock', 'claim', 'refund', 'release', 'decline'];

/** Around each commit: its reason. */
export const COMMIT_REASONS = [
  'open',
  'accept',
  'command',
  'tick',
  'backfill',
  'fabric-update',
  'ethereum-update',
  'hand-over',
  'signed',
  'outcome',
  'refused',
  'restart',
] as const;

export type CommitReason = (typeof COMMIT_REASONS)[number];

/** Journal writes of the shell that are no commit of sessions. */
export const WRITES = ['lease', 'orphans', 'lane-put', 'lane-delete', 'document'] as const;

export type ShellWrite = (typeof WRITES)[number];

/** Questions to a ledger that change nothing there. */
export const QUERIES = ['head', 'leg', 'abandon'] as const;

export type LedgerQuery = (typeof QUERIES)[number];

/** Letters: terms arrive, the relayer is told, an answer is left. */
export const LETTER_STEPS = ['inbox', 'mail', 'tell', 'answer'] as const;

export type LetterStep = (typeof LETTER_STEPS)[number];

/** Around each step of an effect. */
export const EFFECT_STEPS = ['prepare', 'submit', 'outcome', 'replace'] as const;

export type EffectStep = (typeof EFFECT_STEPS)[number];

export function commitPoint(reason: CommitReason, side: 'before' | 'after'): string {
  return `commit.${reason}.${side}`;
}

/** Everything of a commit is written and nothing is durable yet. */
export function syncPoint(reason: CommitReason): string {
  return `sync.${reason}`;
}

export function writePoint(write: ShellWrite, side: 'before' | 'after'): string {
  return `write.${write}.${side}`;
}

export function queryPoint(
  query: LedgerQuery,
  ledger: LedgerName,
  side: 'before' | 'after',
): string {
  return `${query}.${ledger}.${side}`;
}

export function letterPoint(step: LetterStep, side: 'before' | 'after'): string {
  return `${step}.${side}`;
}

export function effectPoint(
  step: EffectStep,
  ledger: LedgerName,
  action: Action,
  side: 'before' | 'after',
): string {
  return `${step}.${ledger}.${action}.${side}`;
}

export function receivePoint(ledger: LedgerName): string {
  return `receive.${ledger}`;
}

/** Every crash point, numbered by its place; the list only grows at its end between releases. */
export function listCrashPoints(): readonly string[] {
  const sides = ['before', 'after'] as const;
  return [
    ...COMMIT_REASONS.flatMap((reason) => sides.map((side) => commitPoint(reason, side))),
    ...LEDGERS.map(receivePoint),
    ...EFFECT_STEPS.flatMap((step) =>
      LEDGERS.flatMap((ledger) =>
        ACTIONS.filter((action) => ledger === 'fabric' || action !== 'decline')
          .filter(() => step !== 'replace' || ledger === 'ethereum')
          .flatMap((action) => sides.map((side) => effectPoint(step, ledger, action, side))),
      ),
    ),
    ...COMMIT_REASONS.map(syncPoint),
    ...WRITES.flatMap((write) => sides.map((side) => writePoint(write, side))),
    ...QUERIES.flatMap((query) =>
      LEDGERS.filter((ledger) => query !== 'abandon' || ledger === 'ethereum').flatMap((ledger) =>
        sides.map((side) => queryPoint(query, ledger, side)),
      ),
    ),
    ...LETTER_STEPS.flatMap((step) => sides.map((side) => letterPoint(step, side))),
  ];
}
