/** Number of bits of a non-negative integer; 0 for 0. */
export function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return value === 0n ? 0 : 4 * hex.length - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}

/** `value` mod `modulus` in [0, modulus). */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Greatest common divisor of non-negative integers. Variable time. */
export function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** The inverse modulo `modulus`, or undefined when there is none. Variable time. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [r0, r1] = [modulus, modulo(value, modulus)];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return r0 === 1n ? modulo(t0, modulus) : undefined;
}

/** The whole part of the `degree`-th root of a positive integer, by Newton's method from above. */
export function integerRoot(value: bigint, degree: number): bigint {
  const k = BigInt(degree);
  let root = 1n << BigInt(Math.ceil(bitLength(value) / degree));
  for (;;) {
    const next = ((k - 1n) * root + value / root ** (k - 1n)) / k;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * base^exponent mod modulus with 4-bit windows, for any modulus > 1. BigInt arithmetic is not constant-time.
 */
export function powModPortable(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const [one, reduced] = [1n % modulus, base % modulus];
  const table = [one];
  for (let power = reduced; table.length < 16; power = (power * reduced) % modulus)
    table.push(power);
  let result = one;
  for (const digit of exponent.toString(16)) {
    for (let square = 0; square < 4; square += 1) result = (result * result) % modulus;
    result = (result * (table[Number.parseInt(digit, 16)] ?? one)) % modulus;
  }
  return result;
}
