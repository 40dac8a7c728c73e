import {
  FABRIC_TX,
  type AccountJson,
  type ChaincodeConfigJson,
  type ConfigProposalJson,
} from '@midlock/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { nextConfig } from './testing/samples.ts';
import { initializedWorld } from './testing/swap.ts';
import { CONFIG, World, people, type Person } from './testing/world.ts';

const { alice, alice2, admin1, admin2, admin3, adminOfStrangers, bob, carol } = people;

let world: World;
beforeEach(async () => {
  world = await initializedWorld();
});

const propose = (by: Person, config = nextConfig('a')) =>
  world.submit<ConfigProposalJson>(by, FABRIC_TX.proposeConfig, [config]);
const approve = (by: Person, proposalId: string) =>
  world.submit<ConfigProposalJson>(by, FABRIC_TX.approveConfig, [proposalId]);
const config = () => world.evaluate<ChaincodeConfigJson>(FABRIC_TX.getConfig);

describe('initialisation', () => {
  it('writes version 1, by an administrator of a named organisation only', async () => {
    const fresh = new World();
    const initialize = (by: Person) =>
      fresh.submit<ChaincodeConfigJson>(by, FABRIC_TX.initialize, [JSON.stringify(CONFIG)]);
    await expect(initialize(alice)).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      data: { right: 'admin' },
    });
    await expect(initialize(adminOfStrangers)).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    expect(await initialize(admin2)).toEqual({ schema: 1, version: '1', ...CONFIG });
  });

  it.each([
    ['text instead of JSON', 'hello', 'ARGUMENT_INVALID'],
    ['a list', '[]', 'CONFIG_INVALID'],
    ['null', 'null', 'CONFIG_INVALID'],
    ['a truncated configuration', JSON.stringify(CONFIG).slice(0, -30), 'ARGUMENT_INVALID'],
    ['a missing field', JSON.stringify({ ...CONFIG, skewSec: undefined }), 'CONFIG_INVALID'],
    ['a number', JSON.stringify({ ...CONFIG, gapSec: 6 }), 'CONFIG_INVALID'],
    ['a fraction', JSON.stringify({ ...CONFIG, gapSec: '6.5' }), 'CONFIG_INVALID'],
    [
      'a figure beyond 2^32',
      JSON.stringify({ ...CONFIG, maxDurationSec: '4294967296' }),
      'CONFIG_INVALID',
    ],
    ['no organisation', JSON.stringify({ ...CONFIG, organizations: [] }), 'CONFIG_INVALID'],
    [
      'organisations that are no list',
      JSON.stringify({ ...CONFIG, organizations: 'Org1MSP' }),
      'CONFIG_INVALID',
    ],
    [
      'an MSP id that no account can have',
      JSON.stringify({ ...CONFIG, organizations: ['Org:1'] }),
      'CONFIG_INVALID',
    ],
    [
      'a network id of 31 bytes',
      JSON.stringify({ ...CONFIG, networkId: `0x${'ab'.repeat(31)}` }),
      'CONFIG_INVALID',
    ],
  ])('refuses %s', async (_, text, code) => {
    await expect(new World().endorse(admin1, FABRIC_TX.initialize, [text])).rejects.toMatchObject({
      code,
    });
  });
});

describe('a change of configuration', () => {
  it('comes into force with the approval that makes a majority, as the next version', async () => {
    const proposal = await propose(admin1);
    expect(proposal).toMatchObject({ approvals: ['Org1MSP'], inForce: false });
    expect((await config()).version).toBe('1');
    expect(await world.evaluate(FABRIC_TX.getProposal, [proposal.proposalId])).toEqual(proposal);
    const approved = await approve(admin3, proposal.proposalId);
    expect(approved).toMatchObject({ approvals: ['Org1MSP', 'Org3MSP'], inForce: true });
    expect(await config()).toEqual(approved.config);
    expect(await world.evaluate(FABRIC_TX.getProposal, [proposal.proposalId])).toMatchObject({
      inForce: true,
    });
  });

  it('does not count an organisation twice, whichever way it approves', async () => {
    const { proposalId } = await propose(admin1);
    expect(await approve(admin1, proposalId)).toMatchObject({
      approvals: ['Org1MSP'],
      inForce: false,
    });
    expect(await propose(admin1)).toMatchObject({
      proposalId,
      approvals: ['Org1MSP'],
      inForce: false,
    });
    expect((await config()).version).toBe('1');
  });

  it('proposed by two organisations alike is one proposal', async () => {
    const first = await propose(admin1);
    expect(await propose(admin2)).toMatchObject({ proposalId: first.proposalId, inForce: true });
  });

  it('counts the organisations in force, not the proposed ones', async () => {
    const alone = JSON.stringify({ ...CONFIG, organizations: ['Org1MSP'] });
    expect(await propose(admin1, alone)).toMatchObject({ inForce: false });
    await expect(propose(adminOfStrangers)).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
  });
});

describe('the rotation of an account', () => {
  const rotate = (by: Person, from: Person, to: Person) =>
    world.submit<AccountJson>(by, FABRIC_TX.rotateAccount, [from.id, to.id]);
  const account = (of: Person) => world.evaluate<AccountJson>(FABRIC_TX.getAccount, [of.id]);

  it('needs the old key and the new one', async () => {
    const notBeforeSec = String(world.nowSec);
    const pending = { to: alice2.id, by: 'owner', notBeforeSec };
    expect(await rotate(alice, alice, alice2)).toEqual({
      schema: 1,
      account: alice.id,
      controller: alice.id,
      pending,
    });
    expect(await account(alice)).toMatchObject({ pending, controller: alice.id });
    expect(await rotate(alice2, alice, alice2)).toEqual({
      schema: 1,
      account: alice.id,
      controller: alice2.id,
    });
    expect(await account(alice)).toEqual({ schema: 1, account: alice.id, controller: alice2.id });
  });

  it('of a lost key is asked for by the admin and waits', async () => {
    const { pending } = await rotate(admin1, alice, alice2);
    expect(pending).toEqual({
      to: alice2.id,
      by: 'admin',
      notBeforeSec: String(world.nowSec + 600n),
    });
    await expect(rotate(alice2, alice, alice2)).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      data: { notBeforeSec: pending?.notBeforeSec },
    });
    world.nowMs += 600_000n;
    expect(await rotate(alice2, alice, alice2)).toMatchObject({ controller: alice2.id });
  });

  it('is taken back by the owner while it waits', async () => {
    await rotate(admin1, alice, alice2);
    expect(await rotate(alice, alice, alice)).toEqual({
      schema: 1,
      account: alice.id,
      controller: alice.id,
    });
    world.nowMs += 600_000n;
    await expect(rotate(alice2, alice, alice2)).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
  });

  it("is nobody else's business", async () => {
    for (const by of [bob, carol, admin2, alice2])
      await expect(rotate(by, alice, alice2)).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
  });

  it('follows a chain of keys', async () => {
    await rotate(alice, alice, alice2);
    await rotate(alice2, alice, alice2);
    await rotate(alice2, alice2, admin1);
    await rotate(admin1, alice2, admin1);
    expect((await account(alice)).controller).toBe(admin1.id);
  });
});
