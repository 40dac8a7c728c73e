import type { Random } from '../simulation/random.ts';
import type { Coverage, Reached } from './coverage.ts';
import { judge, signatureOf, type Finding } from './judge.ts';
import type { Mutator } from './mutate/mutator.ts';
import { shrinkInput } from './shrink.ts';
import type { Target } from './target.ts';

export interface ExploreOptions {
  readonly target: Target;
  readonly seeds: readonly Uint8Array[];
  readonly mutate: Mutator;
  readonly random: Random;
  /** Undefined makes the search blind: mutations of the seeds alone. */
  readonly coverage: Coverage | undefined;
  readonly runs: number;
  readonly mayGoOn: () => boolean;
  /** Told of each input before it runs, so that somebody outside knows which one never ended. */
  readonly onInput: (input: Uint8Array) => void;
  /** Promises that were rejected unseen since the last call. */
  readonly strayRejections: () => Promise<unknown[]>;
  readonly onFinding: (found: FoundInput) => void;
}

export interface FoundInput {
  readonly finding: Finding;
  readonly input: Uint8Array;
  readonly originalBytes: number;
  readonly atRun: number;
}

export interface Explored {
  readonly runs: number;
  readonly corpus: number;
  readonly findings: number;
  readonly reached: Reached;
}

interface Entry {
  readonly input: Uint8Array;
  /** What was spent on it: longer inputs cost more and are used less. */
  effort: number;
}

const BATCH = 256;
/** Each so many batches, some inputs are measured one by one for their loop counts: a take for each is dear. */
const COUNT_EVERY = 24;
const COUNTED = 32;
const NEWEST = 4;
const NEWEST_CHANCE = 0.3;
const MAX_FINDINGS = 20;
/** For inputs that take long: fewer in a batch, and fewer tries to make a finding small. */
const DEAR_BATCH = 32;
const DEAR_TRIES = 150;

/** Runs inputs batch by batch; those that reach new branches join the corpus, from which the next are bred. */
export async function explore(options: ExploreOptions): Promise<Explored> {
  const { target, random, coverage, mutate } = options;
  const corpus: Entry[] = [];
  const known = new Set<string>();
  let runs = 0;

  async function run(input: Uint8Array): Promise<void> {
    options.onInput(input);
    const verdict = judge(target, input);
    const finding = verdict instanceof Promise ? await verdict : verdict;
    if (finding !== undefined) await report(finding, input);
  }

  async function report(finding: Finding, input: Uint8Array): Promise<void> {
    const signature = signatureOf(finding);
    if (known.has(signature) || known.size >= MAX_FINDINGS) return;
    known.add(signature);
    let left = target.dear === true ? DEAR_TRIES : Infinity;
    const again = async (candidate: Uint8Array): Promise<boolean> => {
      left -= 1;
      if (left < 0) return false;
      options.onInput(candidate);
      const other = await judge(target, candidate);
      return other !== undefined && signatureOf(other) === signature;
    };
    const small = await shrinkInput(input, target.format, again);
    const last = (await judge(target, small)) ?? finding;
    options.onFinding({ finding: last, input: small, originalBytes: input.length, atRun: runs });
  }

  async function runAll(batch: readonly Uint8Array[]): Promise<void> {
    for (const input of batch) await run(input);
    const [stray] = await options.strayRejections();
    if (stray !== undefined) await blameStray(batch);
  }

  async function blameStray(batch: readonly Uint8Array[]): Promise<void> {
    for (const input of batch) {
      await run(input);
      const [stray] = await options.strayRejections();
      if (stray === undefined) continue;
      const finding: Finding = {
        kind: 'unhandled rejection',
        detail: stray instanceof Error ? `${stray.name}: ${stray.message}` : typeof stray,
        frames: [],
      };
      if (known.has(signatureOf(finding))) return;
      known.add(signatureOf(finding));
      options.onFinding({ finding, input, originalBytes: input.length, atRun: runs });
      return;
    }
  }

  /** Finds the inputs of a batch that reach something new, by halves, and keeps them. */
  async function keepNew(batch: readonly Uint8Array[], feedback: Coverage): Promise<void> {
    feedback.take();
    await runAll(batch);
    const snapshot = feedback.take();
    if (!feedback.grows(snapshot)) return;
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      feedback.commit(snapshot);
      feedback.countsGrow(snapshot);
      corpus.push({ input: first, effort: 0 });
      return;
    }
    const middle = batch.length >> 1;
    await keepNew(batch.slice(0, middle), feedback);
    await keepNew(batch.slice(middle), feedback);
  }

  async function keepCounts(batch: readonly Uint8Array[], feedback: Coverage): Promise<void> {
    feedback.take();
    for (const input of batch) {
      await run(input);
      const snapshot = feedback.take();
      const grows = feedback.grows(snapshot);
      if (grows) feedback.commit(snapshot);
      if (feedback.countsGrow(snapshot) || grows) corpus.push({ input, effort: 0 });
    }
  }

  async function step(batch: readonly Uint8Array[], number: number): Promise<void> {
    runs += batch.length;
    if (coverage === undefined) return runAll(batch);
    if (number % COUNT_EVERY === 1) await keepCounts(batch.slice(0, COUNTED), coverage);
    coverage.take();
    await runAll(batch);
    const snapshot = coverage.take();
    if (!coverage.grows(snapshot)) return;
    await keepNew(batch, coverage);
    // What does not come again (a module's first use) would otherwise be searched for in every batch.
    coverage.commit(snapshot);
  }

  /** Often one of the newest, else the less used of two: new entries get their turn and old ones are not forgotten. */
  function pick(): Uint8Array {
    const pool = random.chance(NEWEST_CHANCE) ? corpus.slice(-NEWEST) : corpus;
    const [a, b] = [random.pick(pool), random.pick(pool)];
    const entry = a.effort <= b.effort ? a : b;
    entry.effort += 1 + (entry.input.length >> 9);
    return entry.input;
  }

  for (const input of options.seeds) {
    coverage?.take();
    await runAll([input]);
    if (coverage !== undefined) {
      const snapshot = coverage.take();
      coverage.commit(snapshot);
      coverage.countsGrow(snapshot);
    }
    corpus.push({ input, effort: 0 });
    runs += 1;
  }
  for (let number = 0; runs < options.runs && options.mayGoOn(); number += 1) {
    const size = Math.min(target.dear === true ? DEAR_BATCH : BATCH, options.runs - runs);
    await step(
      Array.from({ length: size }, () => mutate(pick(), random.pick(corpus).input, random)),
      number,
    );
  }
  return {
    runs,
    corpus: corpus.length,
    findings: known.size,
    reached: coverage?.reached() ?? { branches: 0, known: 0 },
  };
}
