import {
  FABRIC_TX,
  type ConservationJson,
  type MidAccountJson,
  type NoteJson,
  type Page,
} from '@midlock/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { initializedWorld, lockNew, mint, swap } from './testing/swap.ts';
import { eventsOf, people, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await initializedWorld();
});

const notesOf = async (owner: string): Promise<readonly string[]> =>
  (await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [owner, 'EUR', '100', ''])).items.map(
    ({ amount }) => amount,
  );

describe('a mid-account', () => {
  it('is locked, claimed and leaves a tombstone', async () => {
    const note = await mint(world, 130n);
    const made = swap(world, 'a');
    const sent = await world.endorse(people.alice, FABRIC_TX.lock, [
      made.text,
      JSON.stringify([note]),
    ]);
    expect(world.commit(sent)).toEqual(['VALID']);
    const locked = JSON.parse(sent.endorsement.payload) as MidAccountJson;
    expect(locked).toMatchObject({
      schema: 1,
      swapId: made.swapId,
      state: 'locked',
      lockTxId: sent.txId,
    });
    expect(eventsOf(sent)).toEqual([
      { type: 'locked', swapId: made.swapId, terms: locked.terms, rules: locked.rules },
    ]);
    expect(await notesOf(people.alice.id)).toEqual(['30']);
    expect(await world.evaluate(FABRIC_TX.getMidAccount, [made.swapId])).toEqual(locked);

    const claimed = await world.submit<MidAccountJson>(people.carol, FABRIC_TX.claim, [
      made.swapId,
      made.secretText,
    ]);
    expect(claimed).toMatchObject({
      state: 'claimed',
      secret: made.secretText,
      lockTxId: sent.txId,
    });
    expect(await notesOf(people.bob.id)).toEqual(['100']);
    expect(await world.evaluate(FABRIC_TX.getMidAccount, [made.swapId])).toEqual(claimed);
    const report = await world.evaluate<ConservationJson>(FABRIC_TX.conservation, ['EUR']);
    expect(report).toEqual({
      schema: 1,
      assetId: 'EUR',
      issued: '130',
      burnt: '0',
      free: '130',
      locked: '0',
      notes: '2',
      midAccounts: '0',
      complete: true,
      holds: true,
    });
  });

  it('is refunded after the gap', async () => {
    const made = await lockNew(world, 'b');
    world.nowMs += 66_000n;
    const refunded = await world.submit<MidAccountJson>(people.carol, FABRIC_TX.refund, [
      made.swapId,
    ]);
    expect(refunded.state).toBe('refunded');
    expect(await notesOf(people.alice.id)).toEqual(['100']);
  });
});
