import { ETH, MidlockError, swapIdOf } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { stateOf } from '../core/session.ts';
import { Crash, createKillable, runToEnd, type Killable } from '../testing/agents.ts';
import { ALICE, BOB, TOKENS, createRig, type Rig } from '../testing/rig.ts';
import type { CrashPort } from './crash-points.ts';

/** Dies at the first passage through a point. */
const diesAt =
  (point: string): CrashPort =>
  (id) => {
    if (id === point) throw new Crash(id);
  };

async function seconds(rig: Rig, count: number): Promise<void> {
  for (let second = 0; second < count; second += 1) await rig.second();
}

/** Takes terms and dies on the way, as the crash port of this life has it. */
async function dieTaking(agent: Killable, terms: Parameters<Killable['take']>[0]): Promise<void> {
  await agent.take(terms).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  expect(agent.alive).toBe(false);
}

describe('a swap that is taken when the cursor has passed its locks', () => {
  it('survives a death between taking it and reading its legs', async () => {
    const rig = createRig();
    const [alice, bob] = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    await alice.start();
    await bob.start(diesAt('commit.open.after'));
    const terms = rig.terms('fabric-first', 1);
    await alice.take(terms);
    await seconds(rig, 2);
    expect((await bob.store.mark('fabric'))?.cursor?.height).toBe(1n);
    await dieTaking(bob, terms);
    expect(await runToEnd(rig, [alice, bob], [swapIdOf(terms)])).toEqual(['settled', 'settled']);
    expect(rig.fabric.balance(BOB.fabric, TOKENS)).toBe(1040n);
    expect(rig.conserved()).toBe(true);
  });

  /** Both legs stand, the first Bob is gone; another one with his keys has followed both ledgers and takes the swap late. */
  async function lateBob(
    crashPoint: CrashPort,
    portsOf: (rig: Rig) => Rig['ports'] = (rig) => rig.ports.bind(rig),
  ): Promise<{ rig: Rig; bob: Killable; terms: ReturnType<Rig['terms']> }> {
    const rig = createRig();
    const [alice, first, bob] = [
      createKillable(rig, ALICE),
      createKillable(rig, BOB),
      createKillable(rig, BOB, portsOf(rig)),
    ];
    await alice.start();
    await first.start();
    await bob.start(crashPoint);
    const terms = rig.terms('fabric-first', 1);
    await alice.take(terms);
    await first.take(terms);
    while (rig.ethereum.locksOf(swapIdOf(terms)).length === 0) await rig.second();
    alice.kill();
    first.kill();
    await seconds(rig, 4);
    return { rig, bob, terms };
  }

  it('survives a death between reading the one leg and the other', async () => {
    const { rig, bob, terms } = await lateBob(diesAt('leg.ethereum.before'));
    await dieTaking(bob, terms);
    expect(stateOf((await bob.session(swapIdOf(terms))) as never)).toBe('longLocked');
    await bob.start();
    await seconds(rig, 60);
    expect(rig.ethereum.balance(BOB.ethereum, ETH)).toBe(1000n);
  });

  it('reads the legs again when a ledger did not answer', async () => {
    let down = true;
    const { rig, bob, terms } = await lateBob(
      () => undefined,
      (ledgers) => (party, nonces) => {
        const ports = ledgers.ports(party, nonces);
        const leg: typeof ports.fabric.leg = (wanted) =>
          down
            ? Promise.reject(new MidlockError('ENDPOINT_UNREACHABLE'))
            : ports.ethereum.leg(wanted);
        return { ...ports, ethereum: { ...ports.ethereum, leg } };
      },
    );
    await bob.take(terms);
    await seconds(rig, 3);
    expect((await bob.session(swapIdOf(terms)))?.legs.ethereum.lock).toBeUndefined();
    down = false;
    await seconds(rig, 60);
    expect(rig.ethereum.balance(BOB.ethereum, ETH)).toBe(1000n);
  });
});
