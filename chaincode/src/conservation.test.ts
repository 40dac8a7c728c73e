import { FABRIC_TX, type ConservationJson, type NoteJson, type Page } from '@midlock/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumSupply } from './assets/supply.ts';
import { initializedWorld, swap, type TestSwap } from './testing/swap.ts';
import { people, type Sent, type World } from './testing/world.ts';

const { alice, bob, carol } = people;

type Step = readonly [
  'mint' | 'transfer' | 'burn' | 'lock' | 'claim' | 'refund' | 'release',
  number,
];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step[0]>('mint', 'transfer', 'burn', 'lock', 'claim', 'refund', 'release'),
    fc.nat({ max: 100 }),
  ),
  { minLength: 5, maxLength: 25 },
);

/** Endorses one step against the current state; undefined where it is refused, which must change nothing. */
async function attempt(
  world: World,
  swaps: TestSwap[],
  [action, n]: Step,
): Promise<Sent | undefined> {
  const { items } = await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [
    alice.id,
    'EUR',
    '100',
    '',
  ]);
  const note = JSON.stringify(items.length === 0 ? [] : [items[n % items.length]?.id]);
  const open = swaps[n % Math.max(1, swaps.length)];
  const amount = String(n + 1);
  const send = (by: typeof alice, name: Parameters<World['endorse']>[1], args: readonly string[]) =>
    world.endorse(by, name, args).catch(() => undefined);
  switch (action) {
    case 'mint':
      return send(carol, FABRIC_TX.mint, ['EUR', alice.id, amount]);
    case 'transfer':
      return send(alice, FABRIC_TX.transfer, ['EUR', alice.id, note, bob.id, amount]);
    case 'burn':
      return send(alice, FABRIC_TX.burn, ['EUR', alice.id, note, amount]);
    case 'lock': {
      const made = swap(world, `${swaps.length} ${n}`, { fabric: { amount } });
      const sent = await send(alice, FABRIC_TX.lock, [made.text, note]);
      if (sent !== undefined) swaps.push(made);
      return sent;
    }
    case 'claim':
      return send(carol, FABRIC_TX.claim, [open?.swapId ?? '', open?.secretText ?? '']);
    case 'refund':
      world.nowMs += 70_000n;
      return send(carol, FABRIC_TX.refund, [open?.swapId ?? '']);
    case 'release':
      return send(bob, FABRIC_TX.release, [open?.swapId ?? '']);
  }
}

describe('conservation', () => {
  it('holds after every block of any transactions, conflicting ones included', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (plan, perBlock) => {
        const world = await initializedWorld();
        const swaps: TestSwap[] = [];
        for (let at = 0; at < plan.length; at += perBlock) {
          const block: Sent[] = [];
          for (const step of plan.slice(at, at + perBlock)) {
            const sent = await attempt(world, swaps, step);
            if (sent !== undefined) block.push(sent);
          }
          world.commit(...block);
          const report = await world.evaluate<ConservationJson>(FABRIC_TX.conservation, ['EUR']);
          expect(report).toMatchObject({ complete: true, holds: true });
        }
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  it('says so when it stops at its limit', async () => {
    const rows = async function* () {
      for (let n = 0; n < 5; n += 1) yield await Promise.resolve({ amount: '2' });
    };
    expect(await sumSupply(rows(), 5n)).toEqual({ sum: 10n, rows: 5n, complete: true });
    expect(await sumSupply(rows(), 4n)).toEqual({ sum: 8n, rows: 4n, complete: false });
  });
});
