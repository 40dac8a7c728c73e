import { createRecent, stateOf, type LedgerPort, type Session } from '@midlock/client';
import type { LedgerName, LedgerUpdate } from '@midlock/protocol';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Mailbox } from '../api/mailbox.ts';
import type { Relayer } from '../relayer.ts';

/** Prometheus metrics of a relayer. Labels are few and never a swap id. */
export interface Metrics {
  readonly registry: Registry;
  /** A session changed; a swap counts as ended once it is not open any more. */
  changed(session: Session, open: boolean): void;
  updated(update: LedgerUpdate): void;
  /** Counts calls and gas of a ledger. */
  instrument(port: LedgerPort): LedgerPort;
  /** Sets the gauges that are read from the relayer's present state. */
  refresh(relayer: Relayer, nowSec: bigint): void;
  fenced(): void;
  mailbox(state: Awaited<ReturnType<Mailbox['state']>>): void;
  /** The relayer's own account, wei. */
  wallet(wei: bigint): void;
}

const PHASE_BUCKETS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600];
/** More transactions than are followed at once. */
const KEPT_TRANSACTIONS = 1_024;
const RPC_BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const swaps = new Counter({
    name: 'midlock_swaps_total',
    help: 'Swaps that ended.',
    labelNames: ['direction', 'outcome'],
    registers,
  });
  const phases = new Histogram({
    name: 'midlock_swap_phase_seconds',
    help: 'Time spent in a state.',
    labelNames: ['phase'],
    buckets: PHASE_BUCKETS,
    registers,
  });
  const open = new Gauge({
    name: 'midlock_swaps_open',
    help: 'Open swaps by state.',
    labelNames: ['phase'],
    registers,
  });
  const oldest = new Gauge({
    name: 'midlock_backlog_oldest_age_seconds',
    help: 'Age of the oldest open swap.',
    registers,
  });
  const backlog = new Gauge({
    name: 'midlock_backlog_size',
    help: 'Effects not yet answered by a ledger.',
    registers,
  });
  const wallet = new Gauge({
    name: 'midlock_wallet_balance',
    help: "What the relayer's own account holds for fees, ether.",
    labelNames: ['chain'],
    registers,
  });
  const pressure = new Gauge({
    name: 'midlock_backpressure',
    help: 'Effects that wait for this ledger.',
    labelNames: ['chain'],
    registers,
  });
  const head = new Gauge({
    name: 'midlock_chain_head',
    help: 'Height of the head.',
    labelNames: ['chain'],
    registers,
  });
  const finalized = new Gauge({
    name: 'midlock_chain_finalized',
    help: 'Height that is final.',
    labelNames: ['chain'],
    registers,
  });
  const processed = new Gauge({
    name: 'midlock_chain_processed',
    help: 'Height that was taken in.',
    labelNames: ['chain'],
    registers,
  });
  const lag = new Gauge({
    name: 'midlock_chain_lag_seconds',
    help: "The host's clock minus the ledger's.",
    labelNames: ['chain'],
    registers,
  });
  const reorgs = new Counter({
    name: 'midlock_reorgs_total',
    help: 'Rollbacks seen.',
    labelNames: ['chain'],
    registers,
  });
  const rpc = new Histogram({
    name: 'midlock_rpc_request_seconds',
    help: 'Duration of ledger calls.',
    labelNames: ['chain', 'method'],
    buckets: RPC_BUCKETS,
    registers,
  });
  const gas = new Counter({
    name: 'midlock_gas_used_total',
    help: 'Gas of own transactions.',
    labelNames: ['op'],
    registers,
  });
  const margin = new Gauge({
    name: 'midlock_timelock_margin_seconds',
    help: 'Least time to a deadline of a claimable leg; alert when it is small.',
    registers,
  });
  const letters = new Gauge({
    name: 'midlock_mailbox_letters',
    help: 'Letters that nobody has read yet.',
    registers,
  });
  const fill = new Gauge({
    name: 'midlock_mailbox_fill',
    help: 'Letters in proportion to limits.maxLetters, 0 to 1.',
    registers,
  });
  const lettersRefused = new Gauge({
    name: 'midlock_mailbox_refused',
    help: 'Letters refused since the start, by the bound that was met.',
    labelNames: ['bound'],
    registers,
  });
  const lease = new Gauge({
    name: 'midlock_lease_held',
    help: '1 while this process may write.',
    registers,
  });
  const fencedWrites = new Counter({
    name: 'midlock_fenced_writes_total',
    help: 'Writes refused because the lease was lost.',
    registers,
  });
  new Gauge({
    name: 'midlock_build_info',
    help: 'Version.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  for (const chain of ['fabric', 'ethereum']) reorgs.inc({ chain }, 0);
  lease.set(1);

  const phaseSince = new Map<string, { readonly state: string; readonly sinceMs: number }>();
  const gasCounted = createRecent<string, true>(KEPT_TRANSACTIONS);

  return {
    registry,
    changed(session, open) {
      const state = stateOf(session);
      const known = phaseSince.get(session.swapId);
      const nowMs = performance.now();
      if (known?.state !== state) {
        if (known !== undefined)
          phases.observe({ phase: known.state }, (nowMs - known.sinceMs) / 1000);
        phaseSince.set(session.swapId, { state, sinceMs: nowMs });
      }
      if (open) return;
      phaseSince.delete(session.swapId);
      swaps.inc({ direction: session.terms.direction, outcome: state });
    },
    updated(update) {
      if (update.kind === 'block')
        processed.set({ chain: update.block.ledger }, Number(update.block.height));
      if (update.kind === 'finalized') {
        finalized.set({ chain: update.ledger }, Number(update.height));
        processed.set({ chain: update.ledger }, Number(update.height));
      }
      if (update.kind === 'rollback') reorgs.inc({ chain: update.ledger });
    },
    instrument(port) {
      const chain = port.ledger;
      const timed = async <T>(method: string, work: () => Promise<T>): Promise<T> => {
        const stop = rpc.startTimer({ chain, method });
        try {
          return await work();
        } finally {
          stop();
        }
      };
      return {
        ledger: chain,
        head: () =>
          timed('head', async () => {
            const found = await port.head();
            head.set({ chain }, Number(found.height));
            lag.set({ chain }, Date.now() / 1000 - Number(found.timeSec));
            return found;
          }),
        prepare: (intent, options) => timed('prepare', () => port.prepare(intent, options)),
        submit: (transaction) => timed('submit', () => port.submit(transaction)),
        outcome: (transaction) =>
          timed('outcome', async () => {
            const outcome = await port.outcome(transaction);
            if (
              (outcome.kind === 'valid' || outcome.kind === 'invalid') &&
              outcome.gasUsed !== undefined &&
              !gasCounted.has(transaction.txId)
            ) {
              gasCounted.set(transaction.txId, true);
              gas.inc({ op: chain }, Number(outcome.gasUsed));
            }
            return outcome;
          }),
        abandon: (transaction) =>
          timed('abandon', () => port.abandon?.(transaction) ?? Promise.resolve()),
        leg: (terms) => timed('leg', () => port.leg(terms)),
        watch: (cursor, signal) => port.watch(cursor, signal),
      };
    },
    refresh(relayer, nowSec) {
      const sessions = relayer.open();
      open.reset();
      for (const session of sessions) open.inc({ phase: stateOf(session) });
      backlog.set(relayer.backlog);
      for (const [chain, waiting] of Object.entries(relayer.pressure))
        pressure.set({ chain }, waiting);
      const ages = sessions.map(({ createdAtSec }) => Number(nowSec - createdAtSec));
      oldest.set(Math.max(0, ...ages.slice(0, 10_000)));
      margin.set(leastMargin(sessions, nowSec));
    },
    wallet(wei) {
      wallet.set({ chain: 'ethereum' }, Number(wei) / 1e18);
    },
    mailbox(state) {
      letters.set(state.letters);
      fill.set(state.letters / state.limit);
      for (const [bound, count] of Object.entries(state.refused))
        lettersRefused.set({ bound }, count);
    },
    fenced() {
      fencedWrites.inc();
      lease.set(0);
    },
  };
}

/** Over legs whose secret is public and which are not claimed yet; a day when there is none. */
function leastMargin(sessions: readonly Session[], nowSec: bigint): number {
  let least = 86_400;
  for (const { secretSeenAtSec, legs, terms } of sessions) {
    if (secretSeenAtSec === undefined) continue;
    for (const ledger of ['fabric', 'ethereum'] as const satisfies readonly LedgerName[]) {
      if (legs[ledger].lock !== undefined && legs[ledger].end === undefined)
        least = Math.min(least, Number(terms[ledger].expiresAtSec - nowSec));
    }
  }
  return least;
}
