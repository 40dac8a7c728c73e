import {
  createSwapService,
  explainSession,
  isAccepted,
  openSession,
  stateOf,
  type Explanation,
  type SecretsPort,
  type ServiceModules,
  type Session,
  type StoredSession,
  type TermsFile,
  type World,
} from '@midlock/client';
import {
  MidlockError,
  isMidlockError,
  isTerminal,
  swapIdOf,
  type Hex32,
  type LedgerName,
  type LedgerUpdate,
  type LegFact,
  type SwapProfile,
} from '@midlock/protocol';
import { createRelayerReducer } from './core/duties.ts';

export interface RelayerOptions {
  readonly profile: SwapProfile;
  /** How long parties go first, seconds; default O of the profile. */
  readonly patienceSec?: bigint;
  readonly tickMs?: number;
  readonly concurrency?: number;
  /** More open swaps than this are not taken on (OVERLOADED); default 10,000. */
  readonly maxOpen?: number;
  /** More unfinished effects than this and nothing new is taken on; default 1,000. */
  readonly maxBacklog?: number;
  /** Told of every change; `open` is false when nothing is left to do for the swap, which is said once. */
  readonly onChange?: (session: Session, open: boolean) => void;
  readonly onUpdate?: (update: LedgerUpdate) => void;
}

/** What taking on a swap came to. */
export interface Watched {
  readonly swapId: Hex32;
  /** False when it was known already. */
  readonly created: boolean;
}

/** Watches swaps, shows them, claims and refunds for others. Optional for safety, needed for comfort. */
export interface Relayer {
  start(): Promise<void>;
  close(): Promise<void>;
  /**
   * Takes on a swap that both parties have signed; it is durable when this resolves, and its legs are read afterwards.
   * `admitted` is called once the swap is known not to be refused and before anything is written.
   * Throws TERMS_SIGNATURE_INVALID, OVERLOADED.
   */
  watch(file: TermsFile, admitted?: () => Promise<void>): Promise<Watched>;
  stored(swapId: Hex32): Promise<StoredSession | undefined>;
  explain(swapId: Hex32): Promise<Explanation>;
  /** Refuses new swaps from now on; what is open is finished. Locks found on Fabric meanwhile are kept for the successor. */
  drain(): void;
  /** Resolves once everything that was open when draining began has ended, so that the process may end. */
  readonly drained: Promise<void>;
  open(): readonly Session[];
  /** Lifts the halt after a ledger's finality went backwards. Throws FINALITY_REGRESSED. */
  resume(ledger: LedgerName): Promise<void>;
  world(): World;
  readonly draining: boolean;
  readonly backlog: number;
  /** Open effects by the ledger they wait for. */
  readonly pressure: Readonly<Record<LedgerName, number>>;
  readonly failed: Promise<unknown>;
}

/** A relayer knows no secret but those that are public. */
const noSecrets: SecretsPort = {
  secretOf: ({ swapId }) =>
    Promise.reject(new MidlockError('INTERNAL', { what: 'a relayer derives no secret', swapId })),
};

/** Builds a relayer from its parts; nothing runs before `start`. */
export function createRelayer(options: RelayerOptions, modules: ServiceModules): Relayer {
  const {
    profile,
    patienceSec = profile.party.observeSec,
    maxOpen = 10_000,
    maxBacklog = 1_000,
  } = options;
  const taking = new Map<Hex32, Promise<Watched>>();
  /** Swaps that are let in and not open yet. */
  let entering = 0;
  let draining = false;
  let owed: ReadonlySet<Hex32> = new Set();
  let finish: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const service = createSwapService(
    {
      ...options,
      reducer: createRelayerReducer(patienceSec),
      secrets: noSecrets,
      onUnknown: rebuild,
      onChange: (session) => {
        options.onChange?.(session, runtime.session(session.swapId) !== undefined);
        finishWhenEmpty();
      },
    },
    modules,
  );
  const { runtime } = service;

  /** A Fabric lock carries the complete terms, so that a relayer that lost everything finds its swaps again. */
  async function rebuild(fact: LegFact): Promise<void> {
    if (fact.kind !== 'locked' || fact.ledger !== 'fabric') return;
    if ((await modules.store.load(fact.swapId)) !== undefined) return;
    await service.add(sessionOf(fact.terms, false), 'rebuilt');
  }

  function sessionOf(terms: TermsFile['terms'], accepted: boolean): Session {
    const { nowSec } = runtime.world();
    return openSession({ terms, role: 'relayer', profile, nowSec, accepted });
  }

  /** One swap is taken on by one call at a time; a second one finds what the first has done. */
  async function take(
    file: TermsFile,
    swapId: Hex32,
    admitted: () => Promise<void>,
  ): Promise<Watched> {
    if (await isKnown(swapId)) {
      await admitted();
      return accept(swapId);
    }
    checkLoad();
    entering += 1;
    try {
      await admitted();
      await service.enlist(sessionOf(file.terms, true), 'taken');
      return { swapId, created: true };
    } catch (error) {
      // Its lock was seen on Fabric at the same moment.
      if (isMidlockError(error, 'SWAP_EXISTS')) return await accept(swapId);
      throw error;
    } finally {
      entering -= 1;
    }
  }

  async function isKnown(swapId: Hex32): Promise<boolean> {
    return (
      runtime.session(swapId) !== undefined || (await modules.store.load(swapId)) !== undefined
    );
  }

  async function accept(swapId: Hex32): Promise<Watched> {
    if (runtime.session(swapId)?.accepted === false)
      await runtime.dispatch('accept', swapId, { kind: 'accepted' });
    return { swapId, created: false };
  }

  function finishWhenEmpty(): void {
    if (draining && [...owed].every((swapId) => runtime.session(swapId) === undefined)) finish();
  }

  function checkLoad(): void {
    if (draining) throw new MidlockError('OVERLOADED', { reason: 'draining' });
    if (runtime.open().length + entering >= maxOpen)
      throw new MidlockError('OVERLOADED', { reason: 'open swaps', limit: maxOpen });
    if (service.backlog >= maxBacklog)
      throw new MidlockError('OVERLOADED', { reason: 'backlog', limit: maxBacklog });
  }

  async function known(swapId: Hex32): Promise<Session> {
    const session = runtime.session(swapId) ?? (await modules.store.load(swapId))?.session;
    if (session === undefined) throw new MidlockError('SWAP_UNKNOWN', { swapId });
    return session;
  }

  return {
    start: () => service.start(),
    close: () => service.close(),
    async watch(file, admitted = () => Promise.resolve()) {
      if (!isAccepted(file))
        throw new MidlockError('TERMS_SIGNATURE_INVALID', {
          reason: 'both parties must have signed',
        });
      const swapId = swapIdOf(file.terms);
      const before = taking.get(swapId) ?? Promise.resolve();
      const work = (): Promise<Watched> => take(file, swapId, admitted);
      const mine = before.then(work, work);
      taking.set(swapId, mine);
      try {
        return await mine;
      } finally {
        if (taking.get(swapId) === mine) taking.delete(swapId);
      }
    },
    stored: (swapId) => modules.store.load(swapId),
    explain: async (swapId) => explainSession(await known(swapId), runtime.world()),
    drain: () => {
      if (!draining) owed = new Set(runtime.open().map(({ swapId }) => swapId));
      draining = true;
      finishWhenEmpty();
    },
    drained,
    open: () => runtime.open(),
    resume: (ledger) => service.resume(ledger),
    world: () => runtime.world(),
    get draining() {
      return draining;
    },
    get backlog() {
      return service.backlog;
    },
    get pressure() {
      return service.pressure;
    },
    failed: service.failed,
  };
}

/** How a swap ended, or undefined while it goes on. */
export function outcomeOf(session: Session): string | undefined {
  const state = stateOf(session);
  return isTerminal(state) ? state : undefined;
}
