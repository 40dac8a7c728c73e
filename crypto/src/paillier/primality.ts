import { bytesInteger } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { randomBelow, type RandomSource } from '../internal/random.ts';
import { bitLength, integerRoot, powModPortable } from './integers.ts';

/** No prime factor up to here is accepted in a modulus: alpha of the modulus proof. */
export const SMALL_FACTOR_BOUND = 65_537;

const SMALL_PRIMES = sieve(SMALL_FACTOR_BOUND);
// Products of three stay below 2^53, so that one BigInt remainder serves three primes.
const SMALL_PRIME_GROUPS = group(SMALL_PRIMES);

/** True when a prime up to 65,537 divides `n` (and is not `n` itself). Variable time. */
export function hasSmallFactor(n: bigint): boolean {
  for (const { product, primes } of SMALL_PRIME_GROUPS) {
    const rest = Number(n % product);
    for (const prime of primes) if (rest % prime === 0 && n !== BigInt(prime)) return true;
  }
  return false;
}

/** True when `n` = a^k for some k >= 2 and a above the small-factor bound. */
export function isPerfectPower(n: bigint): boolean {
  for (const k of SMALL_PRIMES) {
    if (16 * k > bitLength(n)) return false;
    if (integerRoot(n, k) ** BigInt(k) === n) return true;
  }
  return false;
}

/** Miller-Rabin with `rounds` random bases after trial division; a composite passes with probability at most 4^-rounds. Variable time. */
export function isProbablePrime(n: bigint, random: RandomSource, rounds = 40): boolean {
  if (n < 2n) return false;
  if (n <= BigInt(SMALL_FACTOR_BOUND)) return SMALL_PRIMES.includes(Number(n));
  if (hasSmallFactor(n)) return false;
  let odd = n - 1n;
  let twos = 0;
  for (; odd % 2n === 0n; odd /= 2n) twos += 1;
  for (let round = 0; round < rounds; round += 1) {
    if (!passesRound(n, odd, twos, 1n + randomBelow(n - 2n, random))) return false;
  }
  return true;
}

/**
 * A random prime of exactly `bits` bits, 3 mod 4, with the two top bits set.
 * Cost: about `bits`/3 Miller-Rabin rounds in BigInt; seconds above 1,024 bits. The native engine is faster.
 */
export function randomPrimePortable(bits: number, random: RandomSource): bigint {
  const top = 3n << BigInt(bits - 2);
  const mask = (1n << BigInt(bits)) - 1n;
  for (let attempt = 0; attempt < 100 * bits; attempt += 1) {
    const candidate = (bytesInteger(random.bytes(Math.ceil(bits / 8))) & mask) | top | 3n;
    if (isProbablePrime(candidate, random)) return candidate;
  }
  throw new CryptoError('CRYPTO_ENGINE', { field: 'random' });
}

function passesRound(n: bigint, odd: bigint, twos: number, base: bigint): boolean {
  let power = powModPortable(base, odd, n);
  if (power === 1n || power === n - 1n) return true;
  for (let i = 1; i < twos; i += 1) {
    power = (power * power) % n;
    if (power === n - 1n) return true;
  }
  return false;
}

function sieve(bound: number): readonly number[] {
  const composite = new Uint8Array(bound + 1);
  const primes: number[] = [];
  for (let i = 2; i <= bound; i += 1) {
    if (composite[i] === 1) continue;
    primes.push(i);
    for (let multiple = i * i; multiple <= bound; multiple += i) composite[multiple] = 1;
  }
  return primes;
}

function group(
  primes: readonly number[],
): readonly { readonly product: bigint; readonly primes: readonly number[] }[] {
  const groups = [];
  for (let i = 0; i < primes.length; i += 3) {
    const three = primes.slice(i, i + 3);
    groups.push({
      product: three.reduce((product, prime) => product * BigInt(prime), 1n),
      primes: three,
    });
  }
  return groups;
}
