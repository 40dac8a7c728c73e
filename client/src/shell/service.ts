import {
  isMidlockError,
  type LedgerName,
  type LedgerUpdate,
  type LegFact,
  type SwapProfile,
} from '@midlock/protocol';
import type { Session } from '../core/session.ts';
import type { Reducer } from '../core/step.ts';
import type { ClockPort, LedgerPort } from '../ports.ts';
import type { Store } from '../store/port.ts';
import { noCrash, type CrashPort } from './crash-points.ts';
import { createExecutor, type SecretsPort } from './executor.ts';
import { silentLogger, type Logger } from './logger.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { crashingPort } from './crashing-port.ts';
import { createLegReader } from './leg-reader.ts';
import { createResume, type Resume } from './resume.ts';
import { sturdyPort } from './sturdy-port.ts';
import { createWatcher, type Watcher } from './watcher.ts';

/** What an agent and a relayer have in common: sessions, watchers, an outbox and a clock. */
export interface ServiceModules {
  readonly store: Store;
  readonly fabric: LedgerPort;
  readonly ethereum: LedgerPort;
  readonly clock: ClockPort;
  readonly logger?: Logger;
  readonly crashPoint?: CrashPort;
}

export interface ServiceOptions {
  /** How often deadlines are looked at and effects are followed, milliseconds; default 250. */
  readonly tickMs?: number;
  /** Effects worked on at once for each ledger; default 16. */
  readonly concurrency?: number;
  /** How long a transaction of a restored store's former owner may still be under way; without it a restored store is not waited for. */
  readonly profile?: SwapProfile;
  readonly reducer: Reducer;
  readonly secrets: SecretsPort;
  readonly onChange?: (session: Session) => void;
  readonly onUpdate?: (update: LedgerUpdate) => void;
  readonly onUnknown?: (fact: LegFact) => Promise<void>;
}

export interface SwapService {
  readonly runtime: Runtime;
  /** Takes the lease, recovers every open session, then follows both ledgers. Throws STORE_*. */
  start(): Promise<void>;
  /** Stops and waits for what is under way; sends nothing afterwards. */
  close(): Promise<void>;
  /** Adds a session and brings it up to what the ledgers show. Throws SWAP_EXISTS. */
  add(session: Session, journal: string): Promise<void>;
  /** Adds a session durably and reads the ledgers afterwards, so that a slow ledger delays nobody. Throws SWAP_EXISTS. */
  enlist(session: Session, journal: string): Promise<void>;
  /** See {@link createResume}. */
  readonly resume: Resume;
  /** Open effects. */
  readonly backlog: number;
  /** Open effects by the ledger they wait for. */
  readonly pressure: Readonly<Record<LedgerName, number>>;
  /** Resolves, with the reason, when the service had to stop by itself. */
  readonly failed: Promise<unknown>;
}

const RESTART_WATCH_MS = 1_000;

export function createSwapService(options: ServiceOptions, modules: ServiceModules): SwapService {
  const { store, clock, logger = silentLogger, crashPoint = noCrash } = modules;
  const { tickMs = 250, concurrency = 16 } = options;
  const ports: Readonly<Record<LedgerName, LedgerPort>> = {
    fabric: crashingPort(sturdyPort(modules.fabric), crashPoint),
    ethereum: crashingPort(sturdyPort(modules.ethereum), crashPoint),
  };
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  let trustedFromSec: bigint | undefined;
  let fail: (reason: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve;
  });

  const runtime = createRuntime({
    store,
    reducer: options.reducer,
    clock,
    logger,
    crashPoint,
    onEffects: (opened, closed) => {
      executor.opened(opened);
      executor.closed(closed);
      if (opened.length > 0) kick();
    },
    onChange: (session) => options.onChange?.(session),
    onAdopted: (session) => {
      legs.inherit([session]);
    },
    onFatal: stopBecause,
  });
  const executor = createExecutor({
    store,
    runtime,
    ports,
    secrets: options.secrets,
    clock,
    logger,
    crashPoint,
    pollMs: BigInt(tickMs),
    concurrency,
  });
  const watchers: Readonly<Record<LedgerName, Watcher>> = {
    fabric: watcherOf('fabric'),
    ethereum: watcherOf('ethereum'),
  };

  const legs = createLegReader({
    ports,
    runtime,
    recent: (ledger, swapId) => watchers[ledger].recent(swapId),
    onTrouble: survive,
  });

  function watcherOf(ledger: LedgerName): Watcher {
    return createWatcher({
      port: ports[ledger],
      runtime,
      crashPoint,
      logger,
      onUnknown: options.onUnknown ?? (() => Promise.resolve()),
      onUpdate: (update) => {
        options.onUpdate?.(update);
        kick();
      },
    });
  }

  function stopBecause(reason: unknown): void {
    fail(reason);
    stop.abort();
  }

  /** Works on the outbox without waiting for it. */
  function kick(): void {
    if (stop.signal.aborted) return;
    run(executor.pump());
  }

  /** Lets work go on beside; `close` waits for it. */
  function run(task: Promise<void>): void {
    const work = task.catch(survive);
    running.push(work);
    void work.then(() => running.splice(running.indexOf(work), 1));
  }

  /** Trouble that passes is logged; anything else stops the service, which is safer than going on. */
  function survive(error: unknown): void {
    if (isMidlockError(error) && error.code !== 'STORE_VERSION' && error.code !== 'STORE_CORRUPT')
      logger.warn('trouble', { code: error.code });
    else stopBecause(error);
  }

  async function watchForever(ledger: LedgerName): Promise<void> {
    while (!stop.signal.aborted) {
      await watchers[ledger].run(stop.signal).catch(survive);
      await clock.sleep(RESTART_WATCH_MS, stop.signal);
    }
  }

  async function tickForever(): Promise<void> {
    while (!stop.signal.aborted) {
      await tick().catch(survive);
      await clock.sleep(tickMs, stop.signal);
    }
  }

  /**
   * What was sent after the backup and before the restore is included within the inclusion bound, and then the ledger tells
   * of it. Until Ethereum's own time is past that, nothing new is locked or revealed.
   */
  async function proveStore(): Promise<void> {
    if (trustedFromSec === undefined) return;
    const { timeSec } = await ports.ethereum.head();
    if (timeSec < trustedFromSec) return;
    await store.trust();
    trustedFromSec = undefined;
    runtime.setHalted('ethereum', 'restored', false);
    logger.info('restored store is proven', { timeSec });
  }

  async function distrustRestored(): Promise<void> {
    if (options.profile === undefined || !(await store.isRestored())) return;
    const { ethereum, party } = options.profile;
    trustedFromSec = clock.nowMs() / 1000n + ethereum.inclusionSec + 2n * party.skewSec + 1n;
    runtime.setHalted('ethereum', 'restored', true);
    logger.warn('this store was restored from a backup', { trustedFromSec });
  }

  async function tick(): Promise<void> {
    await proveStore().catch(survive);
    await Promise.all(
      Object.values(ports).map(async (port) => {
        try {
          runtime.setHead(port.ledger, (await port.head()).timeSec);
        } catch (error) {
          survive(error);
        }
      }),
    );
    await runtime.dispatchAll(
      'tick',
      runtime.open().map(({ swapId }) => ({ swapId, happening: { kind: 'tick' } })),
    );
    run(legs.readRest());
    kick();
  }

  return {
    runtime,
    async start() {
      await runtime.load(await store.acquireEpoch());
      await store.dropOrphanNonces();
      await executor.load();
      for (const ledger of ['fabric', 'ethereum'] as const)
        runtime.setHalted(ledger, 'catching-up', true);
      await distrustRestored();
      running.push(watchForever('fabric'), watchForever('ethereum'), tickForever());
      legs.inherit(runtime.open());
    },
    async close() {
      stop.abort();
      await Promise.allSettled(running);
    },
    async add(session, journal) {
      await runtime.add(session, journal);
      await legs.read(session);
    },
    async enlist(session, journal) {
      await runtime.add(session, journal);
      run(legs.read(session));
    },
    resume: createResume({ ports, runtime, logger }),
    get backlog() {
      return executor.backlog;
    },
    get pressure() {
      return executor.pressure;
    },
    failed,
  };
}
