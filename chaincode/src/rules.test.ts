import {
  FABRIC_TX,
  FABRIC_SCHEMA,
  isMidlockError,
  toHex32,
  type ConfigProposalJson,
  type ErrorCode,
} from '@midlock/protocol';
import { describe, expect, it, vi } from 'vitest';
import { RULES, type RuleId } from './rules.ts';
import { noteLedger } from './assets/notes.ts';
import { switched } from './testing/rule-switch.ts';
import { nextConfig } from './testing/samples.ts';
import { initializedWorld, lockNew, mint, swap, type TermsOverrides } from './testing/swap.ts';
import { CONFIG, World, people, type Person } from './testing/world.ts';

vi.mock('./rules.ts', async (load) => {
  const { withSwitch } = await import('./testing/rule-switch.ts');
  return withSwitch(await load());
});

const { alice, alice2, bob, carol, admin1, admin2, stranger } = people;
const HASH = `0x${'11'.repeat(32)}`;

type Break = (world: World) => Promise<unknown>;

const lockWith =
  (overrides: TermsOverrides): Break =>
  async (world) => {
    const note = await mint(world, 100n);
    return world.endorse(alice, FABRIC_TX.lock, [
      swap(world, 'a', overrides).text,
      JSON.stringify([note]),
    ]);
  };

const initializeWith =
  (changes: Readonly<Record<string, unknown>>): Break =>
  () =>
    new World().endorse(admin1, FABRIC_TX.initialize, [JSON.stringify({ ...CONFIG, ...changes })]);

const transferOf =
  (by: Person, inputs: (note: string) => readonly string[], amount = '5'): Break =>
  async (world) => {
    const note = await mint(world, 10n);
    const args = ['EUR', alice.id, JSON.stringify(inputs(note)), bob.id, amount];
    return world.endorse(by, FABRIC_TX.transfer, args);
  };

async function unique(world: World, id = 'deed', to = alice): Promise<void> {
  await world.submit(carol, FABRIC_TX.issueUnique, [id, to.id, HASH]);
}

async function lockedDeed(world: World) {
  await unique(world);
  const fabric = { assetKind: 'unique', assetId: 'deed', amount: '1' };
  const made = swap(world, 'deed', { fabric });
  await world.submit(alice, FABRIC_TX.lock, [made.text, '[]']);
  return made;
}

function overwrite(world: World, type: string, attribute: string, value: object): void {
  const key = `\u0000${type}\u0000${attribute}\u0000`;
  const writes = [[key, JSON.stringify(value)]] as const;
  world.ledger.commit([{ txId: `raw ${type}`, readWriteSet: { reads: [], ranges: [], writes } }]);
}

const rotate = (world: World, by: Person, account: Person, to: Person) =>
  world.endorse(by, FABRIC_TX.rotateAccount, [account.id, to.id]);

/** For each rule a call that it alone refuses. */
const broken: Record<RuleId, Break> = {
  'stamp-not-too-old': (world) =>
    world.endorse(carol, FABRIC_TX.createFungible, ['USD'], { skewMs: -3001n }),
  'stamp-not-ahead': (world) =>
    world.endorse(carol, FABRIC_TX.createFungible, ['USD'], { skewMs: 1001n }),
  'stamp-well-formed': async (world) => {
    world.nowMs = 1n << 51n;
    return world.endorse(carol, FABRIC_TX.createFungible, ['USD']);
  },
  initialized: () => new World().endorse(carol, FABRIC_TX.getConfig, []),
  'known-organization': (world) => world.endorse(carol, FABRIC_TX.mint, ['EUR', stranger.id, '5']),

  'lock-network': lockWith({ fabric: { networkId: `0x${'cd'.repeat(32)}` } }),
  'lock-channel': lockWith({ fabric: { channel: 'elsewhere' } }),
  'lock-chaincode': lockWith({ fabric: { chaincode: 'other' } }),
  'lock-not-open': async (world) => {
    const { text } = await lockNew(world, 'a');
    return world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([await mint(world, 100n)])]);
  },
  'lock-not-used': async (world) => {
    const { text, swapId } = await lockNew(world, 'a');
    await world.submit(bob, FABRIC_TX.release, [swapId]);
    return world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([await mint(world, 100n)])]);
  },
  'lock-min-duration': async (world) => {
    const note = await mint(world, 100n);
    const { text } = swap(world, 'a');
    world.nowMs += 59_001n;
    return world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([note])]);
  },
  'lock-max-duration': async (world) => {
    const note = await mint(world, 100n);
    const expiresAtSec = String(world.nowSec + 3601n);
    const { text } = swap(world, 'a', { fabric: { expiresAtSec } });
    return world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([note])]);
  },
  'lock-margin': async (world) => {
    const expiresAtSec = String(world.nowSec + 51n);
    return lockWith({ ethereum: { expiresAtSec } })(world);
  },
  'lock-ledger': async () => {
    const world = await initializedWorld({ ledgers: [noteLedger] });
    const { text } = swap(world, 'a', { fabric: { assetKind: 'unique', amount: '1' } });
    return world.endorse(alice, FABRIC_TX.lock, [text, '[]']);
  },

  'mid-account-settled': async (world) => {
    const { swapId } = await lockNew(world, 'a');
    await world.submit(bob, FABRIC_TX.release, [swapId]);
    return world.endorse(bob, FABRIC_TX.release, [swapId]);
  },
  'mid-account-known': (world) => world.endorse(carol, FABRIC_TX.getMidAccount, [HASH]),
  'claim-secret': async (world) => {
    const { swapId } = await lockNew(world, 'a');
    return world.endorse(carol, FABRIC_TX.claim, [swapId, HASH]);
  },
  'claim-in-time': async (world) => {
    const { swapId, secretText } = await lockNew(world, 'a');
    world.nowMs += 60_000n;
    return world.endorse(carol, FABRIC_TX.claim, [swapId, secretText]);
  },
  'refund-after-gap': async (world) => {
    const { swapId } = await lockNew(world, 'a');
    world.nowMs += 65_999n;
    return world.endorse(carol, FABRIC_TX.refund, [swapId]);
  },

  'right-owner': transferOf(bob, (note) => [note]),
  'right-holder': async (world) => {
    await unique(world);
    return world.endorse(bob, FABRIC_TX.transferAsset, ['deed', bob.id]);
  },
  'right-beneficiary': async (world) => {
    const { swapId } = await lockNew(world, 'a');
    return world.endorse(alice, FABRIC_TX.release, [swapId]);
  },
  'right-issuer': (world) => world.endorse(alice, FABRIC_TX.mint, ['EUR', alice.id, '5']),
  'right-member': (world) => world.endorse(stranger, FABRIC_TX.createFungible, ['USD']),
  'right-admin': (world) => world.endorse(alice, FABRIC_TX.proposeConfig, [nextConfig('a')]),

  'note-known': transferOf(alice, () => [HASH]),
  'notes-distinct': transferOf(alice, (note) => [note, note], '20'),
  'notes-count': transferOf(alice, (note) => [
    note,
    ...Array.from({ length: 100 }, (_, n) => toHex32(new Uint8Array(32).fill(n))),
  ]),
  'notes-cover': transferOf(alice, (note) => [note], '11'),
  'note-amount': async (world) => {
    const most = (1n << 128n) - 1n;
    const notes = [await mint(world, most), await mint(world, 1n)];
    return world.endorse(alice, FABRIC_TX.merge, ['EUR', alice.id, JSON.stringify(notes)]);
  },
  'split-equal': async (world) =>
    world.endorse(alice, FABRIC_TX.split, ['EUR', alice.id, await mint(world, 10n), '["5","6"]']),

  'asset-new': (world) => world.endorse(alice, FABRIC_TX.createFungible, ['EUR']),
  'asset-known': (world) => world.endorse(carol, FABRIC_TX.getAsset, ['nothing']),
  'asset-kind': (world) => world.endorse(carol, FABRIC_TX.getAsset, ['EUR']),
  'asset-free': async (world) => {
    await lockedDeed(world);
    return world.endorse(alice, FABRIC_TX.transferAsset, ['deed', bob.id]);
  },
  'asset-no-inputs': async (world) => {
    await unique(world);
    const fabric = { assetKind: 'unique', assetId: 'deed', amount: '1' };
    const { text } = swap(world, 'deed', { fabric });
    return world.endorse(alice, FABRIC_TX.lock, [text, JSON.stringify([HASH])]);
  },
  'asset-held-by-swap': async (world) => {
    const { swapId } = await lockedDeed(world);
    const asset = { schema: 1, kind: 'unique', id: 'deed', holder: alice.id, lockedBy: HASH };
    overwrite(world, 'asset', 'deed', asset);
    return world.endorse(bob, FABRIC_TX.release, [swapId]);
  },

  'config-once': (world) => world.endorse(admin1, FABRIC_TX.initialize, [JSON.stringify(CONFIG)]),
  'config-channel': initializeWith({ channel: 'elsewhere' }),
  'config-fields': initializeWith({ extra: '1' }),
  'config-organizations': initializeWith({ organizations: ['Org1MSP', 'Org1MSP'] }),
  'config-gap': initializeWith({ gapSec: '0' }),
  'config-window-commit': initializeWith({ maxPastSec: '2' }),
  'config-durations': initializeWith({ maxDurationSec: '1' }),
  'config-margin-fabric-first': initializeWith({ fabricFirstMarginSec: '2' }),
  'config-margin-ethereum-first': initializeWith({ ethereumFirstMarginSec: '9' }),
  'config-rotate-delay': initializeWith({ rotateDelaySec: '0' }),
  'config-immutable': (world) => {
    const config = JSON.stringify({ ...CONFIG, chaincode: 'other' });
    return world.endorse(admin1, FABRIC_TX.proposeConfig, [config]);
  },
  'proposal-known': (world) => world.endorse(admin1, FABRIC_TX.approveConfig, [HASH]),
  'proposal-current': async (world) => {
    const propose = (seed: string) =>
      world.submit<ConfigProposalJson>(admin1, FABRIC_TX.proposeConfig, [nextConfig(seed)]);
    const [first, second] = [await propose('a'), await propose('bb')];
    await world.submit(admin2, FABRIC_TX.approveConfig, [first.proposalId]);
    return world.endorse(admin2, FABRIC_TX.approveConfig, [second.proposalId]);
  },

  'rotate-same-organization': (world) => rotate(world, alice, alice, bob),
  'rotate-once': async (world) => {
    await world.submit(alice, FABRIC_TX.rotateAccount, [alice.id, alice2.id]);
    await world.submit(alice2, FABRIC_TX.rotateAccount, [alice.id, alice2.id]);
    return rotate(world, alice, alice, admin1);
  },
  'rotate-target-active': async (world) => {
    await world.submit(alice, FABRIC_TX.rotateAccount, [alice.id, alice2.id]);
    await world.submit(alice2, FABRIC_TX.rotateAccount, [alice.id, alice2.id]);
    return rotate(world, alice2, alice2, alice);
  },
  'rotate-right': (world) => rotate(world, bob, alice, alice2),
  'rotate-owner-first': async (world) => {
    await world.submit(alice, FABRIC_TX.rotateAccount, [alice.id, alice2.id]);
    return rotate(world, admin1, alice, admin1);
  },
  'rotate-delay': async (world) => {
    await world.submit(admin1, FABRIC_TX.rotateAccount, [alice.id, alice2.id]);
    world.nowMs += 599_000n;
    return rotate(world, alice2, alice, alice2);
  },

  'argument-form': (world) => world.endorse(carol, FABRIC_TX.listMidAccounts, ['all', '10', '']),
  'page-size': (world) => world.endorse(carol, FABRIC_TX.listMidAccounts, ['open', '101', '']),
  bookmark: (world) => {
    const bookmark = Buffer.from('\u0000asset\u0000').toString('base64url');
    return world.endorse(carol, FABRIC_TX.listMidAccounts, ['open', '10', bookmark]);
  },
  'schema-known': (world) => {
    overwrite(world, 'config', 'current', { ...CONFIG, schema: FABRIC_SCHEMA + 1, version: '1' });
    return world.endorse(carol, FABRIC_TX.getConfig, []);
  },
};

async function outcomeOf(attempt: Break, off: RuleId | undefined): Promise<string> {
  const world = await initializedWorld();
  switched.off = off;
  try {
    await attempt(world);
    return 'accepted';
  } catch (error) {
    return isMidlockError(error) ? error.code : `fault: ${String(error)}`;
  } finally {
    switched.off = undefined;
  }
}

describe.each(Object.entries(RULES) as [RuleId, ErrorCode][])('rule %s', (rule, code) => {
  it(`refuses with ${code}`, async () => {
    expect(await outcomeOf(broken[rule], undefined)).toBe(code);
  });

  it('is what refuses: without it the call has another outcome', async () => {
    expect(await outcomeOf(broken[rule], rule)).not.toBe(code);
  });
});
