import { createMemoryStore, stateOf } from '@midlock/client';
import { ALICE, BOB, createKillable, createRig } from '@midlock/client/testing';
import { swapIdOf } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { runOnOldStore, storeOnFullDisk } from './old-store-run.ts';

const DIRECTIONS = ['fabric-first', 'ethereum-first'] as const;
/** Every how-manieth passage is a backup's, and a death's. */
const [BACKUP_STRIDE, DEATH_STRIDE] = [41, 11];

describe.each(DIRECTIONS)('%s with an old store', (direction) => {
  it.each(['alice', 'bob'] as const)(
    'whatever %s sent since the backup, nothing is lost and nothing doubled',
    async (who) => {
      const calm = await runOnOldStore(direction);
      expect(calm.states).toEqual(['settled', 'settled']);
      const last = calm.passages[who];
      for (let backupAt = 1; backupAt < last; backupAt += BACKUP_STRIDE)
        for (let deathAt = backupAt + 1; deathAt <= last; deathAt += DEATH_STRIDE)
          expect([
            backupAt,
            deathAt,
            (await runOnOldStore(direction, { who, backupAt, deathAt })).faults,
          ]).toEqual([backupAt, deathAt, []]);
    },
  );

  it.each(['alice', 'bob'] as const)(
    '%s lost the journal and has the terms: recovered from the ledgers',
    async (who) => {
      const { passages } = await runOnOldStore(direction);
      for (let deathAt = 2; deathAt <= passages[who]; deathAt += 2)
        expect([
          deathAt,
          (await runOnOldStore(direction, { who, backupAt: 0, deathAt })).faults,
        ]).toEqual([deathAt, []]);
    },
  );

  it.each([1, 2, 3, 4, 5, 6])(
    'a disk that is full from second %i on for three seconds delays, and nothing else',
    async (from) => {
      const rig = createRig();
      const terms = rig.terms(direction, 1);
      const swapId = swapIdOf(terms);
      let second = 0;
      const full = (): boolean => second >= from && second < from + 3;
      const agents = [ALICE, BOB].map((party) =>
        createKillable(rig, party, rig.ports.bind(rig), storeOnFullDisk(createMemoryStore(), full)),
      );
      for (const agent of agents) {
        await agent.start();
        await agent.take(terms);
      }
      for (; second < 90; second += 1) await rig.second();
      const states = await Promise.all(agents.map((agent) => agent.session(swapId)));
      const [alice, bob] = states.map((session) => session && stateOf(session));
      expect(alice).toBe(bob);
      expect(['settled', 'refunded', 'cancelled']).toContain(alice);
      expect(rig.conserved()).toBe(true);
      expect(rig.ethereum.locksOf(swapId).length).toBeLessThan(2);
      for (const agent of agents) expect(agent.alive).toBe(true);
    },
  );
});
