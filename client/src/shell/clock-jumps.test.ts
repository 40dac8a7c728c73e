import { MidlockError, swapIdOf, type LedgerIntent } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { stepParty } from '../core/party.ts';
import { openSession, stateOf } from '../core/session.ts';
import type { LedgerPort } from '../ports.ts';
import { createKillable, createVictim, type Victim } from '../testing/agents.ts';
import { ALICE, BOB, createRig, type Rig } from '../testing/rig.ts';
import { secretsFrom } from './seed.ts';
import { createSwapService, type SwapService } from './service.ts';

const HOUR_MS = 3_600_000n;

/** A responder on a machine of which somebody sets the clock, and whose claims a ledger may refuse. */
interface Setup {
  readonly rig: Rig;
  readonly bob: Victim<SwapService>;
  readonly clock: { offsetMs: bigint };
  readonly claims: { refusal: MidlockError | undefined; asked: number };
  /** Runs until the secret is public, so that Bob's claim is due. */
  readonly revealed: () => Promise<void>;
  readonly end: () => Promise<string>;
}

async function setUp(): Promise<Setup> {
  const rig = createRig();
  const clock = { offsetMs: 0n };
  const claims: Setup['claims'] = { refusal: undefined, asked: 0 };
  const over = (port: LedgerPort): LedgerPort => ({
    ...port,
    prepare: (intent: LedgerIntent, options) => {
      if (intent.action !== 'claim') return port.prepare(intent, options);
      claims.asked += 1;
      return claims.refusal === undefined
        ? port.prepare(intent, options)
        : Promise.reject(claims.refusal);
    },
  });
  const own: Rig = {
    ...rig,
    clock: { ...rig.clock, nowMs: () => rig.clock.nowMs() + clock.offsetMs },
    ports: (who, nonces) => {
      const { fabric, ethereum } = rig.ports(who, nonces);
      return { fabric: over(fabric), ethereum };
    },
  };
  const bob = createVictim({
    rig: own,
    party: BOB,
    build: (modules) =>
      createSwapService(
        { reducer: stepParty, secrets: secretsFrom(BOB.seed), tickMs: 1000, profile: rig.profile },
        modules,
      ),
  });
  const alice = createKillable(rig, ALICE);
  await alice.start();
  await bob.start();
  const terms = rig.terms('fabric-first', 1);
  const swapId = swapIdOf(terms);
  await alice.take(terms);
  const nowSec = rig.clock.nowMs() / 1000n;
  await bob.body?.add(
    openSession({ terms, role: 'responder', profile: rig.profile, nowSec, accepted: true }),
    'taken',
  );
  return {
    rig,
    bob,
    clock,
    claims,
    revealed: async () => {
      for (let second = 0; second < 60 && claims.asked === 0; second += 1) await rig.second();
      expect(claims.asked).toBeGreaterThan(0);
    },
    end: async () => {
      for (let second = 0; second < 60; second += 1) {
        await rig.second();
        if ((await bob.store.load(swapId))?.open === false) break;
      }
      const stored = await bob.store.load(swapId);
      expect(rig.conserved()).toBe(true);
      return stored === undefined ? 'unknown' : stateOf(stored.session);
    },
  };
}

const UNREACHABLE = new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: 'peer' });
const REFUSED = new MidlockError('ENDORSEMENT_MISSING', { reason: 'busy' });

describe('a clock that somebody sets', () => {
  it.each([
    ['that a peer did not take', UNREACHABLE],
    ['that organisations refused', REFUSED],
  ])('back by an hour stalls no claim %s', async (_name, refusal) => {
    const { claims, clock, revealed, end } = await setUp();
    claims.refusal = refusal;
    await revealed();
    clock.offsetMs = -HOUR_MS;
    claims.refusal = undefined;
    expect(await end()).toBe('settled');
  });

  it.each([
    // A pause of the executor is not touched by it at all; one of the core ends early.
    [
      'on by two seconds each second',
      'that a peer does not take',
      UNREACHABLE,
      (offsetMs: bigint) => offsetMs + 2_000n,
      0,
    ],
    [
      'on by an hour and back',
      'that organisations refuse',
      REFUSED,
      (offsetMs: bigint, second: number) => (second % 4 === 0 ? HOUR_MS - offsetMs : offsetMs),
      2,
    ],
  ])('%s repeats no claim %s without pauses', async (_how, _name, refusal, next, more) => {
    const asked = async (jump: (setup: Setup, second: number) => void): Promise<number> => {
      const setup = await setUp();
      setup.claims.refusal = refusal;
      await setup.revealed();
      for (let second = 1; second <= 8; second += 1) {
        jump(setup, second);
        await setup.rig.second();
      }
      setup.bob.kill();
      return setup.claims.asked;
    };
    const calm = await asked(() => undefined);
    const wild = await asked(({ clock }, second) => {
      clock.offsetMs = next(clock.offsetMs, second);
    });
    expect(wild).toBeLessThanOrEqual(calm + more);
  });
});
