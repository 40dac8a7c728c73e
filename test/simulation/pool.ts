import { Worker } from 'node:worker_threads';
import type { SeedResult } from './run-seed.ts';

/** Results in the order of their seeds, worked out by several threads; abandons what is under way when the caller stops. */
export async function* runSeeds(
  firstSeed: number,
  workers: number,
): AsyncGenerator<SeedResult, void, undefined> {
  const results = new Map<number, SeedResult>();
  let [nextSeed, nextResult] = [firstSeed, firstSeed];
  let wake: () => void = () => undefined;
  let broken: unknown;
  const threads = Array.from({ length: workers }, () => {
    const thread = new Worker(new URL('./worker.ts', import.meta.url), {
      execArgv: process.execArgv,
    });
    thread.on('message', (result: SeedResult) => {
      results.set(Number(result.seed), result);
      assign(thread);
      wake();
    });
    thread.on('error', (error) => {
      broken = error;
      wake();
    });
    return thread;
  });
  function assign(thread: Worker): void {
    thread.postMessage(String(nextSeed));
    nextSeed += 1;
  }
  for (const thread of threads) assign(thread);
  try {
    for (;;) {
      const result = results.get(nextResult);
      if (broken !== undefined)
        throw broken instanceof Error ? broken : new Error('a worker broke');
      if (result === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      results.delete(nextResult);
      nextResult += 1;
      yield result;
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
