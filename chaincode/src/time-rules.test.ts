import { FABRIC_TX, type ConfigProposalJson, type MidAccountJson } from '@midlock/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { initializedWorld, lockNew, mint, swap } from './testing/swap.ts';
import { CONFIG, World, people } from './testing/world.ts';

const { alice, carol, admin1, admin2 } = people;

let world: World;
beforeEach(async () => {
  world = await initializedWorld();
});

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

/** Sets the clock to `afterMs` after the lock's deadline. */
function moveTo(expiresAtSec: bigint, afterMs: bigint): void {
  world.nowMs = expiresAtSec * 1000n + afterMs;
}

describe('claim and refund', () => {
  it.each([
    [-1n, 'accepted', 'REFUND_TOO_EARLY'],
    [0n, 'CLAIM_TOO_LATE', 'REFUND_TOO_EARLY'],
    [5_999n, 'CLAIM_TOO_LATE', 'REFUND_TOO_EARLY'],
    [6_000n, 'CLAIM_TOO_LATE', 'accepted'],
    [86_400_000n, 'CLAIM_TOO_LATE', 'accepted'],
  ])('%i ms after T: claim %s, refund %s', async (afterMs, claim, refund) => {
    const { swapId, secretText, terms } = await lockNew(world, 'a');
    moveTo(terms.fabric.expiresAtSec, afterMs);
    expect(await codeOf(world.endorse(carol, FABRIC_TX.claim, [swapId, secretText]))).toBe(claim);
    expect(await codeOf(world.endorse(carol, FABRIC_TX.refund, [swapId]))).toBe(refund);
  });

  it('says from when on a refund is possible', async () => {
    const { swapId, terms } = await lockNew(world, 'a');
    await expect(world.endorse(carol, FABRIC_TX.refund, [swapId])).rejects.toMatchObject({
      data: { refundFromSec: String(terms.fabric.expiresAtSec + 6n) },
    });
  });

  it('exclude each other at every moment, whatever the stamps and clocks are within their bounds', async () => {
    const { swapId, secretText, terms } = await lockNew(world, 'a');
    const ms = (min: number, max: number) => fc.integer({ min, max }).map(BigInt);
    await fc.assert(
      fc.asyncProperty(
        ms(-8_000, 12_000),
        ms(-1_000, 1_000),
        ms(-1_000, 1_000),
        ms(-3_000, 1_000),
        ms(-3_000, 1_000),
        async (afterMs, clockA, clockB, stampA, stampB) => {
          moveTo(terms.fabric.expiresAtSec, afterMs);
          world.clockSkewMs = clockA;
          const claim = await codeOf(
            world.endorse(carol, FABRIC_TX.claim, [swapId, secretText], {
              skewMs: clockA + stampA,
            }),
          );
          world.clockSkewMs = clockB;
          const refund = await codeOf(
            world.endorse(carol, FABRIC_TX.refund, [swapId], { skewMs: clockB + stampB }),
          );
          expect([claim, refund]).not.toEqual(['accepted', 'accepted']);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('use the rules under which the lock was made, whatever is configured since', async () => {
    const { swapId, secretText, terms } = await lockNew(world, 'a');
    const changed = {
      ...CONFIG,
      maxPastSec: '60',
      maxFutureSec: '10',
      gapSec: '120',
      ethereumFirstMarginSec: '200',
    };
    const { proposalId } = await world.submit<ConfigProposalJson>(admin1, FABRIC_TX.proposeConfig, [
      JSON.stringify(changed),
    ]);
    await world.submit(admin2, FABRIC_TX.approveConfig, [proposalId]);
    const claim = (skewMs: bigint) =>
      codeOf(world.endorse(carol, FABRIC_TX.claim, [swapId, secretText], { skewMs }));
    expect(await claim(-3_001n)).toBe('STAMP_OUTSIDE_WINDOW');
    expect(await claim(-3_000n)).toBe('accepted');
    expect(
      await codeOf(world.endorse(carol, FABRIC_TX.createFungible, ['USD'], { skewMs: -60_000n })),
    ).toBe('accepted');
    moveTo(terms.fabric.expiresAtSec, 6_000n);
    expect(await codeOf(world.endorse(carol, FABRIC_TX.refund, [swapId]))).toBe('accepted');
    const next = await lockNew(world, 'b');
    expect(
      await world.evaluate<MidAccountJson>(FABRIC_TX.getMidAccount, [next.swapId]),
    ).toMatchObject({
      rules: { maxPastSec: '60', maxFutureSec: '10', gapSec: '120', configVersion: '2' },
    });
  });
});

describe('the window', () => {
  it.each([
    [-3_000n, 'accepted'],
    [-3_001n, 'STAMP_OUTSIDE_WINDOW'],
    [1_000n, 'accepted'],
    [1_001n, 'STAMP_OUTSIDE_WINDOW'],
  ])('a stamp %i ms from the clock is %s', async (skewMs, outcome) => {
    const attempt = world.endorse(carol, FABRIC_TX.createFungible, ['USD'], { skewMs });
    expect(await codeOf(attempt)).toBe(outcome);
  });

  it("is the endorser's own: a clock that lies refuses what others endorse", async () => {
    world.clockSkewMs = 300_000n;
    await expect(world.endorse(carol, FABRIC_TX.createFungible, ['USD'])).rejects.toMatchObject({
      code: 'STAMP_OUTSIDE_WINDOW',
      data: { clockMs: String(world.nowMs + 300_000n), stampMs: String(world.nowMs) },
    });
    await world.endorse(carol, FABRIC_TX.createFungible, ['USD'], { skewMs: 300_000n });
  });

  it('is told with the clock by the time query, which needs no stamp', async () => {
    world.clockSkewMs = 300_000n;
    expect(await world.evaluate(FABRIC_TX.time)).toEqual({
      schema: 1,
      mspId: 'Org1MSP',
      clockMs: String(world.nowMs + 300_000n),
      maxPastSec: '3',
      maxFutureSec: '1',
      gapSec: '6',
    });
  });
});

describe('a lock', () => {
  const lockWith = async (
    fabricIn: bigint,
    ethereumIn: bigint,
    direction: 'fabric-first' | 'ethereum-first',
  ) => {
    const { text } = swap(world, 'x', {
      direction,
      fabric: { expiresAtSec: String(world.nowSec + fabricIn) },
      ethereum: { expiresAtSec: String(world.nowSec + ethereumIn) },
    });
    return codeOf(
      world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([await mint(world, 100n)])]),
    );
  };

  it.each([
    [0n, -10n, 'fabric-first', 'DEADLINE_TOO_CLOSE'],
    [1n, -9n, 'fabric-first', 'accepted'],
    [3600n, 100n, 'fabric-first', 'accepted'],
    [3601n, 100n, 'fabric-first', 'DEADLINE_TOO_FAR'],
    [60n, 50n, 'fabric-first', 'accepted'],
    [60n, 51n, 'fabric-first', 'DEADLINE_ORDER'],
    [60n, 80n, 'fabric-first', 'DEADLINE_ORDER'],
    [60n, 80n, 'ethereum-first', 'accepted'],
    [60n, 79n, 'ethereum-first', 'DEADLINE_ORDER'],
    [60n, 50n, 'ethereum-first', 'DEADLINE_ORDER'],
  ] as const)(
    'T_F in %i s, T_E in %i s, %s: %s',
    async (fabricIn, ethereumIn, direction, outcome) => {
      expect(await lockWith(fabricIn, ethereumIn, direction)).toBe(outcome);
    },
  );

  it('names both deadlines and the margin when it refuses', async () => {
    const expiresAtSec = String(world.nowSec + 51n);
    const { text } = swap(world, 'x', { ethereum: { expiresAtSec } });
    await expect(world.endorse(alice, FABRIC_TX.lock, [text, '[]'])).rejects.toMatchObject({
      code: 'DEADLINE_ORDER',
      data: { shortSec: expiresAtSec, marginSec: '10', direction: 'fabric-first' },
    });
  });
});
