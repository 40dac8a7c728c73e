import type { Figures } from './figures.ts';

/** When each ledger says yes, by id: data, so that a planted bug is one entry replaced. All times in ticks. */
export const LEDGER_RULES = {
  /** Fabric: claim iff stamp < T. */
  'fabric.claim': (stamp: number, deadline: number): boolean => stamp < deadline,
  /** Fabric: refund iff stamp >= T + gap. */
  'fabric.refund': (stamp: number, deadline: number, gap: number): boolean =>
    stamp >= deadline + gap,
  /** The least and the greatest stamp that an endorser with this clock accepts. */
  'fabric.oldest-stamp': (clock: number, { maxPast }: Figures): number => clock - maxPast,
  'fabric.newest-stamp': (clock: number, { maxFuture }: Figures): number => clock + maxFuture,
  /** An envelope endorsed on a state that has changed since is invalid. */
  'fabric.read-set': (stillLocked: boolean): boolean => stillLocked,
  /** An ordered claim shows the secret only by being ordered: the counterparty's organisation is never asked. */
  'fabric.claim-shuns-counterparty': (): boolean => true,
  /** Ethereum: claim iff block.timestamp < T, refund iff >= T. */
  'ethereum.claim': (timestamp: number, deadline: number): boolean => timestamp < deadline,
  'ethereum.refund': (timestamp: number, deadline: number): boolean => timestamp >= deadline,
  /** A settled lock is settled once. */
  'ethereum.open': (ended: boolean): boolean => !ended,
  /** Both refuse a lock that leaves less than D. */
  'lock.in-time': (now: number, inclusion: number, deadline: number): boolean =>
    now + inclusion <= deadline,
  /** Only the secret that opens the hash lock claims. */
  'claim.secret': (known: boolean): boolean => known,
} as const;

export type LedgerRules = typeof LEDGER_RULES;
