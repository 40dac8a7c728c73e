import {
  FABRIC_TX,
  type ConservationJson,
  type NoteJson,
  type NotesJson,
  type Page,
  type UniqueAssetJson,
} from '@midlock/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { initializedWorld, mint } from '../testing/swap.ts';
import { eventsOf, people, type World } from '../testing/world.ts';

const { alice, bob, carol, stranger } = people;
const HASH = `0x${'11'.repeat(32)}`;
const OTHER = `0x${'22'.repeat(32)}`;

let world: World;
beforeEach(async () => {
  world = await initializedWorld();
});

const notesOf = async (owner: string) =>
  (await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [owner, 'EUR', '100', ''])).items;
const amounts = (notes: readonly NoteJson[]) => notes.map(({ amount }) => amount).sort();

describe('notes', () => {
  it('are minted by the issuer, with an id from the transaction', async () => {
    const sent = await world.endorse(carol, FABRIC_TX.mint, ['EUR', alice.id, '100'], {
      txId: '00'.repeat(32),
    });
    world.commit(sent);
    const { notes } = JSON.parse(sent.endorsement.payload) as NotesJson;
    // SHA-256 of 36 zero bytes: transaction id of zeros and index 0.
    const id = '0x6db65fd59fd356f6729140571b5bcd6bb3b83492a16e1bf0a3884442fc3c8a0e';
    expect(notes).toEqual([{ schema: 1, id, assetId: 'EUR', owner: alice.id, amount: '100' }]);
    expect(eventsOf(sent)).toEqual([
      { type: 'asset', action: 'mint', assetId: 'EUR', to: alice.id, amount: '100' },
    ]);
  });

  it('are transferred with change, split, merged and burnt', async () => {
    const note = await mint(world, 100n);
    const { notes } = await world.submit<NotesJson>(alice, FABRIC_TX.transfer, [
      'EUR',
      alice.id,
      JSON.stringify([note]),
      bob.id,
      '30',
    ]);
    expect(notes.map(({ owner, amount }) => [owner, amount])).toEqual([
      [bob.id, '30'],
      [alice.id, '70'],
    ]);
    const rest = notes[1]?.id ?? '';
    const parts = await world.submit<NotesJson>(alice, FABRIC_TX.split, [
      'EUR',
      alice.id,
      rest,
      '["20","50"]',
    ]);
    expect(amounts(parts.notes)).toEqual(['20', '50']);
    const ids = JSON.stringify(parts.notes.map(({ id }) => id));
    const merged = await world.submit<NotesJson>(alice, FABRIC_TX.merge, ['EUR', alice.id, ids]);
    expect(amounts(merged.notes)).toEqual(['70']);
    const whole = JSON.stringify([merged.notes[0]?.id]);
    expect(
      amounts(
        (await world.submit<NotesJson>(alice, FABRIC_TX.burn, ['EUR', alice.id, whole, '10']))
          .notes,
      ),
    ).toEqual(['60']);
    expect(await world.evaluate<ConservationJson>(FABRIC_TX.conservation, ['EUR'])).toMatchObject({
      issued: '100',
      burnt: '10',
      free: '90',
      notes: '2',
      holds: true,
    });
  });

  it('that are spent whole leave no change', async () => {
    const note = JSON.stringify([await mint(world, 10n)]);
    expect(
      (
        await world.submit<NotesJson>(alice, FABRIC_TX.transfer, [
          'EUR',
          alice.id,
          note,
          bob.id,
          '10',
        ])
      ).notes,
    ).toHaveLength(1);
    const gone = JSON.stringify([await mint(world, 10n)]);
    expect(
      (await world.submit<NotesJson>(alice, FABRIC_TX.burn, ['EUR', alice.id, gone, '10'])).notes,
    ).toEqual([]);
  });

  it('cannot be spent twice, under another asset or by another owner', async () => {
    const note = await mint(world, 10n);
    const pay = (assetId: string, owner = alice) => [
      assetId,
      owner.id,
      JSON.stringify([note]),
      bob.id,
      '10',
    ];
    await world.submit(carol, FABRIC_TX.createFungible, ['USD']);
    await expect(world.endorse(alice, FABRIC_TX.transfer, pay('USD'))).rejects.toMatchObject({
      code: 'NOTE_UNKNOWN',
    });
    await expect(world.endorse(bob, FABRIC_TX.transfer, pay('EUR', bob))).rejects.toMatchObject({
      code: 'NOTE_UNKNOWN',
    });
    await world.submit(alice, FABRIC_TX.transfer, pay('EUR'));
    await expect(world.endorse(alice, FABRIC_TX.transfer, pay('EUR'))).rejects.toMatchObject({
      code: 'NOTE_UNKNOWN',
    });
    expect(amounts(await notesOf(bob.id))).toEqual(['10']);
  });

  it.each(['0', '-1', '1.5', '1e3', '01', '', ' 1', '0x10', String(1n << 128n)])(
    'refuse the amount %j',
    async (amount) => {
      await expect(
        world.endorse(carol, FABRIC_TX.mint, ['EUR', alice.id, amount]),
      ).rejects.toMatchObject({ code: 'AMOUNT_INVALID' });
      const note = JSON.stringify([await mint(world, 10n)]);
      await expect(
        world.endorse(alice, FABRIC_TX.transfer, ['EUR', alice.id, note, bob.id, amount]),
      ).rejects.toMatchObject({ code: 'AMOUNT_INVALID' });
    },
  );

  it('need two parts to split or to merge', async () => {
    const note = await mint(world, 10n);
    await expect(
      world.endorse(alice, FABRIC_TX.split, ['EUR', alice.id, note, '["10"]']),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(
      world.endorse(alice, FABRIC_TX.merge, ['EUR', alice.id, JSON.stringify([note])]),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('of an asset that does not exist, or is unique, are not minted', async () => {
    await expect(
      world.endorse(carol, FABRIC_TX.mint, ['GBP', alice.id, '1']),
    ).rejects.toMatchObject({ code: 'ASSET_UNKNOWN' });
    await world.submit(carol, FABRIC_TX.issueUnique, ['deed', alice.id, HASH]);
    await expect(
      world.endorse(carol, FABRIC_TX.mint, ['deed', alice.id, '1']),
    ).rejects.toMatchObject({ code: 'ASSET_UNKNOWN' });
    await expect(world.endorse(carol, FABRIC_TX.conservation, ['GBP'])).rejects.toMatchObject({
      code: 'ASSET_UNKNOWN',
    });
  });

  it('are listed in pages', async () => {
    for (let n = 1; n <= 5; n += 1) await mint(world, BigInt(n));
    const first = await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [
      alice.id,
      'EUR',
      '3',
      '',
    ]);
    const second = await world.evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [
      alice.id,
      'EUR',
      '3',
      first.bookmark,
    ]);
    expect(amounts([...first.items, ...second.items])).toEqual(['1', '2', '3', '4', '5']);
    expect(second.bookmark).toBe('');
  });
});

describe('unique assets', () => {
  it('are issued, updated by the issuer, transferred and burnt by the holder', async () => {
    const issued = await world.submit<UniqueAssetJson>(carol, FABRIC_TX.issueUnique, [
      'deed',
      alice.id,
      HASH,
    ]);
    expect(issued).toEqual({
      schema: 1,
      kind: 'unique',
      id: 'deed',
      issuer: carol.id,
      holder: alice.id,
      contentHash: HASH,
    });
    await expect(
      world.endorse(alice, FABRIC_TX.updateUnique, ['deed', OTHER]),
    ).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    await world.submit(carol, FABRIC_TX.updateUnique, ['deed', OTHER]);
    expect(await world.submit(alice, FABRIC_TX.transferAsset, ['deed', bob.id])).toEqual({
      ...issued,
      holder: bob.id,
      contentHash: OTHER,
    });
    await expect(world.endorse(alice, FABRIC_TX.burnAsset, ['deed'])).rejects.toMatchObject({
      code: 'NOT_OWNER',
    });
    await world.submit(bob, FABRIC_TX.burnAsset, ['deed']);
    await expect(world.evaluate(FABRIC_TX.getAsset, ['deed'])).rejects.toMatchObject({
      code: 'ASSET_UNKNOWN',
    });
    expect(await world.evaluate(FABRIC_TX.conservation, ['deed'])).toMatchObject({
      issued: '1',
      burnt: '1',
      free: '0',
      locked: '0',
      holds: true,
    });
  });

  it('keep their id for ever, and share the name space with fungible assets', async () => {
    await world.submit(carol, FABRIC_TX.issueUnique, ['deed', carol.id, HASH]);
    await world.submit(carol, FABRIC_TX.burnAsset, ['deed']);
    for (const id of ['deed', 'EUR'])
      await expect(
        world.endorse(carol, FABRIC_TX.issueUnique, [id, carol.id, HASH]),
      ).rejects.toMatchObject({ code: 'ASSET_EXISTS' });
    await expect(world.endorse(carol, FABRIC_TX.createFungible, ['deed'])).rejects.toMatchObject({
      code: 'ASSET_EXISTS',
    });
    await expect(world.evaluate(FABRIC_TX.getFungible, ['deed'])).rejects.toMatchObject({
      code: 'ASSET_UNKNOWN',
    });
  });

  it('go to known organisations only', async () => {
    await expect(
      world.endorse(carol, FABRIC_TX.issueUnique, ['deed', stranger.id, HASH]),
    ).rejects.toMatchObject({ code: 'NETWORK_MISMATCH' });
    await expect(
      world.endorse(stranger, FABRIC_TX.issueUnique, ['deed', alice.id, HASH]),
    ).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
  });

  it('stay in the index of one holder when given to himself', async () => {
    await world.submit(carol, FABRIC_TX.issueUnique, ['deed', alice.id, HASH]);
    await world.submit(alice, FABRIC_TX.transferAsset, ['deed', alice.id]);
    const page = await world.evaluate<Page<UniqueAssetJson>>(FABRIC_TX.assetsOf, [
      alice.id,
      '10',
      '',
    ]);
    expect(page.items.map(({ id }) => id)).toEqual(['deed']);
  });
});

describe('evidence', () => {
  it('only grows, by its holder, and tells who added what when', async () => {
    await world.submit(carol, FABRIC_TX.issueEvidence, ['log', alice.id, HASH, 'photo.v1']);
    world.nowMs += 5_000n;
    const { content, contentHash } = await world.submit<UniqueAssetJson>(
      alice,
      FABRIC_TX.appendEvidence,
      ['log', OTHER, 'report.v1'],
    );
    expect(contentHash).toBe(OTHER);
    expect(content).toEqual([
      { hash: HASH, schemaId: 'photo.v1', issuer: carol.id, timeSec: String(world.nowSec - 5n) },
      { hash: OTHER, schemaId: 'report.v1', issuer: alice.id, timeSec: String(world.nowSec) },
    ]);
    await expect(
      world.endorse(carol, FABRIC_TX.appendEvidence, ['log', OTHER, 'x']),
    ).rejects.toMatchObject({ code: 'NOT_OWNER' });
    await expect(
      world.endorse(carol, FABRIC_TX.updateUnique, ['log', OTHER]),
    ).rejects.toMatchObject({ code: 'ASSET_UNKNOWN' });
  });

  it('is not what a unique asset is', async () => {
    await world.submit(carol, FABRIC_TX.issueUnique, ['deed', alice.id, HASH]);
    await expect(
      world.endorse(alice, FABRIC_TX.appendEvidence, ['deed', OTHER, 'x']),
    ).rejects.toMatchObject({ code: 'ASSET_UNKNOWN' });
  });
});
