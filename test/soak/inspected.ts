import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a Node process holds at one moment, after a full garbage collection. */
export interface Holding {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly externalBytes: number;
  /** Timers, sockets, streams and requests that keep the event loop alive. */
  readonly resources: number;
  /** Open file descriptors, where the system tells. */
  readonly files: number;
  /** The 99th percentile of how late the event loop was since the last look. */
  readonly loopDelayMs: number;
  /** Processor time since the process began. */
  readonly processorMs: number;
}

/** A process that was started with {@link INSPECT}, looked at through V8's inspector; its program is not changed. */
export interface Inspected {
  readonly pid: number;
  hold(): Promise<Holding>;
  close(): void;
}

/** Environment that lets a Node process be looked at. */
export const INSPECT = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const;

/** Evaluated in the process: sums only, so that looking leaves nothing behind. */
const LOOK = `(() => {
  const delay = (globalThis.__soakDelay ??= (() => {
    const made = process.getBuiltinModule('node:perf_hooks').monitorEventLoopDelay({ resolution: 20 });
    made.enable();
    return made;
  })());
  const { heapUsed, rss, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const found = {
    heapBytes: heapUsed, rssBytes: rss, externalBytes: external,
    resources: process.getActiveResourcesInfo().length,
    loopDelayMs: delay.percentile(99) / 1e6, processorMs: (user + system) / 1000, pid: process.pid,
  };
  delay.reset();
  return found;
})()`;

/** Connects to the process that writes to `logFile`. Throws when its inspector does not show within 10 s. */
export async function inspect(logFile: string): Promise<Inspected> {
  const socket = new WebSocket(await addressIn(logFile));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => {
      resolve();
    });
    socket.addEventListener('error', () => {
      reject(new Error(`no inspector behind ${logFile}`));
    });
  });
  const waiting = new Map<number, (result: unknown) => void>();
  let calls = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id === undefined) return;
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  const call = (method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    new Promise((resolve) => {
      calls += 1;
      waiting.set(calls, resolve);
      socket.send(JSON.stringify({ id: calls, method, params }));
    });
  const look = async (): Promise<Omit<Holding, 'files'> & { readonly pid: number }> => {
    const answer = await call('Runtime.evaluate', { expression: LOOK, returnByValue: true });
    return (answer as { result: { value: Omit<Holding, 'files'> & { pid: number } } }).result.value;
  };
  const { pid } = await look();
  return {
    pid,
    async hold() {
      // What only finalizers free goes with the second one.
      await call('HeapProfiler.collectGarbage');
      await call('HeapProfiler.collectGarbage');
      const { pid: _pid, ...found } = await look();
      return { ...found, files: filesOf(pid) };
    },
    close: () => {
      socket.close();
    },
  };
}

async function addressIn(logFile: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = /Debugger listening on (ws:\/\/\S+)/g;
    const [, address] = [...readFileSync(logFile, 'utf8').matchAll(found)].at(-1) ?? [];
    if (address !== undefined) return address;
    await sleep(100);
  }
  throw new Error(`no inspector in ${logFile}`);
}

function filesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${String(pid)}/fd`).length;
  } catch {
    return 0;
  }
}
