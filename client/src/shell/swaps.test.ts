import { ETH, swapIdOf, type Direction } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createKillable, runToEnd } from '../testing/agents.ts';
import { ALICE, BOB, TOKENS, createRig } from '../testing/rig.ts';

const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];

describe.each(DIRECTIONS)('%s on the models', (direction) => {
  it('settles between two honest agents', async () => {
    const rig = createRig();
    const agents = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    for (const agent of agents) await agent.start();
    const terms = rig.terms(direction, 1);
    for (const agent of agents) await agent.take(terms);
    expect(await runToEnd(rig, agents, [swapIdOf(terms)])).toEqual(['settled', 'settled']);
    const [fabricTo, ethereumTo] = direction === 'fabric-first' ? [BOB, ALICE] : [ALICE, BOB];
    expect(rig.fabric.balance(fabricTo.fabric, TOKENS)).toBe(1040n);
    expect(rig.ethereum.balance(ethereumTo.ethereum, ETH)).toBe(1007n);
    expect(rig.conserved()).toBe(true);
    for (const agent of agents) await agent.store.verify();
  });

  it('refunds the initiator when the responder never comes', async () => {
    const rig = createRig();
    const alice = createKillable(rig, ALICE);
    await alice.start();
    const terms = rig.terms(direction, 1);
    await alice.take(terms);
    expect(await runToEnd(rig, [alice], [swapIdOf(terms)])).toEqual(['refunded']);
    expect(rig.fabric.balance(ALICE.fabric, TOKENS)).toBe(1000n);
    expect(rig.ethereum.balance(ALICE.ethereum, ETH)).toBe(1000n);
  });

  it('refunds both when the initiator vanishes before the reveal', async () => {
    const rig = createRig();
    const [alice, bob] = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    await alice.start();
    await bob.start();
    const terms = rig.terms(direction, 1);
    const swapId = swapIdOf(terms);
    await alice.take(terms);
    await bob.take(terms);
    while (
      (await bob.session(swapId))?.operations[
        `${direction === 'fabric-first' ? 'ethereum' : 'fabric'}/lock`
      ] === undefined
    )
      await rig.second();
    alice.kill();
    for (let second = 0; second < 60; second += 1) await rig.second();
    expect(await runToEnd(rig, [alice, bob], [swapId])).toEqual(['refunded', 'refunded']);
    expect(rig.fabric.balance(ALICE.fabric, TOKENS)).toBe(1000n);
    expect(rig.ethereum.balance(BOB.ethereum, ETH)).toBe(1000n);
    expect(rig.conserved()).toBe(true);
  });
});
