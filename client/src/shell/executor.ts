import {
  MidlockError,
  isMidlockError,
  type LedgerIntent,
  type LedgerName,
  type SignedTransaction,
  type TransactionOutcome,
} from '@midlock/protocol';
import type { SendEffect } from '../core/events.ts';
import { findOperation } from '../core/operations.ts';
import type { Session } from '../core/session.ts';
import type { World } from '../core/world.ts';
import type { ClockPort, LedgerPort } from '../ports.ts';
import type { Store } from '../store/port.ts';
import { effectPoint, type CrashPort, type EffectStep } from './crash-points.ts';
import type { Logger } from './logger.ts';
import type { Runtime } from './runtime.ts';

/** Gives an initiator the secret of its own swaps, from its seed. */
export interface SecretsPort {
  secretOf(session: Session): Promise<Uint8Array>;
}

export interface ExecutorOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly ports: Readonly<Record<LedgerName, LedgerPort>>;
  readonly secrets: SecretsPort;
  readonly clock: ClockPort;
  readonly logger: Logger;
  readonly crashPoint: CrashPort;
  /** How often an effect in flight is looked at, milliseconds. */
  readonly pollMs: bigint;
  /** How many effects are worked on at once, for each ledger. */
  readonly concurrency: number;
}

/** Works through the outbox, the most urgent first: prepare, make durable, send, follow, send again. */
export interface Executor {
  load(): Promise<void>;
  opened(effects: readonly SendEffect[]): void;
  closed(keys: readonly string[]): void;
  /** Starts what is due; resolves when everything it started has come to rest. */
  pump(): Promise<void>;
  /** Open effects, for metrics and back-pressure. */
  readonly backlog: number;
  /** The same by ledger. */
  readonly pressure: Readonly<Record<LedgerName, number>>;
}

interface Job {
  readonly effect: SendEffect;
  signed: readonly SignedTransaction[];
  busy: boolean;
  /** In elapsed time, so that a clock that is set back stalls nothing. */
  dueMs: bigint;
  sent: boolean;
  /** In elapsed time. */
  signedMs: bigint;
  failures: number;
}

const LOAD_LIMIT = 1_000_000;
const MAX_BACKOFF_STEPS = 5;

export function createExecutor(options: ExecutorOptions): Executor {
  const { store, runtime, ports, clock, logger, crashPoint, pollMs, concurrency } = options;
  const jobs = new Map<string, Job>();

  function add(effect: SendEffect, signed: readonly SignedTransaction[]): void {
    const nowMs = clock.elapsedMs();
    jobs.set(effect.key, {
      effect,
      signed,
      busy: false,
      dueMs: nowMs,
      sent: false,
      signedMs: nowMs,
      failures: 0,
    });
  }

  async function guarded<T>({ effect }: Job, step: EffectStep, work: () => Promise<T>): Promise<T> {
    crashPoint(effectPoint(step, effect.ledger, effect.action, 'before'));
    const result = await work();
    crashPoint(effectPoint(step, effect.ledger, effect.action, 'after'));
    return result;
  }

  async function intentOf(session: Session, { action }: SendEffect): Promise<LedgerIntent> {
    const { terms } = session;
    if (action !== 'claim') return { action, terms };
    const known = await store.secret(terms.hashLock);
    if (known === undefined && session.role !== 'initiator')
      throw new MidlockError('INTERNAL', {
        what: 'claim without a secret',
        swapId: session.swapId,
      });
    return { action, terms, secret: known ?? (await options.secrets.secretOf(session)) };
  }

  /** Asks the core whether this may leave now, with the ledgers' present time; journalled before it does. */
  async function handOver({ effect }: Job): Promise<boolean> {
    const session = runtime.session(effect.swapId);
    const operation = session === undefined ? undefined : findOperation(session, effect.key);
    if (operation?.handedOver === true) return operation.phase === 'open';
    await refreshHeads();
    const result = await runtime.dispatch('hand-over', effect.swapId, {
      kind: 'hand-over',
      key: effect.key,
    });
    return result.ok && findOperation(result.session, effect.key)?.handedOver === true;
  }

  async function refreshHeads(): Promise<void> {
    await Promise.all(
      Object.values(ports).map(async (port) => {
        runtime.setHead(port.ledger, (await port.head()).timeSec);
      }),
    );
  }

  async function sign(job: Job, session: Session): Promise<boolean> {
    const { effect } = job;
    const port = ports[effect.ledger];
    // Endorsers see a Fabric proposal, so that preparing it is handing it over; Ethereum bytes stay here until sent.
    if (effect.ledger === 'fabric' && !(await handOver(job))) return false;
    const intent = await intentOf(session, effect);
    const transaction = await guarded(job, 'prepare', () =>
      port.prepare(intent, { urgentBySec: effect.urgentBySec, purpose: effect.key }),
    );
    if (!jobs.has(effect.key)) {
      giveBack({ ...job, signed: [transaction] });
      return false;
    }
    await keep(job, transaction);
    return true;
  }

  async function keep(job: Job, transaction: SignedTransaction): Promise<void> {
    await runtime.recordSigned(job.effect.key, job.effect.swapId, transaction);
    job.signed = [...job.signed, transaction];
    job.signedMs = clock.elapsedMs();
    job.sent = false;
  }

  /** An effect that was closed before its bytes left must not keep its nonce: later transactions would wait for it. */
  function giveBack({ effect, signed }: Job): void {
    const port = ports[effect.ledger];
    for (const transaction of signed) {
      void port.abandon?.(transaction).catch((error: unknown) => {
        logger.warn('nonce not given back', {
          ledger: effect.ledger,
          code: isMidlockError(error) ? error.code : 'INTERNAL',
        });
      });
    }
  }

  async function send(job: Job): Promise<void> {
    const newest = job.signed.at(-1);
    if (newest === undefined || !(await handOver(job))) return;
    await guarded(job, 'submit', () => ports[job.effect.ledger].submit(newest));
    job.sent = true;
  }

  /** What became of the newest version that any ledger knows. */
  async function outcomeOf(job: Job): Promise<TransactionOutcome> {
    const port = ports[job.effect.ledger];
    for (const transaction of [...job.signed].reverse()) {
      const outcome = await port.outcome(transaction);
      if (outcome.kind !== 'unknown') return outcome;
    }
    return { kind: 'unknown' };
  }

  async function follow(job: Job, session: Session): Promise<void> {
    const { effect } = job;
    const outcome = await guarded(job, 'outcome', () => outcomeOf(job));
    if (outcome.kind === 'invalid') {
      await runtime.dispatch('outcome', effect.swapId, {
        kind: 'outcome',
        key: effect.key,
        outcome,
      });
      return;
    }
    if (outcome.kind === 'unknown') await send(job);
    if (outcome.kind === 'pending' && isSlow(job, session)) await replace(job, session);
  }

  function isSlow(job: Job, { profile }: Session): boolean {
    return (
      job.effect.ledger === 'ethereum' &&
      clock.elapsedMs() - job.signedMs > profile.ethereum.inclusionSec * 1000n
    );
  }

  async function replace(job: Job, session: Session): Promise<void> {
    const { effect } = job;
    const replaces = job.signed.at(-1);
    if (replaces === undefined) return;
    const intent = await intentOf(session, effect);
    const transaction = await guarded(job, 'replace', () =>
      ports.ethereum.prepare(intent, { replaces, urgentBySec: effect.urgentBySec }),
    );
    await keep(job, transaction);
    await send(job);
  }

  async function work(job: Job): Promise<void> {
    const session = runtime.session(job.effect.swapId);
    if (session === undefined) return;
    if (job.signed.length === 0 && !(await sign(job, session))) return;
    if (!job.sent) await send(job);
    else await follow(job, session);
    job.failures = 0;
  }

  async function run(job: Job): Promise<void> {
    const { key, swapId, ledger, action } = job.effect;
    job.busy = true;
    try {
      await work(job);
      job.dueMs = clock.elapsedMs() + pollMs;
    } catch (error) {
      job.failures += 1;
      job.dueMs =
        clock.elapsedMs() + pollMs * (1n << BigInt(Math.min(job.failures, MAX_BACKOFF_STEPS)));
      if (!isMidlockError(error)) throw error;
      logger.warn('effect refused', { swapId, ledger, action, code: error.code });
      if (job.signed.length === 0 && !TRANSPORT.has(error.code))
        await runtime.dispatch('refused', swapId, {
          kind: 'refused',
          key,
          code: error.code,
          detail: `${ledger} ${action}`,
          retry: error.retry,
        });
    } finally {
      job.busy = false;
    }
  }

  /**
   * What is worked on next. When each place of a ledger is taken, perhaps by calls that it does not answer, what is more
   * urgent than all of them goes beside them, up to a quarter more.
   */
  function due(): Job[] {
    const nowMs = clock.elapsedMs();
    const order = byUrgency(runtime.world());
    const working: Record<LedgerName, SendEffect[]> = { fabric: [], ethereum: [] };
    for (const { busy, effect } of jobs.values()) if (busy) working[effect.ledger].push(effect);
    return [...jobs.values()]
      .filter((job) => !job.busy && job.dueMs <= nowMs)
      .sort((a, b) => order(a.effect, b.effect))
      .filter(({ effect }) => {
        const others = working[effect.ledger];
        const starts =
          others.length < concurrency ||
          (others.length < concurrency + Math.ceil(concurrency / 4) &&
            others.every((other) => order(effect, other) < 0));
        if (starts) others.push(effect);
        return starts;
      });
  }

  return {
    async load() {
      for (const { effect, signed } of await store.dueEffects(LOAD_LIMIT)) add(effect, signed);
    },
    opened: (effects) => {
      for (const effect of effects) add(effect, []);
    },
    closed: (keys) => {
      for (const key of keys) {
        const job = jobs.get(key);
        jobs.delete(key);
        if (job !== undefined) giveBack(job);
      }
    },
    pump: async () => {
      await Promise.all(due().map(run));
    },
    get backlog() {
      return jobs.size;
    },
    get pressure() {
      const waiting = { fabric: 0, ethereum: 0 };
      for (const { effect } of jobs.values()) waiting[effect.ledger] += 1;
      return waiting;
    },
  };
}

/** Nothing was decided by anybody; the same attempt goes on. */
const TRANSPORT: ReadonlySet<string> = new Set(['ENDPOINT_UNREACHABLE', 'STORE_UNWRITABLE']);

/** Claims that can still be late come first: only they lose something by waiting. Then the nearest deadline. */
function byUrgency(world: World): (a: SendEffect, b: SendEffect) => number {
  return (a, b) => {
    const [aLoses, bLoses] = [losesByWaiting(a, world), losesByWaiting(b, world)];
    if (aLoses !== bLoses) return aLoses ? -1 : 1;
    if (a.urgentBySec !== b.urgentBySec) return a.urgentBySec < b.urgentBySec ? -1 : 1;
    return a.key < b.key ? -1 : 1;
  };
}

/** A deadline counts as past when this machine's clock and the ledger say so: either may be ahead. */
function losesByWaiting({ action, ledger, urgentBySec }: SendEffect, world: World): boolean {
  return action === 'claim' && (urgentBySec > world.nowSec || urgentBySec > world.headSec[ledger]);
}
