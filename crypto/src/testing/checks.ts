import { removedChecks } from '../internal/check.ts';

/** Runs `action` with the named checks taken away; they are back when it returns, throws or settles. Tests only. */
export function withoutChecks<T>(ids: readonly string[], action: () => T): T {
  // Only what was added here is taken back: a whole run may have a check removed (test/removed-checks).
  const added = ids.filter((id) => !removedChecks.has(id));
  for (const id of added) removedChecks.add(id);
  const restore = (): void => {
    for (const id of added) removedChecks.delete(id);
  };
  let result: T;
  try {
    result = action();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}

/**
 * Shows that `attack` is refused by exactly the check `id`: it throws or returns false now, and succeeds once the check is gone.
 * Returns false when either half fails, so that a test asserts on it.
 */
export function refusedOnlyBy(id: string, attack: () => unknown): boolean {
  return !succeeds(attack) && withoutChecks([id], () => succeeds(attack));
}

function succeeds(attack: () => unknown): boolean {
  try {
    return attack() !== false;
  } catch {
    return false;
  }
}
