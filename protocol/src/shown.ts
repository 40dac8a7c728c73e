const MAX_SHOWN = 20;

/**
 * A value of an input as an error may show it: at most 20 characters of a text or number, of anything else only its type.
 * An object of the input is never asked for its text: its own `toString` may be no function.
 */
export function shown(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return typeof value;
  return String(value).slice(0, MAX_SHOWN);
}
