import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { NetworkError } from './network-error.ts';

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
}

/**
 * Starts programs and makes sure that none outlives this process, however it ends: a tiny shell process holds
 * the list of process groups and ends them when its input closes, which happens even when we are killed with SIGKILL.
 */
export interface ProcessGroup {
  start(spec: ProcessSpec): RunningProcess;
  /** Stops all, last started first. */
  stopAll(): Promise<void>;
}

const REAPER = `
trap '' INT TERM HUP
groups=' '
while read -r op pid; do
  case $op in
    +) groups="$groups$pid " ;;
    -) groups=$(printf '%s' "$groups" | sed "s/ $pid / /") ;;
  esac
done
for pid in $groups; do kill -TERM "-$pid" 2>/dev/null; done
[ "$groups" = ' ' ] || sleep 2
for pid in $groups; do kill -KILL "-$pid" 2>/dev/null; done
`;

export function createProcessGroup(): ProcessGroup {
  const running: RunningProcess[] = [];
  const reaper = spawn('sh', ['-c', REAPER], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  // The pipe must not keep this process alive; its closing is the signal.
  (reaper.stdin as unknown as { unref(): void }).unref();
  reaper.stdin.on('error', () => undefined);

  return {
    start(spec) {
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
      for (const process of [...running].reverse()) await process.stop();
      reaper.stdin.end();
    },
  };
}

function startProcess(spec: ProcessSpec): RunningProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = createWriteStream(spec.logFile, { flags: 'a', mode: 0o600 });
  // An own process group: Ctrl-C in the terminal reaches only the parent, which stops its children in order.
  const child = spawn(spec.file, spec.args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', () => {
      resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  // Output may still arrive after 'exit'; 'close' is the last word.
  child.once('close', () => log.end());
  const ready = awaitReady(spec, child, exited);
  ready.catch(() => undefined);
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // Gone already.
    }
  };
  return {
    name: spec.name,
    pid: child.pid ?? -1,
    ready,
    exited,
    kill: () => {
      signal('SIGKILL');
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
): Promise<unknown> {
  const { readyLine, readyTimeoutMs = 30_000 } = spec;
  if (readyLine === undefined || child.stdout === null) return undefined;
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new NetworkError('START_TIMED_OUT', `${spec.name} did not become ready.`, {
          seconds: readyTimeoutMs / 1000,
          log: spec.logFile,
        }),
      );
    }, readyTimeoutMs);
    timer.unref();
    lines.on('line', (line) => {
      const value = readyLine(line);
      if (value === undefined) return;
      clearTimeout(timer);
      resolve(value);
    });
    child.once('error', (error) => {
      reject(
        new NetworkError('TOOL_MISSING', `${spec.name} could not be started: ${error.message}.`, {
          file: spec.file,
        }),
      );
    });
    void exited.then(({ code, signal }) => {
      clearTimeout(timer);
      reject(
        new NetworkError('PROCESS_FAILED', `${spec.name} ended before it was ready.`, {
          status: code ?? signal ?? 'unknown',
          log: spec.logFile,
        }),
      );
    });
  });
}
