import { textOf } from './bytes.ts';
import { check } from './check.ts';

/** Amounts fit 128 bits on both ledgers, so that no sum of a block can overflow 256. */
export const MAX_AMOUNT = (1n << 128n) - 1n;

const DECIMAL = /^(?:0|[1-9][0-9]{0,77})$/;

/** Parses a canonical decimal string (no sign, point, exponent or leading zero). Throws AMOUNT_INVALID. */
export function parseDecimal(value: unknown, field: string): bigint {
  const text = textOf(value);
  check('amount.decimal', DECIMAL.test(text), 'AMOUNT_INVALID', { field });
  return BigInt(text);
}

/** Parses a positive amount of minor units, at most {@link MAX_AMOUNT}. Throws AMOUNT_INVALID. */
export function parseAmount(value: unknown, field: string): bigint {
  const amount = parseDecimal(value, field);
  check('amount.positive', amount > 0n, 'AMOUNT_INVALID', { field });
  check('amount.fits', amount <= MAX_AMOUNT, 'AMOUNT_INVALID', { field });
  return amount;
}
