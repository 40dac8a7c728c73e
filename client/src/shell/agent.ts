import { MidlockError, type Hex32, type SwapProfile } from '@midlock/protocol';
import { explainSession, type Explanation } from '../core/explain.ts';
import { stepParty } from '../core/party.ts';
import type { Session } from '../core/session.ts';
import type { World } from '../core/world.ts';
import type { PartyAccounts } from '../terms-file/terms-file.ts';
import type { Resume } from './resume.ts';
import { secretsFrom, type SeedPort } from './seed.ts';
import { createTermsTaker, type TakeTerms } from './take-terms.ts';
import { createSwapService, type ServiceModules, type ServiceOptions } from './service.ts';

export interface AgentOptions extends Pick<
  ServiceOptions,
  'tickMs' | 'concurrency' | 'onChange' | 'onUpdate'
> {
  /** The party whose swaps this agent runs. */
  readonly accounts: PartyAccounts;
  /** The deployment's figures; terms that do not fit them are refused. */
  readonly profile: SwapProfile;
}

export interface AgentModules extends ServiceModules {
  readonly seed: SeedPort;
}

/** One party's process: runs its swaps to their end, whatever happens to it on the way. */
export interface Agent {
  /** Recovers and follows. Throws STORE_*. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Takes on a swap, or adds the counterparty's acceptance to one it has. Idempotent. See {@link TakeTerms}. */
  readonly take: TakeTerms;
  /** The session, also after its end. */
  session(swapId: Hex32): Promise<Session | undefined>;
  /** Sessions that are not done. */
  open(): readonly Session[];
  /** Why a swap waits. Throws SWAP_UNKNOWN. */
  explain(swapId: Hex32): Promise<Explanation>;
  /** `abandon`: lock and reveal nothing more. `retry`: try failed operations again. Throws SWAP_STATE, SWAP_UNKNOWN. */
  command(swapId: Hex32, command: 'abandon' | 'retry'): Promise<void>;
  /** Lifts the halt after a ledger's finality went backwards. Throws FINALITY_REGRESSED. */
  readonly resume: Resume;
  /** Resolves when the swap is done. Rejects with TIMED_OUT when the signal aborts first. */
  finished(swapId: Hex32, signal: AbortSignal): Promise<Session>;
  /** Calls back with every session that changed, once that is durable; returns how to stop. */
  subscribe(listener: (session: Session) => void): () => void;
  world(): World;
  readonly backlog: number;
  readonly failed: Promise<unknown>;
}

/** Builds an agent from its parts; nothing runs before `start`. */
export function createAgent(options: AgentOptions, modules: AgentModules): Agent {
  const { store, seed } = modules;
  const listeners = new Set<(session: Session) => void>();
  const service = createSwapService(
    {
      ...options,
      reducer: stepParty,
      secrets: secretsFrom(seed),
      onChange: (session) => {
        options.onChange?.(session);
        for (const listener of listeners) listener(session);
      },
    },
    modules,
  );
  const { runtime } = service;

  async function load(swapId: Hex32): Promise<Session | undefined> {
    return runtime.session(swapId) ?? (await store.load(swapId))?.session;
  }

  async function known(swapId: Hex32): Promise<Session> {
    const session = await load(swapId);
    if (session === undefined) throw new MidlockError('SWAP_UNKNOWN', { swapId });
    return session;
  }

  return {
    start: () => service.start(),
    close: () => service.close(),
    take: createTermsTaker({ ...options, store, seed, service }),
    session: load,
    open: () => runtime.open(),
    explain: async (swapId) => explainSession(await known(swapId), runtime.world()),
    async command(swapId, command) {
      const result = await runtime.dispatch('command', swapId, { kind: 'command', command });
      if (!result.ok) throw new MidlockError(result.code, { swapId, detail: result.detail });
    },
    resume: service.resume,
    finished: (swapId, signal) =>
      new Promise((resolve, reject) => {
        const finish = (): void => {
          listeners.delete(check);
          signal.removeEventListener('abort', timedOut);
        };
        const timedOut = (): void => {
          finish();
          reject(new MidlockError('TIMED_OUT', { swapId }));
        };
        const check = (): void => {
          if (runtime.session(swapId) !== undefined) return;
          known(swapId).then((session) => {
            finish();
            resolve(session);
          }, reject);
        };
        signal.addEventListener('abort', timedOut, { once: true });
        listeners.add(check);
        check();
      }),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    world: () => runtime.world(),
    get backlog() {
      return service.backlog;
    },
    failed: service.failed,
  };
}
