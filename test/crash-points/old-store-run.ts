import { createMemoryStore, stateOf, type CrashPort, type Store } from '@midlock/client';
import {
  ALICE,
  BOB,
  Crash,
  createKillable,
  createRig,
  type Killable,
} from '@midlock/client/testing';
import { MidlockError, swapIdOf, type Direction } from '@midlock/protocol';

/** What happens to one party's store while a swap is under way. */
export interface StoreFault {
  readonly who: 'alice' | 'bob';
  /** The passage at which the backup is made; 0: there is none, the store is lost. */
  readonly backupAt: number;
  /** The passage at which the process dies, to come back on the backup. */
  readonly deathAt: number;
}

export interface OldStoreRun {
  readonly passages: Readonly<Record<'alice' | 'bob', number>>;
  readonly faults: readonly string[];
  readonly states: readonly string[];
}

const MAX_SEC = 90;

/** One swap of which a party goes on with an old store, or with none but the terms. */
export async function runOnOldStore(
  direction: Direction,
  fault?: StoreFault,
): Promise<OldStoreRun> {
  const rig = createRig();
  const terms = rig.terms(direction, 1);
  const swapId = swapIdOf(terms);
  const passages = { alice: 0, bob: 0 };
  const stores = { alice: createMemoryStore(), bob: createMemoryStore() };
  let backup: Store = createMemoryStore();
  const switchOf =
    (who: 'alice' | 'bob'): CrashPort =>
    (id) => {
      passages[who] += 1;
      if (fault?.who !== who) return;
      if (passages[who] === fault.backupAt) backup = stores[who].copy();
      if (passages[who] === fault.deathAt) throw new Crash(id);
    };
  const killable = (who: 'alice' | 'bob', store: Store): Killable =>
    createKillable(rig, who === 'alice' ? ALICE : BOB, rig.ports.bind(rig), store);
  const agents = { alice: killable('alice', stores.alice), bob: killable('bob', stores.bob) };
  const take = async (agent: Killable): Promise<void> => {
    // Terms reach an agent again from its inbox, its mailbox or `swap recover`.
    if (agent.alive && (await agent.session(swapId)) === undefined)
      await agent.take(terms).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
  };
  await agents.alice.start(switchOf('alice'));
  await agents.bob.start(switchOf('bob'));
  for (let second = 0; second < MAX_SEC; second += 1) {
    // A block every other second: who dies in between comes back while what it sent is still in the pool.
    rig.rules.mines = second % 2 === 1;
    for (const who of ['alice', 'bob'] as const) {
      if (!agents[who].alive) {
        agents[who] = killable(who, backup);
        await agents[who].start();
      }
      await take(agents[who]);
    }
    await rig.second();
    const stored = await Promise.all(Object.values(agents).map(({ store }) => store.load(swapId)));
    if (stored.every((entry) => entry?.open === false)) break;
  }
  const faults: string[] = [];
  if (!rig.conserved()) faults.push('an asset came or went');
  if (rig.ethereum.locksOf(swapId).length > 1) faults.push('locked twice on Ethereum');
  const fabric = rig.fabric.midAccount(swapId)?.state;
  const ethereum = rig.ethereum.locksOf(swapId).at(-1)?.state;
  if (fabric === 'locked' || ethereum === 'locked') faults.push('still locked');
  if ((fabric === 'claimed') !== (ethereum === 'claimed')) faults.push('one side has both');
  const states: string[] = [];
  for (const { store } of Object.values(agents)) {
    const entry = await store.load(swapId);
    states.push(entry === undefined ? 'unknown' : stateOf(entry.session));
    if (entry?.open !== false) faults.push('a session does not end');
    await store.verify();
  }
  return { passages, faults, states };
}

/** Fails commits as a full disk does while `full` says so; what failed left no trace. */
export function storeOnFullDisk(store: Store, full: () => boolean): Store {
  const refuse = async <T>(work: () => Promise<T>): Promise<T> => {
    if (full()) throw new MidlockError('STORE_UNWRITABLE', { sqlite: 13 });
    return work();
  };
  const { nonces } = store;
  return {
    ...store,
    commit: (change, written) => refuse(() => store.commit(change, written)),
    putDocument: (...given) => refuse(() => store.putDocument(...given)),
    nonces: {
      load: (account) => nonces.load(account),
      put: (account, entry) => refuse(() => nonces.put(account, entry)),
      delete: (account, nonce) => refuse(() => nonces.delete(account, nonce)),
    },
  };
}
