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

/** Watches swaps, shows them, claims and refunds for others. Optional for safety, needed for comfort. */
export interface Relayer {
  start(): Promise<void>;
  close(): Promise<void>;
  /** Takes on a swap that both parties have signed. Throws TERMS_SIGNATURE_INVALID, OVERLOADED. */
  watch(file: TermsFile): Promise<{ readonly swapId: Hex32; readonly created: boolean }>;
  stored(swapId: Hex32): Promise<StoredSession | undefined>;
  explain(swapId: Hex32): Promise<Explanation>;
  /** Refuses new swaps from now on; what is open is finished. Locks found on Fabric meanwhile are kept for the successor. */
  drain(): void;
  /** Resolves once everything that was open when draining began has ended, so that the process may end. */
  readonly drained: Promise<void>;
  open(): readonly Session[];
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
    await add(fact.terms, false, 'rebuilt');
  }

  async function add(terms: TermsFile['terms'], accepted: boolean, journal: string): Promise<void> {
    const { nowSec } = runtime.world();
    await service.add(openSession({ terms, role: 'relayer', profile, nowSec, accepted }), journal);
  }

  function finishWhenEmpty(): void {
    if (draining && [...owed].every((swapId) => runtime.session(swapId) === undefined)) finish();
  }

  function checkLoad(): void {
    if (draining) throw new MidlockError('OVERLOADED', { reason: 'draining' });
    if (runtime.open().length >= maxOpen)
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
    async watch(file) {
      if (!isAccepted(file))
        throw new MidlockError('TERMS_SIGNATURE_INVALID', {
          reason: 'both parties must have signed',
        });
      const swapId = swapIdOf(file.terms);
      const session = runtime.session(swapId);
      if (session !== undefined) {
        if (!session.accepted) await runtime.dispatch('accept', swapId, { kind: 'accepted' });
        return { swapId, created: false };
      }
      if ((await modules.store.load(swapId)) !== undefined) return { swapId, created: false };
      checkLoad();
      await add(file.terms, true, 'taken');
      return { swapId, created: true };
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
