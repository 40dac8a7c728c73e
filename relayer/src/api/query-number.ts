import { z } from 'zod';

/** A whole number in a query: decimal digits and nothing else, so that `1e3`, ` 1` and an empty text are refused. */
export function queryNumber(
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): z.ZodPreprocess<z.ZodInt> {
  return z.preprocess(
    (value) =>
      typeof value === 'string' && /^(?:0|[1-9][0-9]{0,15})$/.test(value) ? Number(value) : value,
    z.int().min(least).max(most),
  );
}
