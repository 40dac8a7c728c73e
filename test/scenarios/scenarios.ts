import { expect } from 'vitest';
import type { Breakable } from './fabric-faults.ts';
import type { CrashPlan } from './cast.ts';
import type { EnvironmentKind } from './environment.ts';
import { nullTags, delays, hangsUp, lostPool } from '../proxy/faults.ts';
import { abandonedSwaps, withheldEnvelope } from './away.ts';
import { eventually, type Stage, type StagedSwap } from './stage.ts';
import { attackByVeto } from './veto.ts';

/** A story that must end well on every kind of network. Throws where it does not. */
export interface Scenario {
  readonly title: string;
  /** Which environments can tell it; default all. */
  readonly appliesTo?: (kind: EnvironmentKind) => boolean;
  play(stage: Stage): Promise<void>;
}

/** Points of each process where a crash is worst: around the reveal, between bytes and sending, after sending. */
const CRASHES: readonly CrashPlan[] = [
  {
    alice: 'submit.ethereum.claim.after',
    bob: 'submit.fabric.claim.before',
    relayer: 'commit.ethereum-update.after',
  },
  {
    alice: 'prepare.fabric.lock.after',
    bob: 'submit.ethereum.lock.after',
    relayer: 'receive.fabric#4',
  },
];

/** Finality lies two blocks below the head in every environment. */
const REORG_DEPTH = 2;

/** One after another on one network, each with swaps of its own in flight. */
export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'a swap each way settles',
    play: async (stage) => {
      await settles(stage, () => Promise.resolve());
    },
  },
  ...CRASHES.map((plan, index) => ({
    title: `agents and relayer die by SIGKILL: ${Object.values(plan).join(', ')}`,
    // devnode has a long suite of crashes of its own (relayer/test); the default run keeps its minute.
    appliesTo: ({ fabric }: EnvironmentKind) => index === 0 || fabric !== 'devnode',
    play: (stage: Stage) => crashes(stage, plan),
  })),
  {
    title: 'Ethereum throws away blocks with locks and claims',
    play: async (stage) => {
      await settles(stage, async (swaps) => {
        for (const swap of swaps) await reorgAway(stage, swap);
      });
    },
  },
  {
    title: "one endorser's clock lies, first ahead, then behind",
    play: async (stage) => {
      await settles(stage, async () => {
        for (const lieMs of [4_000, -5_000, 0]) {
          stage.environment.skewClock('Org3MSP', lieMs);
          await sleep(1_800);
        }
      });
    },
  },
  {
    title: "one organisation's peer is down, each in its turn",
    play: async (stage) => {
      await settles(stage, () => eachInTurn(stage.environment.fabric.peers, 1_500));
    },
  },
  {
    title: 'orderers stop and start again',
    play: async (stage) => {
      await settles(stage, () => eachInTurn(stage.environment.fabric.orderers.slice(0, 2), 1_500));
    },
  },
  {
    title: 'one of four BFT orderers is gone for the whole of both swaps',
    appliesTo: ({ fabric }) => fabric === 'native-bft',
    play: async (stage) => {
      const lost = stage.environment.fabric.orderers.at(-1);
      await lost?.down();
      await settles(stage, () => Promise.resolve());
      await lost?.up();
    },
  },
  {
    title: 'the Ethereum node is slow, forgets its tags, loses its pool, hangs up',
    play: async (stage) => {
      const { proxy } = stage.environment;
      await settles(stage, async () => {
        for (const fault of [delays(300), nullTags, lostPool, hangsUp]) {
          proxy.fault = fault;
          await sleep(1_200);
        }
        proxy.fault = undefined;
      });
    },
  },
];

/** These take long and are told beside the others, by parties who act by hand. */
export const SIDE_STORIES: readonly Scenario[] = [
  {
    title: 'an initiator walks away after locking, each way: both are refunded',
    play: abandonedSwaps,
  },
  {
    title: 'a claim that was withheld until after the refund changes nothing',
    play: withheldEnvelope,
  },
  ...(['claim of the long leg', 'claim of the short leg', 'refund'] as const).map((attack) => ({
    title: `an organisation refuses to endorse the ${attack}: two others do`,
    play: (stage: Stage) => attackByVeto(stage, attack, false),
  })),
];

/** The last one: nobody starts anything on a chain that breaks its word. */
export const FINALITY_GOES_BACK: Scenario = {
  title: 'finality goes back: no new work is begun',
  play: async (stage) => {
    const { environment, cast } = stage;
    await environment.reorg(8);
    await sleep(2_000);
    const swap = await stage.agree('ethereum-first');
    cast.hand(swap.file);
    await sleep(4_000);
    for (const ledger of ['fabric', 'ethereum'] as const)
      expect(await cast.parties.observer[ledger].leg(swap.terms)).toMatchObject({ state: 'none' });
  },
};

/** A swap each way, trouble while they run, and both settled in the end. */
async function settles(
  stage: Stage,
  trouble: (swaps: Awaited<ReturnType<Stage['bothWays']>>) => Promise<void>,
): Promise<void> {
  const swaps = await stage.bothWays();
  await trouble(swaps);
  const outcomes = await Promise.all(swaps.map((swap) => stage.outcome(swap)));
  expect(outcomes).toEqual(['settled', 'settled']);
}

/** Throws away the block with a swap's lock, if finality leaves it time: the lock is gone, or stands elsewhere. */
async function reorgAway(stage: Stage, swap: StagedSwap): Promise<void> {
  const { ethereum } = stage.cast.parties.observer;
  await stage.untilLocked(swap, 'ethereum');
  const [before, head] = [await ethereum.leg(swap.terms), await ethereum.head()];
  const depth = before.state === 'none' ? 0 : Number(head.height - before.at.height) + 1;
  if (before.state !== 'locked' || depth > REORG_DEPTH) return;
  await stage.environment.reorg(depth);
  const after = await eventually(() => ethereum.leg(swap.terms));
  if (after.state !== 'none') expect(after.at.blockHash).not.toBe(before.at.blockHash);
}

async function crashes(stage: Stage, plan: CrashPlan): Promise<void> {
  await stage.cast.plan(plan);
  await settles(stage, () => Promise.resolve());
  const expected = Object.entries(plan).map(([name, point]) => `${name} ${point}`);
  await eventually(() =>
    Promise.resolve(expected.every((death) => stage.cast.deaths.includes(death)) || undefined),
  );
}

async function eachInTurn(parts: readonly Breakable[], ms: number): Promise<void> {
  for (const part of parts) {
    await part.down();
    await sleep(ms);
    await part.up();
    await sleep(ms / 2);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
