import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a program that ended leaves behind. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Command lines of processes that it started and that still run. */
  readonly left: readonly string[];
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How long descendants may take to end after their parent; 0 where they are meant to stay. */
  readonly graceMs?: number;
}

const MARK = 'MIDLOCK_TEST_RUN';
const GRACE_MS = 8_000;

/**
 * Runs a TypeScript program to its end and looks for what it left running. Its descendants are known by a variable of
 * their environment, since process groups and sessions are left on purpose by what is started detached.
 */
export async function runMarked(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Ended> {
  const { child, mark } = startMarked(program, args, options);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status, stdout, stderr, left: await leftOf(mark, options.graceMs) };
}

/** Starts a TypeScript program with a mark that its descendants inherit. */
export function startMarked(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): { readonly child: ChildProcess; readonly mark: string } {
  const mark = randomUUID();
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, program, ...args], {
    cwd,
    env: { ...process.env, ...env, [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, mark };
}

/** Who still carries a mark after the time that an orderly end takes. */
export async function leftOf(mark: string, graceMs = GRACE_MS): Promise<readonly string[]> {
  const until = Date.now() + graceMs;
  for (;;) {
    const left = carriersOf(mark);
    if (left.length === 0 || Date.now() > until) return left;
    await sleep(50);
  }
}

function carriersOf(mark: string): readonly string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(pid, 'environ').includes(`${MARK}=${mark}`))
    .map((pid) => read(pid, 'cmdline').replaceAll('\0', ' '));
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
