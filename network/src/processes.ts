import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetworkError } from './network-error.ts';

const READY_POLL_MS = 20;

/** How one program is started. */
export interface ProcessSpec {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Resolves `ready` with the line for which this returns a value. */
  readonly readyLine?: (line: string) => unknown;
  readonly readyTimeoutMs?: number;
}

/** A program that runs until it is stopped. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** What `readyLine` returned. Rejects with PROCESS_FAILED or START_TIMED_OUT. */
  readonly ready: Promise<unknown>;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
  }>;
  /** SIGTERM, then SIGKILL after `graceMs`. Resolves when the process is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL now: for crash tests. */
  kill(): void;
  /** No longer keeps this process alive. */
  unref(): void;
}

/**
 * Starts programs and makes sure that none outlives this process, however it ends: a tiny shell process holds
 * the list of process groups and ends them when its input closes, which happens even when we are killed with SIGKILL.
 */
export interface ProcessGroup {
  start(spec: ProcessSpec): RunningProcess;
  /** True from the first call of stopAll or release on: nothing is started any more. */
  readonly closed: boolean;
  /** Stops all, last started first. */
  stopAll(): Promise<void>;
  /** Lets all of them outlive this process; returns their process ids, first started first. {@link stopReleased} ends them. */
  release(): readonly number[];
}

const REAPER = `
trap '' INT TERM HUP
groups=' '
while read -r op pid; do
  case $op in
    +) groups="$groups$pid " ;;
    -) groups=$(printf '%s' "$groups" | sed "s/ $pid / /") ;;
    release) exit 0 ;;
  esac
done
for pid in $groups; do kill -TERM "-$pid" 2>/dev/null; done
[ "$groups" = ' ' ] || sleep 2
for pid in $groups; do kill -KILL "-$pid" 2>/dev/null; done
`;

export function createProcessGroup(): ProcessGroup {
  const running: RunningProcess[] = [];
  let closed = false;
  const reaper = spawn('sh', ['-c', REAPER], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  // The pipe must not keep this process alive; its closing is the signal.
  (reaper.stdin as unknown as { unref(): void }).unref();
  reaper.stdin.on('error', () => undefined);

  return {
    get closed() {
      return closed;
    },
    start(spec) {
      if (closed)
        throw new NetworkError(
          'PROCESS_FAILED',
          `${spec.name} is not started: everything is being stopped.`,
        );
      const process = startProcess(spec);
      reaper.stdin.write(`+ ${process.pid}\n`);
      running.push(process);
      void process.exited.then(() => {
        reaper.stdin.write(`- ${process.pid}\n`);
        running.splice(running.indexOf(process), 1);
      });
      return process;
    },
    async stopAll() {
      closed = true;
      for (const process of [...running].reverse()) await process.stop();
      reaper.stdin.end();
    },
    release() {
      closed = true;
      reaper.stdin.write('release -\n');
      return running.map((process) => {
        process.unref();
        return process.pid;
      });
    },
  };
}

/** Ends processes that another process released, last started first; those that are gone are passed over. */
export async function stopReleased(pids: readonly number[], graceMs = 3000): Promise<void> {
  const told = [...pids].reverse().filter((pid) => signalGroup(pid, 'SIGTERM'));
  const until = Date.now() + graceMs;
  while (told.some(isAlive) && Date.now() < until) await sleep(25);
  for (const pid of told) signalGroup(pid, 'SIGKILL');
}

function startProcess(spec: ProcessSpec): RunningProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  // Output goes straight to the file, so that a released process does not depend on this one.
  const log = openSync(spec.logFile, 'a', 0o600);
  const from = statSync(spec.logFile).size;
  // An own process group: Ctrl-C in the terminal reaches only the parent, which stops its children in order.
  const child = spawn(spec.file, spec.args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', () => {
      resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const ready = awaitReady(spec, child, exited, from);
  ready.catch(() => undefined);
  const signal = (name: NodeJS.Signals) => child.pid !== undefined && signalGroup(child.pid, name);
  return {
    name: spec.name,
    pid: child.pid ?? -1,
    ready,
    exited,
    kill: () => {
      signal('SIGKILL');
    },
    unref: () => {
      child.unref();
    },
    async stop(graceMs = 3000) {
      signal('SIGTERM');
      const timer = setTimeout(() => {
        signal('SIGKILL');
      }, graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

async function awaitReady(
  spec: ProcessSpec,
  child: ChildProcess,
  exited: RunningProcess['exited'],
  from: number,
): Promise<unknown> {
  const { readyLine, readyTimeoutMs = 30_000 } = spec;
  let failure: NetworkError | undefined;
  child.once('error', (error) => {
    failure = new NetworkError(
      'TOOL_MISSING',
      `${spec.name} could not be started: ${error.message}.`,
      { file: spec.file },
    );
  });
  void exited.then(({ code, signal }) => {
    const status = code ?? signal ?? 'unknown';
    failure ??= new NetworkError('PROCESS_FAILED', `${spec.name} ended before it was ready.`, {
      status,
      log: spec.logFile,
    });
  });
  if (readyLine === undefined) return undefined;
  const until = Date.now() + readyTimeoutMs;
  const lines = followLines(spec.logFile, from);
  for (;;) {
    // What was written before the end counts: the failure is looked at first and thrown last.
    const ended = failure;
    for (const line of lines()) {
      const value = readyLine(line);
      if (value !== undefined) return value;
    }
    if (ended !== undefined) throw ended;
    if (Date.now() > until) {
      throw new NetworkError('START_TIMED_OUT', `${spec.name} did not become ready.`, {
        seconds: readyTimeoutMs / 1000,
        log: spec.logFile,
      });
    }
    await sleep(READY_POLL_MS);
  }
}

/** Each call returns the whole lines that were written to a file since the last one. */
function followLines(file: string, from: number): () => readonly string[] {
  let offset = from;
  let rest = '';
  return () => {
    const size = statSync(file).size;
    if (size <= offset) return [];
    const bytes = Buffer.alloc(size - offset);
    const handle = openSync(file, 'r');
    offset += readSync(handle, bytes, 0, bytes.length, offset);
    closeSync(handle);
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    return lines;
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

/** Ended, but not collected by its parent: signals still find it. Known where there is /proc. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
