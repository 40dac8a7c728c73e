import { isMidlockError } from '@midlock/protocol';

/** What a check saw. Whatever is not ok says what to do. */
export type Seen =
  | { readonly status: 'ok'; readonly seen: string }
  | { readonly status: 'warn' | 'FAIL'; readonly seen: string; readonly next: string };

/** One thing that a swap stands on, and how it is looked at. Looking changes nothing. */
export interface Check<T> {
  readonly name: string;
  /** What is thrown is a failure, with the next step of its code. */
  readonly look: (subject: T) => Seen | Promise<Seen>;
}

/** A check that was made. */
export type Finding = Seen & { readonly name: string };

export const ok = (seen: string): Seen => ({ status: 'ok', seen });
export const warn = (seen: string, next: string): Seen => ({ status: 'warn', seen, next });
export const fail = (seen: string, next: string): Seen => ({ status: 'FAIL', seen, next });

/** Makes all checks of a family at once. Never throws. */
export function makeChecks<T>(
  checks: readonly Check<T>[],
  subject: T,
): Promise<readonly Finding[]> {
  return Promise.all(
    checks.map(async ({ name, look }) => {
      try {
        return { name, ...(await look(subject)) };
      } catch (error) {
        return { name, ...failureOf(error) };
      }
    }),
  );
}

/** An error as a failed check. */
export function failureOf(error: unknown): Seen {
  const seen = error instanceof Error ? error.message : String(error);
  const next = isMidlockError(error)
    ? error.entry.next
    : 'correct what is named here, then run midlock doctor again';
  return fail(seen, next);
}
