import { MidlockError } from './errors/midlock-error.ts';

/** Amounts fit 128 bits on both ledgers, so that no sum of a block can overflow 256. */
export const MAX_AMOUNT = (1n << 128n) - 1n;

const DECIMAL = /^(?:0|[1-9][0-9]{0,77})$/;

/** Parses a canonical decimal string (no sign, point, exponent or leading zero). Throws AMOUNT_INVALID. */
export function parseDecimal(value: unknown, field: string): bigint {
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value);
  throw new MidlockError('AMOUNT_INVALID', { field });
}

/** Parses a positive amount of minor units, at most {@link MAX_AMOUNT}. Throws AMOUNT_INVALID. */
export function parseAmount(value: unknown, field: string): bigint {
  const amount = parseDecimal(value, field);
  if (amount > 0n && amount <= MAX_AMOUNT) return amount;
  throw new MidlockError('AMOUNT_INVALID', { field });
}
