import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '@midlock/protocol';
import { createNonceLane, type LaneChain, type NonceLane, type Signed } from './nonce-lane.ts';
import { createMemoryNonceStore, type NonceStore } from './nonce-store.ts';

const ACCOUNT = `0x${'aa'.repeat(20)}` as Address;

interface World {
  readonly lane: NonceLane;
  readonly store: NonceStore;
  /** nonce -> id, in block order. */
  readonly mined: string[];
  readonly sent: Map<string, bigint>;
  nowMs: bigint;
  /** A new process over the same store. */
  restart(): World;
  mineAll(): void;
  /** A reorg takes the last mined transaction out of the chain and out of the pool. */
  reorg(): void;
  sendBytes(signed: Signed & { nonce: bigint }): Promise<void>;
}

const encode = (id: string, nonce: bigint): Uint8Array =>
  new TextEncoder().encode(`${id}/${String(nonce)}`);

/** A node reduced to its pool rules: one transaction per nonce, mined in nonce order without gaps. */
function createWorld(
  store = createMemoryNonceStore(),
  mined: string[] = [],
  pool = new Map<bigint, string>(),
): World {
  let serial = 0;
  const sent = new Map<string, bigint>();
  const world = { nowMs: 0n };
  const accept = (bytes: Uint8Array): void => {
    const [id = '', nonceText = ''] = new TextDecoder().decode(bytes).split('/');
    const nonce = BigInt(nonceText);
    if (nonce < BigInt(mined.length)) return;
    // A later signature for a nonce outbids the earlier one.
    pool.set(nonce, id);
    sent.set(id, nonce);
  };
  const chain: LaneChain = {
    count: (_, tag) => {
      let count = BigInt(mined.length);
      if (tag === 'pending') while (pool.has(count)) count += 1n;
      return Promise.resolve(count);
    },
    knows: (id) => Promise.resolve(mined.includes(id) || [...pool.values()].includes(id)),
    broadcast: (bytes) => {
      accept(bytes);
      return Promise.resolve();
    },
    signFiller: (nonce) => {
      const txId = `filler${String(serial++)}`;
      return Promise.resolve({ txId, bytes: encode(txId, nonce) });
    },
  };
  const lane = createNonceLane({
    account: ACCOUNT,
    store,
    chain,
    nowMs: () => world.nowMs,
    unsentAfterMs: 1_000n,
    inheritedAfterMs: 100n,
  });
  return Object.assign(world, {
    lane,
    store,
    mined,
    sent,
    restart: () => createWorld(store, mined, pool),
    mineAll: () => {
      for (let next = BigInt(mined.length); pool.has(next); next += 1n) {
        mined.push(pool.get(next) ?? '');
        pool.delete(next);
      }
    },
    reorg: () => {
      mined.pop();
    },
    sendBytes: async (signed: Signed & { nonce: bigint }) => {
      await lane.markSent(signed.nonce);
      accept(signed.bytes);
    },
  });
}

const build = (id: string) => (nonce: bigint) =>
  Promise.resolve({ txId: id, bytes: encode(id, nonce) });

describe('nonce lane', () => {
  it('gives every transaction its own nonce, in order, also when asked at once', async () => {
    const { lane } = createWorld();
    const taken = await Promise.all(['a', 'b', 'c', 'd'].map((id) => lane.allocate(build(id))));
    expect(taken.map(({ nonce }) => nonce)).toEqual([0n, 1n, 2n, 3n]);
  });

  it('continues after a restart and never signs two wishes for one nonce', async () => {
    const world = createWorld();
    await world.lane.allocate(build('prepared, then the process died'));
    expect((await world.restart().lane.allocate(build('next'))).nonce).toBe(1n);
  });

  it('says so when the pool holds a transaction of the account that no entry knows', async () => {
    const lost = createWorld();
    const pool = new Map<bigint, string>();
    const first = createWorld(createMemoryNonceStore(), lost.mined, pool);
    await first.sendBytes(await first.lane.allocate(build('sent, then the store was lost')));
    const promised = (world: World) => world.lane.choosingSlots((held) => Promise.resolve(held));
    expect((await promised(first)).foreign).toBe(false);
    const second = createWorld(createMemoryNonceStore(), lost.mined, pool);
    expect((await promised(second)).foreign).toBe(true);
    second.mineAll();
    expect((await promised(second)).foreign).toBe(false);
  });

  it('does not take the nonce when signing fails', async () => {
    const { lane } = createWorld();
    await expect(lane.allocate(() => Promise.reject(new Error('token gone')))).rejects.toThrow();
    expect((await lane.allocate(build('a'))).nonce).toBe(0n);
  });

  it('fills a prepared nonce that others wait for, but only after its time', async () => {
    const world = createWorld();
    await world.lane.allocate(build('forgotten'));
    await world.sendBytes(await world.lane.allocate(build('waiting')));
    world.mineAll();
    expect(world.mined).toEqual([]);
    expect(await world.lane.tend()).toEqual({ resent: 0, filled: 0 });
    world.nowMs = 1_000n;
    expect(await world.lane.tend()).toEqual({ resent: 0, filled: 1 });
    world.mineAll();
    expect(world.mined).toEqual(['filler0', 'waiting']);
  });

  it('waits less for what an earlier process left behind', async () => {
    const world = createWorld();
    await world.lane.allocate(build('its owner died'));
    const next = world.restart();
    await next.sendBytes(await next.lane.allocate(build('waiting')));
    expect(await next.lane.tend()).toEqual({ resent: 0, filled: 0 });
    next.nowMs = 100n;
    expect(await next.lane.tend()).toEqual({ resent: 0, filled: 1 });
    next.mineAll();
    expect(next.mined).toEqual(['filler0', 'waiting']);
  });

  it('sends again what a reorg dropped', async () => {
    const world = createWorld();
    await world.sendBytes(await world.lane.allocate(build('a')));
    world.mineAll();
    world.reorg();
    expect(await world.lane.tend()).toEqual({ resent: 1, filled: 0 });
    world.mineAll();
    expect(world.mined).toEqual(['a']);
  });

  it('reuses the nonce of an abandoned last transaction and fills that of an earlier one', async () => {
    const world = createWorld();
    const a = await world.lane.allocate(build('a'));
    await world.lane.abandon(a.nonce);
    expect((await world.lane.allocate(build('b'))).nonce).toBe(0n);
    await world.sendBytes(await world.lane.allocate(build('c')));
    await world.lane.abandon(0n);
    world.mineAll();
    expect(world.mined).toEqual(['filler0', 'c']);
  });

  it('gives the nonce of an effect whose transaction nobody got to the same effect again', async () => {
    const world = createWorld();
    const lost = await world.lane.allocate(build('its answer was lost'), { purpose: 'claim' });
    const other = await world.lane.allocate(build('another'), { purpose: 'refund', slots: [4n] });
    const again = await world.lane.allocate(build('asked again'), { purpose: 'claim' });
    expect([lost.nonce, other.nonce, again.nonce]).toEqual([0n, 1n, 0n]);
    expect((await world.lane.siblings(0n)).map(({ txId }) => txId)).toEqual([
      lost.txId,
      again.txId,
    ]);
    await world.sendBytes(again);
    expect((await world.lane.allocate(build('later'), { purpose: 'claim' })).nonce).toBe(2n);
    const restarted = world.restart().lane;
    const taken = await restarted.allocate(build('after a death'), {
      purpose: 'refund',
      slots: [5n],
    });
    expect(taken.nonce).toBe(1n);
    await restarted.choosingSlots(({ slots }) => {
      expect([...slots].toSorted()).toEqual([4n, 5n]);
      return Promise.resolve();
    });
  });

  it('remembers everything signed for a nonce', async () => {
    const { lane } = createWorld();
    await lane.allocate(build('a'));
    await lane.replace(0n, build('a, dearer'));
    expect((await lane.siblings(0n)).map(({ txId }) => txId)).toEqual(['a', 'a, dearer']);
    await expect(lane.replace(7n, build('x'))).rejects.toMatchObject({ code: 'SUBMIT_UNKNOWN' });
  });

  it('gets everything that was sent into the chain, whatever is dropped, forgotten or restarted', async () => {
    const action = fc.constantFrom(
      'prepare',
      'send',
      'abandon',
      'mine',
      'reorg',
      'restart',
      'tend',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        let world = createWorld();
        const open: (Signed & { nonce: bigint })[] = [];
        const submitted: (Signed & { nonce: bigint })[] = [];
        let serial = 0;
        for (const act of actions) {
          world.nowMs += 100n;
          if (act === 'prepare')
            open.push(await world.lane.allocate(build(`tx${String(serial++)}`)));
          const last = act === 'send' || act === 'abandon' ? open.pop() : undefined;
          if (last !== undefined && act === 'send') {
            await world.sendBytes(last);
            submitted.push(last);
          }
          if (last !== undefined && act === 'abandon') await world.lane.abandon(last.nonce);
          if (act === 'mine') world.mineAll();
          if (act === 'reorg') world.reorg();
          if (act === 'restart') world = world.restart();
          if (act === 'tend') await world.lane.tend();
        }
        world.nowMs += 10_000n;
        for (let round = 0; round < 3; round += 1) {
          await world.lane.tend();
          world.mineAll();
        }
        // Each nonce that ever left the process is used, by the transaction itself or by what replaced it.
        for (const { nonce, txId } of submitted) {
          const siblings = (await world.lane.siblings(nonce)).map((sibling) => sibling.txId);
          expect([txId, ...siblings]).toContain(world.mined[Number(nonce)]);
        }
      }),
      { seed: 3, numRuns: 150 },
    );
  });
});
