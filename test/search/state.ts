import type { Action, Role, Session } from '@midlock/client';
import type { Direction, LedgerName } from '@midlock/protocol';
import type { CoreGuards } from '@midlock/client/testing';
import type { LedgerRules } from './ledger-rules.ts';
import type { Bounds, Figures } from './figures.ts';

/** The escrow's leg on the visible branch. Times are block timestamps in ticks. */
export interface EthereumLeg {
  readonly lock?: { readonly ts: number; readonly final: boolean };
  readonly end?: {
    readonly how: 'claimed' | 'expiry' | 'cooperative';
    readonly ts: number;
    readonly final: boolean;
    /** True when an honest party's transaction did it: only so many of those are thrown out. */
    readonly honest: boolean;
  };
  /** A lock beside one that stands: never to happen. */
  readonly doubled: boolean;
  /** Settled although it was settled: never to happen. */
  readonly twice?: true;
}

/** The mid-account; a committed transition is final. */
export interface FabricLeg {
  readonly state: 'none' | 'locked' | 'claimed' | 'expiry' | 'release' | 'declined';
  readonly lockedAt?: number;
  readonly endedAt?: number;
  /** Settled although it was settled: never to happen. */
  readonly twice?: true;
}

/** A transaction of an honest party on its way: in the pool since then, or being endorsed and ordered since then. */
export interface Flight {
  readonly ledger: LedgerName;
  readonly action: Action;
  readonly since: number;
}

/** An honest party: the real session, what it was told, and by when it must react. */
export interface Agent {
  readonly role: Exclude<Role, 'relayer'>;
  readonly session: Session;
  readonly toldFabric: string;
  readonly toldEthereum: string;
  readonly dueFabric?: number;
  readonly dueEthereum?: number;
  readonly dueAct?: number;
  readonly flights: readonly Flight[];
  /** How many operations a crash may still kill. */
  readonly kills: number;
  readonly thrown: { readonly [A in Action]?: number };
  readonly done: boolean;
  /** It took something else for the secret. */
  readonly misled?: true;
}

/** Which way clocks err in this run: every reading lies between the two. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export interface State {
  readonly t: number;
  readonly ethereum: EthereumLeg;
  readonly fabric: FabricLeg;
  readonly agents: readonly Agent[];
  readonly host: Band;
  readonly endorsers: Band;
  /** The adversary holds an endorsed claim back. */
  readonly withheld: boolean;
  readonly adversaryKnows: boolean;
  readonly adversaryThrown: number;
  /** The field in which the adversary's lock differs from the terms; such a lock is worth nothing to its beneficiary. */
  readonly forged?: string;
}

/** How far clocks may err: not at all, a constant error, one that moves by at most d, or a swing from one bound to the other. */
export type ClockModel = 'exact' | 'steady' | 'drift' | 'swing';

/** Everything that stays the same in one search. */
export interface Setting {
  readonly direction: Direction;
  /** Whose safety is searched; `both` asks instead whether a swap that both follow settles. */
  readonly honest: 'initiator' | 'responder' | 'both';
  /** What `both` must reach: `settled` always, or only once the short leg was locked. */
  readonly goal: 'settled' | 'settled-once-locked';
  readonly figures: Figures;
  readonly bounds: Bounds;
  readonly clocks: ClockModel;
  readonly guards: CoreGuards;
  readonly rules: LedgerRules;
  /** Crashes, kills and reorgs happen; without them an undisturbed swap is searched. */
  readonly faults: 'all' | 'none' | 'one-reorg';
  /** Fields that the adversary may forge in its lock. */
  readonly forge: readonly string[];
}
