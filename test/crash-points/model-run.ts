import { stateOf, type CrashPort } from '@midlock/client';
import {
  ALICE,
  BOB,
  CAROL,
  Crash,
  createKillable,
  createRig,
  createVictim,
  type Killable,
  type Rig,
  type Victim,
} from '@midlock/client/testing';
import { swapIdOf, type SwapTerms } from '@midlock/protocol';
import { createRelayer, type Relayer } from '@midlock/relayer';
import type { Scenario, Who } from './scenarios.ts';

/** One death: the how-manieth passage of a process through any crash point. */
export interface Kill {
  readonly who: Who;
  readonly passage: number;
}

export interface ModelRun {
  /** Ids of the points each process went through, over all its lives. */
  readonly passed: Readonly<Record<Who, readonly string[]>>;
  /** What a rule forbids and happened; empty when all is well. */
  readonly faults: readonly string[];
  /** How each swap ended on the ledgers: `claimed`, `returned` or `none`. */
  readonly outcomes: readonly string[];
}

const MAX_SEC = 150;

/** Runs a scenario on the models; whoever is killed comes back a second later on its store. */
export async function runOnModels(scenario: Scenario, kills: readonly Kill[]): Promise<ModelRun> {
  const rig = createRig();
  const passed: Record<Who, string[]> = { alice: [], bob: [], relayer: [] };
  const { stumble } = scenario;
  let second = 0;
  let stumbledAtSec: number | undefined;
  const isAway = (who: Who): boolean =>
    stumble?.who === who && stumbledAtSec !== undefined && second < stumbledAtSec + stumble.awaySec;
  const switchOf =
    (who: Who): CrashPort =>
    (id) => {
      passed[who].push(id);
      const passage = passed[who].length;
      if (stumble?.who === who && stumble.at === id && stumbledAtSec === undefined) {
        stumbledAtSec = second;
        throw new Crash(id);
      }
      if (kills.some((kill) => kill.who === who && kill.passage === passage)) throw new Crash(id);
    };
  const parties = { alice: createKillable(rig, ALICE), bob: createKillable(rig, BOB) };
  const relayer: Victim<Relayer> = createVictim({
    rig,
    party: CAROL,
    build: (modules) => createRelayer({ profile: rig.profile, tickMs: 1000 }, modules),
  });
  const gone = new Set<Who>(scenario.absent);
  const all = { ...parties, relayer };
  const present = (): Who[] =>
    (['alice', 'bob', 'relayer'] as const).filter((who) => !gone.has(who));
  const revive = async (): Promise<void> => {
    for (const who of present())
      if (!all[who].alive && !isAway(who)) await all[who].start(switchOf(who));
  };
  const terms = Array.from({ length: scenario.swaps }, (_, index) =>
    rig.terms(scenario.direction, index + 1),
  );
  scenario.weather?.(rig, second);
  await revive();
  for (const who of ['alice', 'bob'] as const)
    if (!gone.has(who))
      for (const each of terms)
        await takeFor(parties[who], each, scenario.agreesAtSec === undefined, revive);

  for (; second < MAX_SEC; second += 1) {
    scenario.weather?.(rig, second);
    await revive();
    if (scenario.agreesAtSec !== undefined && second >= scenario.agreesAtSec)
      for (const who of ['alice', 'bob'] as const)
        for (const each of terms) await parties[who].accept(swapIdOf(each)).catch(onlyCrash);
    await obey(scenario, rig, parties, terms);
    const { leaves } = scenario;
    if (leaves !== undefined && terms.every((each) => leaves.when(rig, each)))
      for (const who of leaves.who) {
        gone.add(who);
        all[who].kill();
      }
    await rig.second();
    if (await isOver(all, present(), terms)) break;
  }
  const faults = await audit(rig, scenario, all, present(), terms);
  return { passed, faults, outcomes: terms.map((each) => outcomeOf(rig, each)) };
}

/** A party that died before its swap was durable is given the terms again, as an operator would. */
async function takeFor(
  party: Killable,
  terms: SwapTerms,
  accepted: boolean,
  revive: () => Promise<void>,
): Promise<void> {
  while ((await party.session(swapIdOf(terms))) === undefined) {
    await revive();
    await party.take(terms, accepted).catch(onlyCrash);
  }
}

async function obey(
  { abandons }: Scenario,
  rig: Rig,
  parties: Readonly<Record<'alice' | 'bob', Killable>>,
  terms: readonly SwapTerms[],
): Promise<void> {
  if (abandons === undefined) return;
  const party = parties[abandons.who];
  for (const each of terms) {
    const swapId = swapIdOf(each);
    if (!abandons.when(rig, each) || (await party.session(swapId))?.abandoned === true) continue;
    if ((await party.store.load(swapId))?.open === true)
      await party.abandon(swapId).catch(onlyCrash);
  }
}

async function isOver(
  all: Readonly<Record<Who, { readonly store: Killable['store'] }>>,
  present: readonly Who[],
  terms: readonly SwapTerms[],
): Promise<boolean> {
  for (const who of present) {
    for (const each of terms) {
      const stored = await all[who].store.load(swapIdOf(each));
      if (stored?.open === true || (stored === undefined && who !== 'relayer')) return false;
    }
  }
  return present.length > 0;
}

/** Nothing lost, nothing doubled, every session recovered, each journal whole. */
async function audit(
  rig: Rig,
  scenario: Scenario,
  all: Readonly<Record<Who, { readonly store: Killable['store']; readonly failure: unknown }>>,
  present: readonly Who[],
  terms: readonly SwapTerms[],
): Promise<string[]> {
  const faults: string[] = [];
  if (!rig.conserved()) faults.push('an asset came or went');
  for (const each of terms) {
    const swapId = swapIdOf(each);
    const [outcome, locks] = [outcomeOf(rig, each), rig.ethereum.locksOf(swapId)];
    if (outcome.startsWith('torn')) faults.push(`one side has both: ${outcome}`);
    if (outcome.startsWith('open')) faults.push(`still locked: ${outcome}`);
    if (locks.length > 1) faults.push('locked twice on Ethereum');
    for (const who of present) {
      const stored = await all[who].store.load(swapId);
      if (stored === undefined) continue;
      const state = stateOf(stored.session);
      const expected = outcome === 'claimed' ? ['settled'] : ['refunded', 'cancelled'];
      if (stored.open) faults.push(`${who} still works on it in state ${state}`);
      else if (!expected.includes(state)) faults.push(`${who} says ${state}, ledgers ${outcome}`);
    }
  }
  for (const who of scenario.victims) {
    await all[who].store.verify().catch(() => faults.push(`${who}'s journal is damaged`));
    const { failure } = all[who];
    if (failure !== undefined && !(failure instanceof Crash))
      faults.push(`${who}: ${failure instanceof Error ? failure.message : 'unknown'}`);
  }
  return faults;
}

/** Both legs together, as the ledgers have them. */
function outcomeOf(rig: Rig, terms: SwapTerms): string {
  const swapId = swapIdOf(terms);
  const fabric = rig.fabric.midAccount(swapId)?.state ?? 'none';
  const ethereum = rig.ethereum.locksOf(swapId).at(-1)?.state ?? 'none';
  if (fabric === 'locked' || ethereum === 'locked') return `open: ${fabric}, ${ethereum}`;
  if ((fabric === 'claimed') !== (ethereum === 'claimed')) return `torn: ${fabric}, ${ethereum}`;
  if (fabric === 'claimed') return 'claimed';
  return fabric === 'none' && ethereum === 'none' ? 'none' : 'returned';
}

function onlyCrash(error: unknown): void {
  if (!(error instanceof Crash)) throw error;
}
