import type { Hex32, SwapTerms } from '@midlock/protocol';
import { stepParty } from '../core/party.ts';
import { openSession, stateOf, type Session } from '../core/session.ts';
import type { LedgerPort } from '../ports.ts';
import { noCrash, type CrashPort } from '../shell/crash-points.ts';
import { secretsFrom } from '../shell/seed.ts';
import { createSwapService, type SwapService } from '../shell/service.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/port.ts';
import { ALICE, type Party, type Rig } from './rig.ts';

/** What a crash throws; afterwards nothing of that process has any effect. */
export class Crash extends Error {}

/** An agent that can be killed and started again on the same store. */
export interface Killable {
  readonly store: Store;
  start(crashPoint?: CrashPort): Promise<void>;
  take(terms: SwapTerms): Promise<void>;
  session(swapId: Hex32): Promise<Session | undefined>;
  abandon(swapId: Hex32): Promise<void>;
  readonly alive: boolean;
  readonly failure: unknown;
  /** Stops at once: no further call reaches ledgers or store. */
  kill(): void;
}

export function createKillable(rig: Rig, party: Party, makePorts = rig.ports.bind(rig)): Killable {
  const store = createMemoryStore();
  let service: SwapService | undefined;
  let process = { alive: false, failure: undefined as unknown };

  function mortal<T extends object>(target: T, life: { alive: boolean }): T {
    return new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (!life.alive) throw new Crash();
          return Reflect.apply(member as (...all: unknown[]) => unknown, object, args);
        };
      },
    });
  }

  return {
    store,
    async start(crashPoint = noCrash) {
      void service?.close();
      const life = { alive: true, failure: undefined as unknown };
      process = life;
      const ports = makePorts(party, mortal(store.nonces, life));
      const started = createSwapService(
        { reducer: stepParty, secrets: secretsFrom(party.seed), tickMs: 1000 },
        {
          store: mortal(store, life),
          fabric: mortal<LedgerPort>(ports.fabric, life),
          ethereum: mortal<LedgerPort>(ports.ethereum, life),
          clock: rig.clock,
          crashPoint: (id) => {
            if (!life.alive) throw new Crash();
            try {
              crashPoint(id);
            } catch (error) {
              life.alive = false;
              throw error;
            }
          },
        },
      );
      void started.failed.then((reason) => {
        life.failure = reason;
        life.alive = false;
      });
      service = started;
      await started.start();
    },
    async take(terms) {
      const role = party === ALICE ? 'initiator' : 'responder';
      const nowSec = rig.clock.nowMs() / 1000n;
      await service?.add(
        openSession({ terms, role, profile: rig.profile, nowSec, accepted: true }),
        'taken',
      );
    },
    session: async (swapId) => (await store.load(swapId))?.session,
    async abandon(swapId) {
      await service?.runtime.dispatch('command', swapId, { kind: 'command', command: 'abandon' });
    },
    get alive() {
      return process.alive;
    },
    get failure() {
      return process.failure;
    },
    kill() {
      process.alive = false;
      void service?.close();
    },
  };
}

/** Lets time pass until both sessions are done, starting dead agents again; returns their states. */
export async function runToEnd(
  rig: Rig,
  agents: readonly Killable[],
  swapIds: readonly Hex32[],
  maxSec = 120,
): Promise<string[]> {
  for (let second = 0; second < maxSec; second += 1) {
    for (const agent of agents) if (!agent.alive) await agent.start();
    await rig.second();
    const stored = await Promise.all(
      agents.flatMap((agent) => swapIds.map((swapId) => agent.store.load(swapId))),
    );
    if (stored.every((entry) => entry?.open === false)) break;
  }
  const sessions = await Promise.all(
    agents.flatMap((agent) => swapIds.map((swapId) => agent.session(swapId))),
  );
  return sessions.map((session) => (session === undefined ? 'unknown' : stateOf(session)));
}
