import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import { createNativeEngine } from '../node/paillier-native.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { portableEngine } from './portable-engine.ts';
import { bitLength, gcd, inverse } from './integers.ts';
import { generateKey, generatePaperKey } from './key.ts';
import {
  acceptModulus,
  acceptPaperModulus,
  modulusChallenges,
  proveModulus,
  verifyModulusProof,
  type ProofContext,
} from './modulus-proof.ts';
import { seededRandom } from '../testing/random.ts';

const native = createNativeEngine();
const random = seededRandom('modulus proof');
const secret = generatePaperKey(native, 512, random);
const { n } = secret.public;
// The first session in whose proof some response has a second form in 64 bytes (see the range test).
const { context, proof } = firstSession();
const verify = (modulus: bigint, bits: number, bytes: Uint8Array): boolean =>
  verifyModulusProof(modulus, bits, context, bytes, native);

function firstSession(): { readonly context: ProofContext; readonly proof: Uint8Array } {
  for (let fill = 0; ; fill += 1) {
    const candidate = { owner: new Uint8Array(20).fill(1), session: new Uint8Array(32).fill(fill) };
    const bytes = proveModulus(secret, candidate, native);
    if (
      [0, 1, 2, 3, 4, 5, 6, 7].some(
        (i) => bytesInteger(bytes.subarray(64 * i, 64 * i + 64)) + n < 1n << 512n,
      )
    )
      return { context: candidate, proof: bytes };
  }
}

/** A proof for any modulus whose totient is known: a dishonest owner's best try. */
function proveWithTotient(modulus: bigint, bits: number, totient: bigint): Uint8Array {
  const root = inverse(modulus, totient)!;
  return concat(
    ...modulusChallenges(modulus, bits, context).map((challenge) =>
      integerBytes(powAny(challenge, root, modulus), bits / 8),
    ),
  );
}

function powAny(base: bigint, exponent: bigint, modulus: bigint): bigint {
  return portableEngine.powMod(base, exponent, modulus);
}

/** The product of `factors` and one more prime of such a size that the whole has `bits` bits and n-th roots exist. */
function modulusWith(
  factors: readonly bigint[],
  bits: number,
): { readonly modulus: bigint; readonly totient: bigint } {
  const product = factors.reduce((a, b) => a * b, 1n);
  for (let attempt = 0; ; attempt += 1) {
    const prime = native.prime(bits - bitLength(product) + (attempt % 2), random);
    const modulus = product * prime;
    const totient = factors.reduce((a, b) => a * (b - 1n), prime - 1n);
    if (bitLength(modulus) === bits && gcd(modulus, totient) === 1n) return { modulus, totient };
  }
}

describe('the modulus proof', () => {
  it('is equal in both engines and accepted by both', () => {
    expect(proveModulus(secret, context, portableEngine)).toEqual(proof);
    expect(verify(n, 512, proof)).toBe(true);
    expect(verifyModulusProof(n, 512, context, proof, portableEngine)).toBe(true);
  });

  it('gives a key of the sizes that are allowed', () => {
    const own = generateKey(native, 2048);
    const bytes = integerBytes(own.public.n, 256);
    expect(acceptModulus(bytes, context, proveModulus(own, context, native), native)).toEqual(
      own.public,
    );
    expect(acceptPaperModulus(integerBytes(n, 64), context, proof, native)).toEqual(secret.public);
    const larger = generatePaperKey(native, 1024);
    const largerProof = proveModulus(larger, context, native);
    const largerBytes = integerBytes(larger.public.n, 128);
    expect(acceptPaperModulus(largerBytes, context, largerProof, native)).toEqual(larger.public);
    expect(
      refusedOnlyBy('modulus.allowed-size', () =>
        acceptModulus(integerBytes(n, 64), context, proof, native),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('modulus.paper-size', () =>
        acceptPaperModulus(bytes, context, proveModulus(own, context, native), native),
      ),
    ).toBe(true);
  });

  it('is for one owner and one session', () => {
    const foreign = { owner: new Uint8Array(20).fill(9), session: context.session };
    const replayed = { owner: context.owner, session: new Uint8Array(32).fill(255) };
    for (const other of [foreign, replayed]) {
      expect(
        refusedOnlyBy('modulus.response', () => verifyModulusProof(n, 512, other, proof, native)),
      ).toBe(true);
    }
  });

  it('alone makes a modulus into a key', () => {
    const modulus = integerBytes(n, 64);
    expect(acceptPaperModulus(modulus, context, proof, native)).toEqual(secret.public);
    const foreign = { ...context, session: new Uint8Array(32).fill(0xee) };
    expect(() => acceptPaperModulus(modulus, foreign, proof, native)).toThrow(
      expect.objectContaining({ code: 'CRYPTO_KEY', data: { check: 'modulus.proof' } }),
    );
  });

  it('needs an owner and a session of 32 bytes', () => {
    const long = { owner: new Uint8Array(257), session: context.session };
    const short = { owner: context.owner, session: new Uint8Array(31) };
    expect(refusedOnlyBy('modulus.owner-length', () => proveModulus(secret, long, native))).toBe(
      true,
    );
    expect(refusedOnlyBy('modulus.session-length', () => proveModulus(secret, short, native))).toBe(
      true,
    );
  });
});

describe('what the proof refuses', () => {
  it('a modulus shorter than it says', () => {
    const short = modulusWith([native.prime(250, random)], 500);
    expect(
      refusedOnlyBy('modulus.size', () =>
        verify(short.modulus, 512, proveWithTotient(short.modulus, 512, short.totient)),
      ),
    ).toBe(true);
  });

  it.each([3n, 65_519n, 65_537n])(
    'a modulus with the small factor %i, even with rightful responses',
    (factor) => {
      const bad = modulusWith([factor], 512);
      const bytes = proveWithTotient(bad.modulus, 512, bad.totient);
      expect(refusedOnlyBy('modulus.small-factor', () => verify(bad.modulus, 512, bytes))).toBe(
        true,
      );
    },
  );

  it('a prime modulus, which permutes as well and hides nothing', () => {
    const prime = modulusWith([], 512);
    expect(
      refusedOnlyBy('modulus.prime', () =>
        verify(prime.modulus, 512, proveWithTotient(prime.modulus, 512, prime.totient)),
      ),
    ).toBe(true);
  });

  it('a square, twice: by its root and because it has no n-th roots', () => {
    const square = secret.p * secret.p;
    const guess = new Uint8Array(512).fill(1);
    const attack = (): boolean => verify(square, 512, guess);
    expect(withoutChecks(['modulus.response'], () => attack())).toBe(false);
    expect(withoutChecks(['modulus.perfect-power'], () => attack())).toBe(false);
    expect(withoutChecks(['modulus.response', 'modulus.perfect-power'], () => attack())).toBe(true);
  });

  it("no proof at all, as THORChain's signers did not ask for", () => {
    // Here p divides q - 1: n-th powers collide, so that ciphertexts of one plaintext have several randomisers and the owner can equivocate.
    const p = native.prime(200, random);
    let k = 1n << 112n;
    let q = 0n;
    do {
      k += 2n;
      q = k * p + 1n;
    } while (bitLength(p * q) !== 512 || powAny(2n, q - 1n, q) !== 1n);
    expect(gcd(p * q, (p - 1n) * (q - 1n))).toBe(p);
    const bad = p * q;
    const guesses = new Uint8Array(512).fill(1);
    expect(refusedOnlyBy('modulus.response', () => verify(bad, 512, guesses))).toBe(true);
    expect(
      refusedOnlyBy('modulus.proof-length', () =>
        withoutChecks(['modulus.response', 'modulus.response-range'], () =>
          verify(bad, 512, new Uint8Array(0)),
        ),
      ),
    ).toBe(true);
  });

  it('responses in another form: n more, or one byte more', () => {
    // A response below 2^512 - n has a second form in 64 bytes, equal modulo n: only the range tells them apart.
    const first = proof.slice();
    const place = Array.from({ length: 8 }, (_, i) => i).find(
      (i) => bytesInteger(proof.subarray(64 * i, 64 * i + 64)) + n < 1n << 512n,
    )!;
    first.set(
      integerBytes(bytesInteger(proof.subarray(64 * place, 64 * place + 64)) + n, 64),
      64 * place,
    );
    expect(refusedOnlyBy('modulus.response-range', () => verify(n, 512, first))).toBe(true);
  });

  it('any changed bit', () => {
    fc.assert(
      fc.property(fc.nat(8 * proof.length - 1), (bit) => {
        const changed = proof.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(verify(n, 512, changed)).toBe(false);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('any bytes of any length, without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(verify(n, 512, bytes)).toBe(false);
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});
