import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Passes the points one after the other and says so after each. */
const PASSES = `
  import { writeSync } from 'node:fs';
  const { crashSwitch } = await import(process.argv[1]);
  const pass = crashSwitch(process.argv[2]);
  for (const id of process.argv[3].split(',')) {
    pass(id);
    writeSync(1, id + ' passed\\n');
  }
`;

function run(
  at: string,
  passes: string,
): { readonly signal: string | null; readonly passed: string; readonly said: unknown } {
  const child = spawnSync(process.execPath, [
    ...['--conditions=source', '--disable-warning=ExperimentalWarning'],
    ...['--input-type=module', '--eval', PASSES],
    new URL('crash-switch.ts', import.meta.url).href,
    ...[at, passes],
  ]);
  const line = child.stderr.toString().trim();
  const { pid, ...said } = line === '' ? { pid: child.pid } : (JSON.parse(line) as { pid: number });
  expect(pid).toBe(child.pid);
  return { signal: child.signal, passed: child.stdout.toString().trim(), said };
}

describe('the crash switch of a real process', () => {
  it('kills at the point and lets nothing follow, and its last words name the point and the process', () => {
    expect(run('b', 'a,b,c')).toEqual({
      signal: 'SIGKILL',
      passed: 'a passed',
      said: { crash: 'b' },
    });
  });

  it('counts passages, and of several points the first that is reached kills', () => {
    expect(run('c,b#2', 'a,b,a,b,c')).toEqual({
      signal: 'SIGKILL',
      passed: 'a passed\nb passed\na passed',
      said: { crash: 'b#2' },
    });
  });

  it('does nothing at other points, nor when it is not set', () => {
    expect(run('d', 'a,b')).toEqual({ signal: null, passed: 'a passed\nb passed', said: {} });
    expect(run('', 'a')).toEqual({ signal: null, passed: 'a passed', said: {} });
  });
});
