import { isMidlockError } from '@midlock/protocol';

/** A process body: resolves when it has stopped; `ready` prints the one line that says it works. */
export type ProcessBody = (
  signal: AbortSignal,
  ready: (line: Readonly<Record<string, unknown>>) => void,
) => Promise<void>;

/**
 * Runs a body until SIGTERM or SIGINT. Prints one JSON line when it is ready; on failure one JSON line with the error's
 * code, and leaves with its exit code.
 */
export async function runProcess(body: ProcessBody): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stop.abort();
    });
  try {
    await body(stop.signal, (line) =>
      process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, ...line })}\n`),
    );
    process.exitCode = 0;
  } catch (error) {
    const shown = isMidlockError(error)
      ? error.toJSON()
      : { code: 'INTERNAL', message: error instanceof Error ? error.message : 'unknown' };
    process.stdout.write(`${JSON.stringify({ ready: false, error: shown })}\n`);
    if (!isMidlockError(error) && error instanceof Error)
      process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exitCode = isMidlockError(error) ? error.entry.exit : 1;
  }
  // Sockets of libraries may linger; everything durable is written by now.
  process.exit();
}

/** Resolves once the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = (): void => {
      resolve(undefined);
    };
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
