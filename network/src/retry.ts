import { NetworkError } from './network-error.ts';

/**
 * Repeats `attempt` every 50 ms until it succeeds.
 * @throws what `attempt` threw when `isTransient` says no, START_TIMED_OUT with the last reason after `timeoutMs`.
 */
export async function retry<T>(
  what: string,
  timeoutMs: number,
  attempt: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (Date.now() > deadline) {
        throw new NetworkError('START_TIMED_OUT', `${what} did not succeed in time.`, {
          seconds: timeoutMs / 1000,
          reason: reasonOf(error),
        });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One line about an error, at most 300 characters. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
