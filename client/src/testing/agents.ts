import { swapIdOf, type Direction, type Hex32, type SwapTerms } from '@midlock/protocol';
import type { NonceStore } from '@midlock/ledgers';
import { stepParty } from '../core/party.ts';
import { openSession, stateOf, type Session } from '../core/session.ts';
import type { LedgerPort } from '../ports.ts';
import { noCrash, type CrashPort } from '../shell/crash-points.ts';
import { secretsFrom } from '../shell/seed.ts';
import { createSwapService, type ServiceModules, type SwapService } from '../shell/service.ts';
import { crashingStore } from '../store/crashing-store.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/port.ts';
import { partyOf } from '../terms-file/terms-file.ts';
import { ALICE, BOB, type Party, type Rig } from './rig.ts';

/** What a crash throws; afterwards nothing of that process has any effect. */
export class Crash extends Error {}

/** What runs in a victim: an agent's service or a relayer. */
export interface VictimBody {
  start(): Promise<void>;
  close(): Promise<void>;
  readonly failed: Promise<unknown>;
}

/** A process in memory that can be killed at any crash point and started again on the same store. */
export interface Victim<B extends VictimBody> {
  readonly store: Store;
  /** Starts a new life; one that a crash ends at once is over when this resolves. */
  start(crashPoint?: CrashPort): Promise<void>;
  /** What runs now. */
  readonly body: B | undefined;
  readonly alive: boolean;
  readonly failure: unknown;
  /** Stops at once: no further call reaches ledgers or store. */
  kill(): void;
}

export interface VictimOptions<B extends VictimBody> {
  readonly rig: Rig;
  readonly party: Party;
  readonly build: (modules: ServiceModules) => B;
  readonly makePorts?: Rig['ports'];
  readonly store?: Store;
}

export function createVictim<B extends VictimBody>(options: VictimOptions<B>): Victim<B> {
  const { rig, party, build, store = createMemoryStore() } = options;
  const makePorts = options.makePorts ?? rig.ports.bind(rig);
  let body: B | undefined;
  let life = { alive: false, failure: undefined as unknown };

  return {
    store,
    async start(crashPoint = noCrash) {
      void body?.close();
      const own = { alive: true, failure: undefined as unknown };
      life = own;
      const die = (reason: unknown): void => {
        own.alive = false;
        own.failure ??= reason;
      };
      const point: CrashPort = (id) => {
        if (!own.alive) throw new Crash();
        try {
          crashPoint(id);
        } catch (error) {
          die(error);
          throw error;
        }
      };
      const durable = mortal(crashingStore(store, point), own);
      const ports = makePorts(party, mortal<NonceStore>(durable.nonces, own));
      const started = build({
        store: durable,
        fabric: mortal<LedgerPort>(ports.fabric, own),
        ethereum: mortal<LedgerPort>(ports.ethereum, own),
        clock: rig.clock,
        crashPoint: point,
      });
      void started.failed.then(die);
      body = started;
      await started.start().catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
        die(error);
      });
    },
    get body() {
      return body;
    },
    get alive() {
      return life.alive;
    },
    get failure() {
      return life.failure;
    },
    kill() {
      life.alive = false;
      void body?.close();
    },
  };
}

/** After the death of its process no call has an effect. */
function mortal<T extends object>(target: T, life: { readonly alive: boolean }): T {
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

/** An agent that can be killed and started again on the same store. */
export interface Killable extends Omit<Victim<SwapService>, 'body'> {
  /** `accepted` is false while the other party has not signed; {@link accept} adds that. */
  take(terms: SwapTerms, accepted?: boolean): Promise<void>;
  /** Adds the other party's signature to a swap that waits for it. */
  accept(swapId: Hex32): Promise<void>;
  session(swapId: Hex32): Promise<Session | undefined>;
  abandon(swapId: Hex32): Promise<void>;
}

export function createKillable(
  rig: Rig,
  party: Party,
  makePorts = rig.ports.bind(rig),
  store?: Store,
): Killable {
  const victim = createVictim({
    rig,
    party,
    makePorts,
    ...(store === undefined ? {} : { store }),
    build: (modules) =>
      createSwapService(
        {
          reducer: stepParty,
          secrets: secretsFrom(party.seed),
          tickMs: 1000,
          profile: rig.profile,
        },
        modules,
      ),
  });
  return {
    store: victim.store,
    start: (crashPoint) => victim.start(crashPoint),
    kill: () => {
      victim.kill();
    },
    get alive() {
      return victim.alive;
    },
    get failure() {
      return victim.failure;
    },
    async take(terms, accepted = true) {
      const isInitiator = partyOf(terms, 'initiator').ethereum === party.ethereum;
      const role = isInitiator ? 'initiator' : 'responder';
      const nowSec = rig.clock.nowMs() / 1000n;
      await victim.body?.add(
        openSession({ terms, role, profile: rig.profile, nowSec, accepted }),
        'taken',
      );
    },
    async accept(swapId) {
      const runtime = victim.body?.runtime;
      if (runtime?.session(swapId)?.accepted === false)
        await runtime.dispatch('accept', swapId, { kind: 'accepted' });
    },
    session: async (swapId) => (await victim.store.load(swapId))?.session,
    async abandon(swapId) {
      await victim.body?.runtime.dispatch('command', swapId, {
        kind: 'command',
        command: 'abandon',
      });
    },
  };
}

/** Agents of the parties, started in their order; `makePorts` says how they see the ledgers. */
export async function startAgents(
  rig: Rig,
  parties: readonly Party[],
  makePorts = rig.ports.bind(rig),
): Promise<Killable[]> {
  const agents = parties.map((party) => createKillable(rig, party, makePorts));
  for (const agent of agents) await agent.start();
  return agents;
}

/** Alice and Bob with their agents, both of which have taken one swap. */
export async function startSwap(
  rig: Rig,
  direction: Direction,
): Promise<{
  readonly alice: Killable;
  readonly bob: Killable;
  readonly swapId: Hex32;
}> {
  const [alice, bob] = [createKillable(rig, ALICE), createKillable(rig, BOB)];
  for (const agent of [alice, bob]) await agent.start();
  const terms = rig.terms(direction, 1);
  for (const agent of [alice, bob]) await agent.take(terms);
  return { alice, bob, swapId: swapIdOf(terms) };
}

/** From now on an organisation endorses no call of this kind. */
export function refuse(rig: Rig, mspId: string, action: string): void {
  const organization = rig.fabric.organizations.find((candidate) => candidate.mspId === mspId);
  if (organization !== undefined) organization.willing = (proposal) => proposal.action !== action;
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
