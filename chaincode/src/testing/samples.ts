import { FABRIC_TX, type ConfigProposalJson } from '@midlock/protocol';
import { lockNew, mint, swap } from './swap.ts';
import { CONFIG, people, type Person, type TransactionName, type World } from './world.ts';

/** A call that the chaincode accepts, on a world where its preconditions hold. */
export interface Sample {
  readonly by: Person;
  readonly args: readonly string[];
  /** Milliseconds by which the world's clock must be moved before the call. */
  readonly waitMs?: bigint;
}

const { alice, alice2, bob, bob2, carol, admin1, admin2 } = people;
const HASH = `0x${'11'.repeat(32)}`;

/** The next configuration, different for every seed. */
export function nextConfig(seed: string): string {
  return JSON.stringify({ ...CONFIG, maxDurationSec: String(4000 + seed.length) });
}

async function issued(world: World, id: string, to: Person = alice): Promise<string> {
  await world.submit(carol, FABRIC_TX.issueUnique, [id, to.id, HASH]);
  return id;
}

/** Makes a valid call of each transaction; `seed` keeps ids apart, so that one world can hold several samples. */
export const samples: Record<TransactionName, (world: World, seed: string) => Promise<Sample>> = {
  'mid-account:lock': async (world, seed) => {
    const note = await mint(world, 100n);
    return { by: alice, args: [swap(world, seed).text, JSON.stringify([note])] };
  },
  'mid-account:claim': async (world, seed) => {
    const { swapId, secretText } = await lockNew(world, seed);
    return { by: carol, args: [swapId, secretText] };
  },
  'mid-account:refund': async (world, seed) => {
    const { swapId } = await lockNew(world, seed);
    return { by: carol, args: [swapId], waitMs: 66_000n };
  },
  'mid-account:release': async (world, seed) => {
    const { swapId } = await lockNew(world, seed);
    return { by: bob, args: [swapId] };
  },
  'mid-account:decline': (world, seed) =>
    Promise.resolve({ by: alice, args: [swap(world, seed).text] }),
  'mid-account:get': async (world, seed) => ({
    by: carol,
    args: [(await lockNew(world, seed)).swapId],
  }),
  'mid-account:list': () => Promise.resolve({ by: carol, args: ['open', '10', ''] }),
  'mid-account:conservation': () => Promise.resolve({ by: carol, args: ['EUR'] }),
  'mid-account:time': () => Promise.resolve({ by: carol, args: [] }),
  'notes:create': (_, seed) => Promise.resolve({ by: carol, args: [`coin-${seed}`] }),
  'notes:get': () => Promise.resolve({ by: carol, args: ['EUR'] }),
  'notes:mint': () => Promise.resolve({ by: carol, args: ['EUR', bob.id, '5'] }),
  'notes:transfer': async (world) => {
    const note = await mint(world, 10n, bob.id);
    return { by: bob, args: ['EUR', bob.id, JSON.stringify([note]), alice.id, '4'] };
  },
  'notes:split': async (world) => {
    const note = await mint(world, 10n, bob.id);
    return { by: bob, args: ['EUR', bob.id, note, '["4","6"]'] };
  },
  'notes:merge': async (world) => {
    const notes = [await mint(world, 10n, bob.id), await mint(world, 5n, bob.id)];
    return { by: bob, args: ['EUR', bob.id, JSON.stringify(notes)] };
  },
  'notes:burn': async (world) => {
    const note = await mint(world, 10n, bob.id);
    return { by: bob, args: ['EUR', bob.id, JSON.stringify([note]), '4'] };
  },
  'notes:notesOf': () => Promise.resolve({ by: carol, args: [alice.id, 'EUR', '10', ''] }),
  'assets:issue': (_, seed) =>
    Promise.resolve({ by: carol, args: [`deed-${seed}`, alice.id, HASH] }),
  'assets:issueEvidence': (_, seed) =>
    Promise.resolve({ by: carol, args: [`log-${seed}`, alice.id, HASH, 'photo.v1'] }),
  'assets:append': async (world, seed) => {
    await world.submit(carol, FABRIC_TX.issueEvidence, [`ev-${seed}`, bob.id, HASH, 'photo.v1']);
    return { by: bob, args: [`ev-${seed}`, `0x${'22'.repeat(32)}`, 'report.v1'] };
  },
  'assets:update': async (world, seed) => ({
    by: carol,
    args: [await issued(world, `up-${seed}`), `0x${'22'.repeat(32)}`],
  }),
  'assets:transfer': async (world, seed) => ({
    by: bob,
    args: [await issued(world, `tr-${seed}`, bob), alice.id],
  }),
  'assets:burn': async (world, seed) => ({
    by: bob,
    args: [await issued(world, `bu-${seed}`, bob)],
  }),
  'assets:get': async (world, seed) => ({ by: carol, args: [await issued(world, `ge-${seed}`)] }),
  'assets:assetsOf': () => Promise.resolve({ by: carol, args: [alice.id, '10', ''] }),
  'config:initialize': () => Promise.resolve({ by: admin1, args: [JSON.stringify(CONFIG)] }),
  'config:propose': (_, seed) => Promise.resolve({ by: admin1, args: [nextConfig(seed)] }),
  'config:approve': async (world, seed) => {
    const { proposalId } = await world.submit<ConfigProposalJson>(admin1, FABRIC_TX.proposeConfig, [
      nextConfig(seed),
    ]);
    return { by: admin2, args: [proposalId] };
  },
  'config:get': () => Promise.resolve({ by: carol, args: [] }),
  'config:getProposal': async (world, seed) => {
    const { proposalId } = await world.submit<ConfigProposalJson>(admin1, FABRIC_TX.proposeConfig, [
      nextConfig(seed),
    ]);
    return { by: carol, args: [proposalId] };
  },
  'accounts:rotate': async (world) => {
    await world.submit(bob, FABRIC_TX.rotateAccount, [bob.id, bob2.id]);
    return { by: bob2, args: [bob.id, bob2.id] };
  },
  'accounts:get': () => Promise.resolve({ by: carol, args: [alice2.id] }),
};
