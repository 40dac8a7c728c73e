import {
  FABRIC_TX,
  type ConservationJson,
  type MidAccountJson,
  type NoteJson,
  type Page,
  type UniqueAssetJson,
} from '@midlock/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { initializedWorld, lockNew, mint, swap } from './testing/swap.ts';
import { eventsOf, people, type World } from './testing/world.ts';

const { alice, alice2, bob, bob2, carol } = people;
const HASH = `0x${'11'.repeat(32)}`;

let world: World;
beforeEach(async () => {
  world = await initializedWorld();
});

async function amountsOf(owner: string): Promise<readonly string[]> {
  const page = await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [owner, 'EUR', '100', '']);
  return page.items.map(({ amount }) => amount);
}

const holds = async (assetId = 'EUR') =>
  (await world.evaluate<ConservationJson>(FABRIC_TX.conservation, [assetId])).holds;

describe('a mid-account of notes', () => {
  it('holds exactly the amount, tells everything in its event and gives change', async () => {
    const note = await mint(world, 130n);
    const made = swap(world, 'a');
    const sent = await world.endorse(alice, FABRIC_TX.lock, [made.text, JSON.stringify([note])]);
    expect(world.commit(sent)).toEqual(['VALID']);
    const locked = JSON.parse(sent.endorsement.payload) as MidAccountJson;
    expect(locked).toEqual({
      schema: 1,
      swapId: made.swapId,
      state: 'locked',
      terms: JSON.parse(made.text) as unknown,
      rules: { maxPastSec: '3', maxFutureSec: '1', gapSec: '6', configVersion: '1' },
      lockedAtSec: String(world.nowSec),
      lockTxId: sent.txId,
    });
    const { terms, rules } = locked;
    expect(eventsOf(sent)).toEqual([{ type: 'locked', swapId: made.swapId, terms, rules }]);
    expect(await amountsOf(alice.id)).toEqual(['30']);
    expect(await world.evaluate(FABRIC_TX.getMidAccount, [made.swapId])).toEqual(locked);
    expect(await world.evaluate(FABRIC_TX.conservation, ['EUR'])).toEqual({
      schema: 1,
      assetId: 'EUR',
      issued: '130',
      burnt: '0',
      free: '30',
      locked: '100',
      notes: '1',
      midAccounts: '1',
      complete: true,
      holds: true,
    });
  });

  it('pays the recorded beneficiary, whoever claims, and leaves a tombstone with the secret', async () => {
    const made = await lockNew(world, 'a');
    const sent = await world.endorse(carol, FABRIC_TX.claim, [made.swapId, made.secretText]);
    expect(world.commit(sent)).toEqual(['VALID']);
    expect(eventsOf(sent)).toEqual([
      { type: 'claimed', swapId: made.swapId, secret: made.secretText },
    ]);
    expect(await amountsOf(bob.id)).toEqual(['100']);
    const tombstone = await world.evaluate<MidAccountJson>(FABRIC_TX.getMidAccount, [made.swapId]);
    expect(tombstone).toMatchObject({
      state: 'claimed',
      secret: made.secretText,
      settledAtSec: String(world.nowSec),
      settleTxId: sent.txId,
    });
    expect(await holds()).toBe(true);
    for (const [name, args] of [
      [FABRIC_TX.claim, [made.swapId, made.secretText]],
      [FABRIC_TX.refund, [made.swapId]],
      [FABRIC_TX.release, [made.swapId]],
    ] as const)
      await expect(world.endorse(bob, name, args)).rejects.toMatchObject({
        code: 'LOCK_SETTLED',
        data: { state: 'claimed', swapId: made.swapId },
      });
  });

  it('pays the owner back on refund and on release', async () => {
    const first = await lockNew(world, 'a');
    const released = await world.endorse(bob, FABRIC_TX.release, [first.swapId]);
    expect(world.commit(released)).toEqual(['VALID']);
    expect(eventsOf(released)).toEqual([{ type: 'released', swapId: first.swapId }]);
    const second = await lockNew(world, 'b');
    world.nowMs += 66_000n;
    const refunded = await world.endorse(carol, FABRIC_TX.refund, [second.swapId]);
    expect(world.commit(refunded)).toEqual(['VALID']);
    expect(eventsOf(refunded)).toEqual([{ type: 'refunded', swapId: second.swapId }]);
    expect(await amountsOf(alice.id)).toEqual(['100', '100']);
    expect(await amountsOf(bob.id)).toEqual([]);
    expect(await holds()).toBe(true);
  });

  it.each([
    '',
    '0x',
    `0x${'00'.repeat(31)}`,
    `0x${'00'.repeat(33)}`,
    `0x${'AB'.repeat(32)}`,
    'ab'.repeat(32),
    `0x${'00'.repeat(32)}`,
  ])('refuses %j as the secret without repeating it', async (secret) => {
    const { swapId } = await lockNew(world, 'a');
    const refusal = (await world
      .endorse(carol, FABRIC_TX.claim, [swapId, secret])
      .catch((error: unknown) => error)) as Error & { code: string };
    expect(refusal.code).toBe('SECRET_INVALID');
    if (secret.length > 4) expect(refusal.message).not.toContain(secret.slice(2, 10));
  });

  it('works in both directions with the same ids as protocol computes', async () => {
    const made = await lockNew(world, 'a', { direction: 'ethereum-first' });
    const { terms } = await world.evaluate<MidAccountJson>(FABRIC_TX.getMidAccount, [made.swapId]);
    expect(terms.direction).toBe('ethereum-first');
  });

  it.each([
    [
      'a wrong field',
      (text: string) => text.replace('"amount":"100"', '"amount":"1e2"'),
      'AMOUNT_INVALID',
    ],
    [
      'a field too many',
      (text: string) => text.replace('{"version"', '{"extra":1,"version"'),
      'TERMS_UNKNOWN_FIELD',
    ],
    [
      'another version',
      (text: string) => text.replace('"version":1', '"version":2'),
      'TERMS_VERSION_UNKNOWN',
    ],
    ['no JSON', () => '{', 'TERMS_FIELD_INVALID'],
  ])('refuses terms with %s', async (_, spoil, code) => {
    const { text } = swap(world, 'a');
    await expect(world.endorse(alice, FABRIC_TX.lock, [spoil(text), '[]'])).rejects.toMatchObject({
      code,
    });
  });

  it('refuses a beneficiary of an organisation that is not here', async () => {
    const { text } = swap(world, 'a', { fabric: { beneficiary: people.stranger.id } });
    await expect(world.endorse(alice, FABRIC_TX.lock, [text, '[]'])).rejects.toMatchObject({
      code: 'NETWORK_MISMATCH',
      data: { field: 'fabric.beneficiary', mspId: 'Org4MSP' },
    });
  });

  it('is locked by its owner only', async () => {
    const note = await mint(world, 100n);
    const { text } = swap(world, 'a');
    await expect(
      world.endorse(bob, FABRIC_TX.lock, [text, JSON.stringify([note])]),
    ).rejects.toMatchObject({ code: 'NOT_OWNER' });
  });
});

describe('decline', () => {
  it('makes the lock impossible for ever and can be read', async () => {
    const { text, swapId } = swap(world, 'a');
    const sent = await world.endorse(alice, FABRIC_TX.decline, [text]);
    expect(world.commit(sent)).toEqual(['VALID']);
    const terms: unknown = JSON.parse(text);
    expect(eventsOf(sent)).toEqual([{ type: 'declined', swapId, terms }]);
    expect(await world.evaluate(FABRIC_TX.getMidAccount, [swapId])).toMatchObject({
      state: 'declined',
      terms,
    });
    const note = JSON.stringify([await mint(world, 100n)]);
    await expect(world.endorse(alice, FABRIC_TX.lock, [text, note])).rejects.toMatchObject({
      code: 'LOCK_EXISTS',
      data: { state: 'declined' },
    });
    await expect(world.endorse(carol, FABRIC_TX.refund, [swapId])).rejects.toMatchObject({
      code: 'LOCK_SETTLED',
    });
  });

  it('is refused for an open lock and to anybody else', async () => {
    const { text } = await lockNew(world, 'a');
    await expect(world.endorse(alice, FABRIC_TX.decline, [text])).rejects.toMatchObject({
      code: 'LOCK_EXISTS',
    });
    await expect(
      world.endorse(bob, FABRIC_TX.decline, [swap(world, 'b').text]),
    ).rejects.toMatchObject({ code: 'NOT_OWNER' });
  });
});

describe('a mid-account of a unique asset or evidence', () => {
  it.each(['unique', 'evidence'])(
    'changes the holder of %s on claim and nothing else',
    async (kind) => {
      const issue =
        kind === 'unique'
          ? ([FABRIC_TX.issueUnique, ['deed', alice.id, HASH]] as const)
          : ([FABRIC_TX.issueEvidence, ['deed', alice.id, HASH, 'photo.v1']] as const);
      const before = await world.submit<UniqueAssetJson>(carol, issue[0], issue[1]);
      const made = swap(world, 'deed', {
        fabric: { assetKind: kind, assetId: 'deed', amount: '1' },
      });
      await world.submit(alice, FABRIC_TX.lock, [made.text, '[]']);
      expect(await world.evaluate(FABRIC_TX.getAsset, ['deed'])).toEqual({
        ...before,
        lockedBy: made.swapId,
      });
      expect(await world.evaluate(FABRIC_TX.conservation, ['deed'])).toMatchObject({
        free: '0',
        locked: '1',
        holds: true,
      });
      await world.submit(carol, FABRIC_TX.claim, [made.swapId, made.secretText]);
      expect(await world.evaluate(FABRIC_TX.getAsset, ['deed'])).toEqual({
        ...before,
        holder: bob.id,
      });
      const held = async (holder: string) =>
        (await world.evaluate<Page<UniqueAssetJson>>(FABRIC_TX.assetsOf, [holder, '10', ''])).items
          .length;
      expect([await held(alice.id), await held(bob.id)]).toEqual([0, 1]);
      expect(await holds('deed')).toBe(true);
    },
  );

  it('goes back unchanged on refund', async () => {
    const before = await world.submit<UniqueAssetJson>(carol, FABRIC_TX.issueUnique, [
      'deed',
      alice.id,
      HASH,
    ]);
    const made = swap(world, 'deed', {
      fabric: { assetKind: 'unique', assetId: 'deed', amount: '1' },
    });
    await world.submit(alice, FABRIC_TX.lock, [made.text, '[]']);
    world.nowMs += 66_000n;
    await world.submit(bob, FABRIC_TX.refund, [made.swapId]);
    expect(await world.evaluate(FABRIC_TX.getAsset, ['deed'])).toEqual(before);
  });

  it('is refused when terms name the wrong kind, or another holder', async () => {
    await world.submit(carol, FABRIC_TX.issueUnique, ['deed', bob.id, HASH]);
    const lockAs = (assetKind: string) => {
      const { text } = swap(world, 'deed', { fabric: { assetKind, assetId: 'deed', amount: '1' } });
      return world.endorse(alice, FABRIC_TX.lock, [text, '[]']);
    };
    await expect(lockAs('evidence')).rejects.toMatchObject({ code: 'ASSET_UNKNOWN' });
    await expect(lockAs('unique')).rejects.toMatchObject({ code: 'NOT_OWNER' });
  });
});

describe('lists', () => {
  it('page through open and settled mid-accounts', async () => {
    const swaps = [];
    for (let n = 0; n < 7; n += 1) swaps.push(await lockNew(world, `n${n}`));
    for (const { swapId } of swaps.slice(0, 2))
      await world.submit(bob, FABRIC_TX.release, [swapId]);
    const listed = async (which: string): Promise<readonly string[]> => {
      const ids: string[] = [];
      let bookmark = '';
      do {
        const page = await world.evaluate<Page<MidAccountJson>>(FABRIC_TX.listMidAccounts, [
          which,
          '2',
          bookmark,
        ]);
        expect(page.items.length).toBeLessThanOrEqual(2);
        ids.push(...page.items.map(({ swapId }) => swapId));
        ({ bookmark } = page);
      } while (bookmark !== '');
      return ids;
    };
    const ids = swaps.map(({ swapId }) => swapId);
    expect(await listed('open')).toEqual(ids.slice(2).sort());
    expect(await listed('settled')).toEqual(ids.slice(0, 2).sort());
  });

  it('answer with an empty page where there is nothing', async () => {
    expect(await world.evaluate(FABRIC_TX.listMidAccounts, ['open', '10', ''])).toEqual({
      schema: 1,
      items: [],
      bookmark: '',
    });
  });
});

describe('after a rotation', () => {
  const rotate = async (from: typeof alice, to: typeof alice) => {
    await world.submit(from, FABRIC_TX.rotateAccount, [from.id, to.id]);
    await world.submit(to, FABRIC_TX.rotateAccount, [from.id, to.id]);
  };

  it('the payout of an untouched mid-account belongs to the new key', async () => {
    const made = await lockNew(world, 'a');
    const before = await world.evaluate(FABRIC_TX.getMidAccount, [made.swapId]);
    await rotate(bob, bob2);
    expect(await world.evaluate(FABRIC_TX.getMidAccount, [made.swapId])).toEqual(before);
    await world.submit(carol, FABRIC_TX.claim, [made.swapId, made.secretText]);
    const { items } = await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [
      bob.id,
      'EUR',
      '10',
      '',
    ]);
    const spend = ['EUR', bob.id, JSON.stringify([items[0]?.id]), carol.id, '100'];
    await expect(world.endorse(bob, FABRIC_TX.transfer, spend)).rejects.toMatchObject({
      code: 'NOT_OWNER',
    });
    await world.submit(bob2, FABRIC_TX.transfer, spend);
  });

  it('the new key releases, declines and locks for the old account', async () => {
    const made = await lockNew(world, 'a');
    const note = JSON.stringify([await mint(world, 100n)]);
    await rotate(bob, bob2);
    await rotate(alice, alice2);
    await expect(world.endorse(bob, FABRIC_TX.release, [made.swapId])).rejects.toMatchObject({
      code: 'NOT_BENEFICIARY',
    });
    await world.submit(bob2, FABRIC_TX.release, [made.swapId]);
    await world.submit(alice2, FABRIC_TX.lock, [swap(world, 'b').text, note]);
    await world.submit(alice2, FABRIC_TX.decline, [swap(world, 'c').text]);
  });
});
