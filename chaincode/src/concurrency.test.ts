import {
  FABRIC_TX,
  type ConfigProposalJson,
  type MidAccountJson,
  type NotesJson,
} from '@midlock/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { RIGHTS } from './rights.ts';
import { nextConfig, samples } from './testing/samples.ts';
import { initializedWorld, lockNew, mint, swap, type TestSwap } from './testing/swap.ts';
import { crowd, people, type Sent, type TransactionName, type World } from './testing/world.ts';

const { alice, bob, carol, admin1, admin2 } = people;
const HASH = `0x${'11'.repeat(32)}`;

let world: World;
beforeEach(async () => {
  world = await initializedWorld();
});

const claimOf = ({ swapId, secretText }: TestSwap) =>
  world.endorse(carol, FABRIC_TX.claim, [swapId, secretText]);
const refundOf = ({ swapId }: TestSwap) => world.endorse(carol, FABRIC_TX.refund, [swapId]);

describe('64 locks in one block', () => {
  it('of 64 owners are all VALID', async () => {
    const sent: Sent[] = [];
    for (const [index, owner] of crowd(64).entries()) {
      const note = await mint(world, 150n, owner.id);
      const { text } = swap(world, `swap ${index}`, { fabric: { owner: owner.id } });
      sent.push(await world.endorse(owner, FABRIC_TX.lock, [text, JSON.stringify([note])]));
    }
    expect(new Set(world.commit(...sent))).toEqual(new Set(['VALID']));
  });

  it('of one owner are all VALID, from the notes of one split', async () => {
    const whole = await mint(world, 6400n);
    const amounts = JSON.stringify(Array<string>(64).fill('100'));
    const { notes } = await world.submit<NotesJson>(alice, FABRIC_TX.split, [
      'EUR',
      alice.id,
      whole,
      amounts,
    ]);
    expect(new Set(notes.map(({ id }) => id)).size).toBe(64);
    const sent: Sent[] = [];
    for (const { id } of notes) {
      const { text } = swap(world, id);
      sent.push(await world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([id])]));
    }
    expect(world.commit(...sent)).toEqual(Array(64).fill('VALID'));
  });

  it('and so are 64 claims, and 64 mints', async () => {
    const swaps: TestSwap[] = [];
    for (let n = 0; n < 64; n += 1) swaps.push(await lockNew(world, `swap ${n}`));
    const claims = await Promise.all(swaps.map(claimOf));
    expect(world.commit(...claims)).toEqual(Array(64).fill('VALID'));
    const mints: Sent[] = [];
    for (let n = 0; n < 64; n += 1)
      mints.push(await world.endorse(carol, FABRIC_TX.mint, ['EUR', alice.id, '1']));
    expect(world.commit(...mints)).toEqual(Array(64).fill('VALID'));
  });
});

describe('what must exclude each other in one block', () => {
  it('two payments with one note', async () => {
    const note = await mint(world, 100n);
    const pay = () =>
      world.endorse(alice, FABRIC_TX.transfer, [
        'EUR',
        alice.id,
        JSON.stringify([note]),
        bob.id,
        '100',
      ]);
    expect(world.commit(await pay(), await pay())).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });

  it('a payment and a lock with one note', async () => {
    const note = JSON.stringify([await mint(world, 100n)]);
    const lock = await world.endorse(alice, FABRIC_TX.lock, [swap(world, 'a').text, note]);
    const pay = await world.endorse(alice, FABRIC_TX.transfer, [
      'EUR',
      alice.id,
      note,
      bob.id,
      '100',
    ]);
    expect(world.commit(pay, lock)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });

  it('a lock and the decline of the same swap, in either order', async () => {
    for (const order of ['lock', 'decline']) {
      const { text } = swap(world, order);
      const note = JSON.stringify([await mint(world, 100n)]);
      const lock = await world.endorse(alice, FABRIC_TX.lock, [text, note]);
      const decline = await world.endorse(alice, FABRIC_TX.decline, [text]);
      const block = order === 'lock' ? [lock, decline] : [decline, lock];
      expect(world.commit(...block)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
    }
  });

  it('two claims of one swap', async () => {
    const made = await lockNew(world, 'a');
    expect(world.commit(await claimOf(made), await claimOf(made))).toEqual([
      'VALID',
      'MVCC_READ_CONFLICT',
    ]);
  });

  it('a claim that was endorsed in time and withheld, and the refund', async () => {
    const made = await lockNew(world, 'a');
    world.nowMs += 59_000n;
    const withheld = await claimOf(made);
    world.nowMs += 7_000n;
    expect(world.commit(await refundOf(made))).toEqual(['VALID']);
    expect(world.commit(withheld)).toEqual(['MVCC_READ_CONFLICT']);
    expect(
      await world.evaluate<MidAccountJson>(FABRIC_TX.getMidAccount, [made.swapId]),
    ).toMatchObject({
      state: 'refunded',
    });
  });

  it('two approvals, neither of which would count the other', async () => {
    const proposal = await world.submit<ConfigProposalJson>(admin1, FABRIC_TX.proposeConfig, [
      nextConfig('a'),
    ]);
    const approve = (by = admin2) =>
      world.endorse(by, FABRIC_TX.approveConfig, [proposal.proposalId]);
    const codes = world.commit(await approve(), await approve(people.admin3));
    expect(codes).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });
});

const reads = ['get', 'list', 'conservation', 'time', 'notesOf', 'assetsOf', 'getProposal'];
const left = ['claim', 'refund', 'initialize', ...reads];

/** Every writing transaction but claim, refund and what works only once. */
const others = (Object.keys(RIGHTS) as TransactionName[]).filter(
  (name) => !left.includes(name.split(':')[1] ?? ''),
);

async function lockDeed(): Promise<TestSwap> {
  await world.submit(carol, FABRIC_TX.issueUnique, ['deed', alice.id, HASH]);
  const made = swap(world, 'deed', {
    fabric: { assetKind: 'unique', assetId: 'deed', amount: '1' },
  });
  await world.submit(alice, FABRIC_TX.lock, [made.text, '[]']);
  return made;
}

describe('with a claim and a refund in flight', () => {
  it('knows the other transactions', () => {
    expect(others).toHaveLength(18);
  });

  it.each([
    ['fungible', 'claim'],
    ['fungible', 'refund'],
    ['unique', 'claim'],
    ['unique', 'refund'],
  ])('no other transaction of the contract hinders it: %s %s', async (kind, action) => {
    const made = kind === 'unique' ? await lockDeed() : await lockNew(world, 'in flight');
    const calls = [];
    for (const name of others) {
      const { by, args } = await samples[name](
        world,
        `other ${name.replace(':', ' ')}`.replace(/ /g, '-'),
      );
      calls.push({ name, by, args });
    }
    world.nowMs += action === 'refund' ? 66_000n : 59_000n;
    const settlement = await (action === 'refund' ? refundOf(made) : claimOf(made));
    const block: Sent[] = [];
    for (const { name, by, args } of calls) {
      // A lock that was planned before has too little time left by now; the flood brings a fresh one.
      const fresh =
        name === 'mid-account:lock' ? await samples[name](world, 'fresh') : { by, args };
      block.push(await world.endorse(fresh.by, name, fresh.args));
    }
    const codes = world.commit(...block, settlement);
    expect(codes.at(-1)).toBe('VALID');
    expect(codes.filter((code) => code === 'VALID').length).toBeGreaterThanOrEqual(others.length);
  });

  it.each([
    ['fungible', 1],
    ['unique', 2],
  ])(
    'claim and refund of a %s asset read %i keys, which only settlements write',
    async (kind, count) => {
      const made = kind === 'unique' ? await lockDeed() : await lockNew(world, 'a');
      const claim = await claimOf(made);
      world.nowMs += 66_000n;
      const refund = await refundOf(made);
      for (const { readWriteSet } of [claim, refund]) {
        const keys = readWriteSet.reads.map(([key]) => key.split('\u0000').slice(1, 3).join(' '));
        expect(keys).toEqual(
          [`mid ${made.swapId}`, ...(kind === 'unique' ? ['asset deed'] : [])].sort(),
        );
        expect(keys).toHaveLength(count);
      }
    },
  );

  it('what the counterparty does to the same asset is refused while it is locked', async () => {
    await lockDeed();
    for (const [by, name, args] of [
      [alice, FABRIC_TX.transferAsset, ['deed', bob.id]],
      [alice, FABRIC_TX.burnAsset, ['deed']],
      [carol, FABRIC_TX.updateUnique, ['deed', HASH]],
    ] as const)
      await expect(world.endorse(by, name, args)).rejects.toMatchObject({ code: 'ASSET_LOCKED' });
    await expect(
      world.endorse(carol, FABRIC_TX.issueUnique, ['deed', bob.id, HASH]),
    ).rejects.toMatchObject({ code: 'ASSET_EXISTS' });
  });
});
