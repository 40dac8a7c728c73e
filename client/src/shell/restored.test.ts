import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { swapIdOf } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../store/memory-store.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { createKillable, runToEnd } from '../testing/agents.ts';
import { ALICE, BOB, createRig } from '../testing/rig.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a store restored from a backup', () => {
  it('locks nothing until what its former owner sent must have reached the ledger', async () => {
    const rig = createRig();
    const bob = createKillable(rig, BOB);
    await bob.start();
    await bob.take(rig.terms('fabric-first', 1));
    const copy = (bob.store as ReturnType<typeof createMemoryStore>).copy();
    bob.kill();
    const restored = createKillable(rig, ALICE, rig.ports.bind(rig), copy);
    // A block needs longer than the restart, so that Ethereum's own time does not tell yet.
    rig.rules.mines = false;
    await restored.start();
    await restored.take(rig.terms('ethereum-first', 2));
    for (let second = 0; second < 2; second += 1) await rig.second();
    expect(rig.ethereum.pool()).toEqual([]);
    expect(await copy.isRestored()).toBe(true);
    rig.rules.mines = true;
    for (let second = 0; second < 6; second += 1) await rig.second();
    expect(await copy.isRestored()).toBe(false);
  });

  it('made while an agent runs on SQLite, ends the swap as the ledgers have it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'midlock-restored-'));
    folders.push(folder);
    const rig = createRig();
    const store = openSqliteStore(join(folder, 'journal.db'));
    const [alice, bob] = [
      createKillable(rig, ALICE, rig.ports.bind(rig), store),
      createKillable(rig, BOB),
    ];
    const terms = rig.terms('ethereum-first', 1);
    for (const agent of [alice, bob]) {
      await agent.start();
      await agent.take(terms);
    }
    const backup = join(folder, 'backup.db');
    await store.backup(backup);
    while (rig.fabric.midAccount(swapIdOf(terms)) === undefined) await rig.second();
    alice.kill();
    await store.close();

    const copy = openSqliteStore(backup);
    expect(await copy.isRestored()).toBe(true);
    await copy.verify();
    const again = createKillable(rig, ALICE, rig.ports.bind(rig), copy);
    const states = await runToEnd(rig, [again, bob], [swapIdOf(terms)]);
    expect(states[0]).toBe(states[1]);
    expect(rig.ethereum.locksOf(swapIdOf(terms)).length).toBe(1);
    expect(rig.conserved()).toBe(true);
    expect(await copy.isRestored()).toBe(false);
    await copy.close();
  });
});
