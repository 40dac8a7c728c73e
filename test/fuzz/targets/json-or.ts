import { textOf } from '../target.ts';

/** The input as JSON, or something else where it is none: for parsers that take parsed JSON. */
export function jsonOr(input: Uint8Array, otherwise: unknown): unknown {
  try {
    return JSON.parse(textOf(input)) as unknown;
  } catch {
    return otherwise;
  }
}
