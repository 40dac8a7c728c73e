import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { INVARIANTS } from './invariants/invariant.ts';
import { FAULT_KINDS, planOf } from './plan.ts';
import { PLANTED } from './plants.ts';
import { runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { tellStory } from './story.ts';

describe('a simulated run', () => {
  it('is the same twice: every line, the digest, the states and the faults', async () => {
    const twice = await Promise.all([recorded('9'), recorded('9')]);
    expect(twice[0].lines.length).toBeGreaterThan(1000);
    expect(twice[1]).toEqual(twice[0]);
    expect((await recorded('10')).result.digest).not.toBe(twice[0].result.digest);
  });

  it(
    'prints the same bytes for the same options, whatever the threads do',
    { timeout: 300_000 },
    () => {
      const outputs = ['1', '2'].map((workers) =>
        simulate('--steps', '5000', '--workers', workers),
      );
      expect(outputs[0]?.stdout).toBe(outputs[1]?.stdout);
      expect(outputs[0]?.stdout).toMatch(/\n\d+ passed, 0 failed\n$/);
      expect(outputs[0]?.status).toBe(0);
    },
  );

  it('goes on where a long run stopped, as if it had never stopped', { timeout: 300_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'midlock-simulation-'));
    const state = ['--long', '--state', join(folder, 'state.json'), '--workers', '1'];
    simulate(...state, '--steps', '2500');
    const resumed = simulate(...state, '--steps', '12000');
    expect(resumed.stdout).toBe(simulate('--workers', '1', '--steps', '12000').stdout);
    rmSync(folder, { recursive: true });
  });

  it('leaves everything else as it was when a fault or a swap is left out of its plan', () => {
    const seed = Array.from({ length: 50 }, (_, index) => String(index + 1)).find((candidate) => {
      const { episodes, swaps } = planOf(candidate);
      return episodes.length > 3 && swaps.length > 1;
    });
    const whole = planOf(seed ?? '');
    const gone = whole.episodes[1]?.id ?? 0;
    const smaller = planOf(seed ?? '', { without: new Set([gone]), withoutSwaps: new Set([1]) });
    expect(smaller.episodes).toEqual(whole.episodes.filter(({ id }) => id !== gone));
    expect(smaller.swaps).toEqual(whole.swaps.filter(({ number }) => number !== 1));
  });
});

describe('a seed that once broke an invariant', () => {
  it.each([
    ['1889', 'a failed write that had happened, and a mark that went on past its fact'],
    ['30030', 'a mark whose write had happened although it was reported as failed'],
    ['287', 'a second lock of an adversary kept an operator from lifting a halt'],
    ['311', 'a halt that stood in memory alone could not be lifted'],
    ['4270', 'the run ended between a dropped transaction and the next head'],
  ])('%s runs clean: %s', async (seed) => {
    expect((await runSeed(seed)).violation).toBeUndefined();
  });
});

describe('a planted bug', () => {
  it('exists for every invariant', () => {
    expect(new Set(PLANTED.map(({ seen }) => seen))).toEqual(new Set(Object.keys(INVARIANTS)));
  });

  it.each(PLANTED)('$seen sees that $bug, and nothing else does', async ({ seen, seed, run }) => {
    const { violation } = await runSeed(seed, run);
    expect(violation?.invariant).toBe(seen);
    const blind = await runSeed(seed, { ...run, withoutInvariants: new Set([seen]) });
    expect(blind.violation).toBeUndefined();
    const { plants: _removed, ...sound } = run;
    expect((await runSeed(seed, sound)).violation).toBeUndefined();
  });

  it('is shrunk to what it needs and told with both ledgers', async () => {
    const planted = PLANTED.find(({ seen }) => seen === 'reveal-rule');
    const options = { mode: 'bounded', plants: planted?.run.plants ?? {} } as const;
    const seed = await firstFailing(options);
    const { violation } = await runSeed(seed, options);
    if (violation === undefined) throw new Error('no failing seed');
    const { limits, violation: smallest } = await shrink(seed, violation, options);
    const [before, after] = [planOf(seed, options), planOf(seed, limits)];
    expect(smallest.invariant).toBe(violation.invariant);
    expect(before.episodes.length).toBeGreaterThan(0);
    expect(after.episodes.length).toBeLessThan(before.episodes.length);
    expect(after.swaps.length).toBe(1);
    const story = await tellStory(seed, { ...options, ...limits });
    expect(story).toContain('Both ledgers: Fabric at block');
    expect(story).toContain('on ethereum, deadline');
    expect(story).toContain('has on its disk:');
    expect(story).toContain(smallest.detail);
  });
});

it('knows every fault that the plan can draw', () => {
  const drawn = new Set(
    Array.from({ length: 300 }, (_, index) => planOf(String(index))).flatMap(({ episodes }) =>
      episodes.map(({ kind }) => kind),
    ),
  );
  expect(drawn).toEqual(new Set(FAULT_KINDS));
});

async function recorded(
  seed: string,
): Promise<{ lines: string[]; result: Awaited<ReturnType<typeof runSeed>> }> {
  const lines: string[] = [];
  const result = await runSeed(seed, {
    onLine: (atMs, line) => {
      lines.push(`${String(atMs)} ${line}`);
    },
  });
  return { lines, result };
}

function simulate(...args: readonly string[]): { stdout: string; status: number | null } {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--conditions=source', '--disable-warning=ExperimentalWarning', main, ...args],
    { encoding: 'utf8', timeout: 240_000 },
  );
  return { stdout, status };
}

async function firstFailing(options: Parameters<typeof runSeed>[1]): Promise<string> {
  for (let seed = 1; seed < 60; seed += 1) {
    const { violation } = await runSeed(String(seed), options);
    if (violation?.invariant === 'reveal-rule' && planOf(String(seed), options).episodes.length > 2)
      return String(seed);
  }
  throw new Error('no seed shows the planted bug');
}
