import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  FABRIC_TX,
  canonicalJson,
  type ConservationJson,
  type MidAccountJson,
} from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { lockNew, initializedWorld, mint, swap } from './testing/swap.ts';
import { World, people } from './testing/world.ts';

interface Recorded {
  readonly nowMs: string;
  readonly swaps: readonly { readonly swapId: string; readonly secret: string }[];
  readonly state: readonly (readonly [string, string])[];
}

const recorded = JSON.parse(
  readFileSync(join(__dirname, 'testing/state-v1.json'), 'utf8'),
) as Recorded;

/** A ledger as version 1 of the chaincode left it: three open locks (two of notes, one of a deed) and a settled one. */
function oldWorld(): World {
  const world = new World();
  const writes = recorded.state;
  world.ledger.commit([{ txId: 'recorded', readWriteSet: { reads: [], ranges: [], writes } }]);
  world.nowMs = BigInt(recorded.nowMs);
  return world;
}

const [claimable, refundable, deed, settled] = recorded.swaps;

describe('a ledger that version 1 wrote', () => {
  it('has its open locks claimed and refunded', async () => {
    const world = oldWorld();
    await world.submit(people.carol, FABRIC_TX.claim, [
      claimable?.swapId ?? '',
      claimable?.secret ?? '',
    ]);
    await world.submit(people.carol, FABRIC_TX.claim, [deed?.swapId ?? '', deed?.secret ?? '']);
    world.nowMs += 66_000n;
    await world.submit(people.carol, FABRIC_TX.refund, [refundable?.swapId ?? '']);
    for (const assetId of ['EUR', 'deed'])
      expect(
        await world.evaluate<ConservationJson>(FABRIC_TX.conservation, [assetId]),
      ).toMatchObject({ holds: true, locked: '0' });
  });

  it('keeps its tombstones and its configuration', async () => {
    const world = oldWorld();
    const tombstone = await world.evaluate<MidAccountJson>(FABRIC_TX.getMidAccount, [
      settled?.swapId ?? '',
    ]);
    expect(tombstone.state).toBe('released');
    expect(await world.evaluate(FABRIC_TX.getConfig)).toMatchObject({ schema: 1, version: '1' });
  });

  it('is laid out as today: the same keys, and the same fields in every value', async () => {
    const { world } = await recordedScenario();
    const shapeOf = (state: readonly (readonly string[])[]) =>
      state
        .map(
          ([key = '', value = '']) =>
            `${key.split('\u0000')[1] ?? ''} ${fieldsOf(JSON.parse(value))}`,
        )
        .sort();
    expect(shapeOf(world.ledger.entries())).toEqual(shapeOf(recorded.state));
  });
});

/** The names of all fields, nested ones included. */
function fieldsOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(fieldsOf).join()}]`;
  if (typeof value !== 'object' || value === null) return typeof value;
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}:${fieldsOf(inner)}`)
    .join()}}`;
}

/** What was recorded. */
async function recordedScenario() {
  const world = await initializedWorld();
  const swaps = [await lockNew(world, 'claimable'), await lockNew(world, 'refundable')];
  await world.submit(people.carol, FABRIC_TX.issueUnique, [
    'deed',
    people.alice.id,
    `0x${'11'.repeat(32)}`,
  ]);
  const made = swap(world, 'deed', {
    fabric: { assetKind: 'unique', assetId: 'deed', amount: '1' },
  });
  await world.submit(people.alice, FABRIC_TX.lock, [made.text, '[]']);
  const done = await lockNew(world, 'settled');
  await world.submit(people.bob, FABRIC_TX.release, [done.swapId]);
  await mint(world, 7n);
  const ids = [...swaps, made, done].map(({ swapId, secretText }) => ({
    swapId,
    secret: secretText,
  }));
  return {
    world,
    json: canonicalJson({ nowMs: String(world.nowMs), swaps: ids, state: world.ledger.entries() }),
  };
}

// Writes the recording of a new version: MIDLOCK_RECORD=chaincode/src/testing/state-v2.json vitest run chaincode/src/upgrade
const target = process.env['MIDLOCK_RECORD'];
if (target !== undefined)
  it('records', async () => {
    writeFileSync(target, (await recordedScenario()).json);
  });
