import type { StoreCommit } from '@midlock/client';
import type {
  EthereumBlock,
  EthereumModel,
  FabricBlock,
  FabricModel,
  FabricProposal,
} from '@midlock/client/model';
import type { LedgerIntent, LedgerName, SignedTransaction, SwapProfile } from '@midlock/protocol';
import type { Actor } from '../actor.ts';
import type { Mode } from '../plan.ts';
import type { DiskView } from '../sim-disk.ts';
import type { Truth } from './truth.ts';

/** What must hold, by the names of the design: swap, Must hold. */
export const INVARIANTS = {
  conservation: 'S1: balances and open locks together are what was there at the start',
  'one-end': 'S2: a lock ends once, and what ended stays so',
  payee:
    'S2: a payout goes to the beneficiary or owner that the lock names, in full, whoever calls',
  atomicity:
    'S3: an honest party that keeps its bounds never loses its asset without the other one',
  agreed:
    'H6: an honest party locks under no terms but those that it and its counterparty have agreed',
  'lock-rule': 'S4: the second leg is locked only on a final first one, with equal terms, in time',
  'reveal-rule': 'S4: the secret is revealed only on two final legs, in time',
  'at-most-once': 'S5: an honest party locks a leg once, over all crashes and retries',
  'write-ahead': 'S6: nothing leaves a process before a durable record names it',
  secrecy:
    'S6: a secret is on no wire before the reveal is durable, and never before the counterparty in a claim',
  finality: 'S9: nothing counts as final that the ledger has not made final',
  noticed:
    'S9: while finality has gone backwards and no operator has looked, nothing new is locked or revealed',
  domain: 'S10: nothing that was signed for another network has an effect',
  time: 'S11: no claim at or after a deadline, no refund before it, no stamp outside the window',
  parameters:
    'S15: no leg is locked with less time than its ledger needs, and honest parties take no other deadlines',
  recovery:
    'S5, L1: a party that has lost its store knows again, within twice O, every swap of its own that stands locked on Fabric',
  ends: 'L1: every leg of an honest owner ends once faults stop, relayers or not',
  lanes: 'L3: no nonce and no effect of an honest party stays stuck',
  halted: 'L4: a halted ledger stops no claim and no refund',
  processes: 'processes end by crashes and lost leases alone, and their journals verify',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

/** What an invariant looks at and when; all of it after the fact and from outside. */
export interface Hooks {
  onCommit?(actor: Actor, change: StoreCommit, view: DiskView, issuedMs: number): void;
  onPrepare?(actor: Actor, ledger: LedgerName, intent: LedgerIntent): void;
  onSubmit?(actor: Actor, transaction: SignedTransaction): void;
  onWire?(actor: Actor, ledger: LedgerName, bytes: Uint8Array): void;
  onEndorse?(proposal: FabricProposal, mspIds: readonly string[]): void;
  onFabricBlock?(block: FabricBlock): void;
  onEthereumBlock?(block: EthereumBlock): void;
  /** After each step that changed a ledger. */
  onChange?(): void;
  atEnd?(): void | Promise<void>;
}

export interface InvariantContext {
  readonly mode: Mode;
  readonly profile: SwapProfile;
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly truth: Truth;
  readonly actors: readonly Actor[];
  readonly nowMs: () => number;
  readonly report: (name: InvariantName, detail: string) => void;
}

export type InvariantMaker = (context: InvariantContext) => Hooks;
