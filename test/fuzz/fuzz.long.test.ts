import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fuzz } from './run-command.ts';
import { tellFinding } from './story.ts';
import { superviseTarget } from './supervise.ts';
import { allTargets } from './targets/index.ts';

const SECONDS = 1;
const targets = await allTargets();

/** About a second of coverage-guided search for each target; `npm run fuzz` runs as long as one likes. */
describe('coverage-guided', () => {
  it.each(targets)('$name', async (target) => {
    const { found, result } = await superviseTarget({
      target: target.name,
      seed: 1,
      runs: Infinity,
      seconds: SECONDS,
    });
    const stories = found.map((one, i) =>
      tellFinding({ target, found: one, number: i + 1, seed: 1, file: '(not written)' }),
    );
    expect(stories.join('\n')).toBe('');
    expect(result?.runs).toBeGreaterThan(0);
  });
});

describe('planted bugs that take long', () => {
  it('nested lengths are found with feedback and not without', async () => {
    const args = ['--target', 'planted/nested-length', '--runs', '40000', '--seed', '2'];
    const guided = await fuzz(...args);
    expect([guided.code, guided.stdout]).toEqual([
      1,
      expect.stringContaining('TypeError: planted'),
    ]);
    expect((await fuzz(...args, '--blind')).code).toBe(0);
  });

  it.each([
    ['hang', 'hang'],
    ['memory', 'memory'],
    ['buffers', 'memory'],
  ])('a %s ends the worker, and its input is told', async (name, kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'midlock-fuzz-inputs-'));
    const file = join(folder, name);
    writeFileSync(file, 'A');
    const { code, stdout, written } = await fuzz('--target', `planted/${name}`, '--replay', file);
    rmSync(folder, { recursive: true, force: true });
    expect([code, stdout]).toEqual([1, expect.stringContaining(`: ${kind}`)]);
    expect(written.map(String)).toEqual(['A']);
  });
});
