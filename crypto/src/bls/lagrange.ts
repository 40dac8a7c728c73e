import { at } from '../internal/at.ts';
import { check } from '../internal/check.ts';

// Five factors below 2^10 stay below 2^53, so that most products are machine arithmetic.
const FACTORS_PER_CHUNK = 5;
const MAX_INDEX = 1023;

/**
 * Lagrange coefficients at zero for distinct indices in 1..1023, modulo a prime `order`:
 * sum of coefficient[i] * f(indices[i]) = f(0) for every polynomial of degree below indices.length.
 * Indices are small, so numerators and denominators are plain integers, reduced once each: 533 indices take some 5 ms
 * where field arithmetic takes 50. Public data only.
 * @throws {CryptoError} CRYPTO_RANGE for an index out of range, CRYPTO_STATE for a repeated one.
 */
export function lagrangeAtZero(indices: readonly number[], order: bigint): bigint[] {
  for (const index of indices) {
    check(
      'lagrange.index-range',
      Number.isInteger(index) && index >= 1 && index <= MAX_INDEX,
      'CRYPTO_RANGE',
      { index },
    );
  }
  check('lagrange.index-distinct', new Set(indices).size === indices.length, 'CRYPTO_STATE');
  const all = productOf(indices) % order;
  // coefficient_i = prod_{j != i} j / (j - i) = all / (i * prod_{j != i} (j - i))
  const denominators = indices.map((i) => {
    const product =
      (BigInt(i) * productOf(indices.filter((j) => j !== i).map((j) => j - i))) % order;
    return product < 0n ? product + order : product;
  });
  return invertAll(denominators, order).map((inverse) => (all * inverse) % order);
}

function productOf(factors: readonly number[]): bigint {
  let product = 1n;
  for (let start = 0; start < factors.length; start += FACTORS_PER_CHUNK) {
    let chunk = 1;
    for (let i = start; i < Math.min(start + FACTORS_PER_CHUNK, factors.length); i += 1)
      chunk *= at(factors, i);
    product *= BigInt(chunk);
  }
  return product;
}

/** Montgomery's trick: one inversion for all. */
function invertAll(values: readonly bigint[], order: bigint): bigint[] {
  const prefix: bigint[] = [1n];
  for (const value of values) prefix.push((at(prefix, prefix.length - 1) * value) % order);
  let inverse = invert(at(prefix, values.length), order);
  const inverses = new Array<bigint>(values.length);
  for (let i = values.length - 1; i >= 0; i -= 1) {
    inverses[i] = (inverse * at(prefix, i)) % order;
    inverse = (inverse * at(values, i)) % order;
  }
  return inverses;
}

function invert(value: bigint, order: bigint): bigint {
  let [r0, r1] = [order, value];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0n ? t0 + order : t0;
}
