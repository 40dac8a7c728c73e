import { shake256 } from '@noble/hashes/sha3.js';
import { bytesInteger, concat, integerBytes, lengthPrefixed, utf8 } from '../encoding/bytes.ts';
import { PAILLIER_MODULUS_TAG } from '../encoding/domains.ts';
import { check, holds } from '../internal/check.ts';
import type { PaillierEngine } from './engine.ts';
import { bitLength, inverse } from './integers.ts';
import {
  isKeyBits,
  publicFromModulus,
  type PaperKey,
  type ProvenKey,
  type SecretKey,
} from './key.ts';
import { hasSmallFactor, isPerfectPower } from './primality.ts';
import { CryptoError } from '../errors.ts';

/** Responses in a proof: ceil(128 / log2(65537)), so that a bad modulus passes with probability at most 2^-128. */
export const PROOF_RESPONSES = 8;

/** Whom and what a proof is for; a proof made for another owner or session does not verify. */
export interface ProofContext {
  /** The owner's chain identity as bytes (address, or certificate key hash), 1 to 256 bytes. */
  readonly owner: Uint8Array;
  /** What the proof is made for, 32 bytes: fresh for each registration. */
  readonly session: Uint8Array;
}

/**
 * Proves gcd(n, phi(n)) = 1 without showing the factors: the n-th roots of eight hashed challenges.
 * Goldberg, Reyzin, Sagga, Baldimtsi, "Efficient Noninteractive Certification of RSA Moduli", ASIACRYPT 2019, with alpha = 65,537.
 * @returns 8 responses of `bits`/8 bytes. Cost: 16 powers of half size.
 */
export function proveModulus(
  secret: SecretKey,
  context: ProofContext,
  engine: PaillierEngine,
): Uint8Array {
  const {
    p,
    q,
    qInverse,
    public: { n, bits },
  } = secret;
  const dp = rootExponent(n, p);
  const dq = rootExponent(n, q);
  return concat(
    ...modulusChallenges(n, bits, context).map((challenge) => {
      const [rp, rq] = [engine.powMod(challenge % p, dp, p), engine.powMod(challenge % q, dq, q)];
      return integerBytes(rq + q * (((rp + p - (rq % p)) * qInverse) % p), bits / 8);
    }),
  );
}

/**
 * True when `n` has exactly `bits` bits, no prime factor up to 65,537, is neither prime nor a perfect power, and `proof` is
 * {@link proveModulus}'s for this context. Then x -> x^n permutes Z_n^*, so that every ciphertext decrypts to one plaintext.
 * It does not prove that n has only two factors. Cost: nine powers modulo n.
 */
export function verifyModulusProof(
  n: bigint,
  bits: number,
  context: ProofContext,
  proof: Uint8Array,
  engine: PaillierEngine,
): boolean {
  const size = bits / 8;
  if (!holds('modulus.size', bitLength(n) === bits)) return false;
  if (!holds('modulus.small-factor', !hasSmallFactor(n))) return false;
  if (!holds('modulus.prime', engine.powMod(2n, n - 1n, n) !== 1n)) return false;
  if (!holds('modulus.perfect-power', !isPerfectPower(n))) return false;
  if (!holds('modulus.proof-length', proof.length === PROOF_RESPONSES * size)) return false;
  return modulusChallenges(n, bits, context).every((challenge, i) => {
    const response = bytesInteger(proof.subarray(i * size, (i + 1) * size));
    return (
      holds('modulus.response-range', response > 0n && response < n) &&
      holds('modulus.response', engine.powMod(response, n, n) === challenge)
    );
  });
}

/**
 * Accepts a peer's modulus of 2,048, 3,072 or 4,096 bits: the only way to a {@link ProvenKey} of somebody else.
 * @param modulus `n`, big-endian, as many bytes as its size.
 * @throws {CryptoError} CRYPTO_KEY when the size is not allowed or the proof does not verify.
 */
export function acceptModulus(
  modulus: Uint8Array,
  context: ProofContext,
  proof: Uint8Array,
  engine: PaillierEngine,
): ProvenKey {
  const bits = 8 * modulus.length;
  check('modulus.allowed-size', isKeyBits(bits), 'CRYPTO_KEY', { bits });
  return accept(modulus, context, proof, engine) as ProvenKey;
}

/** {@link acceptModulus} for the paper's 512 and 1,024 bits. */
export function acceptPaperModulus(
  modulus: Uint8Array,
  context: ProofContext,
  proof: Uint8Array,
  engine: PaillierEngine,
): PaperKey {
  const bits = 8 * modulus.length;
  check('modulus.paper-size', bits === 512 || bits === 1024, 'CRYPTO_KEY', { bits });
  return accept(modulus, context, proof, engine) as PaperKey;
}

function accept(
  modulus: Uint8Array,
  context: ProofContext,
  proof: Uint8Array,
  engine: PaillierEngine,
): ProvenKey | PaperKey {
  const [n, bits] = [bytesInteger(modulus), 8 * modulus.length];
  if (!verifyModulusProof(n, bits, context, proof, engine))
    throw new CryptoError('CRYPTO_KEY', { check: 'modulus.proof' });
  return publicFromModulus(n, bits);
}

/** Eight values below n by SHAKE256 over tag, n, owner, session and index, reduced from 128 bits more than n has. */
export function modulusChallenges(
  n: bigint,
  bits: number,
  context: ProofContext,
): readonly bigint[] {
  check(
    'modulus.owner-length',
    context.owner.length > 0 && context.owner.length <= 256,
    'CRYPTO_RANGE',
    { field: 'owner' },
  );
  check('modulus.session-length', context.session.length === 32, 'CRYPTO_RANGE', {
    field: 'session',
  });
  const statement = lengthPrefixed(
    utf8(PAILLIER_MODULUS_TAG),
    integerBytes(n, Math.ceil(bitLength(n) / 8)),
    context.owner,
    context.session,
  );
  return Array.from(
    { length: PROOF_RESPONSES },
    (_, i) =>
      bytesInteger(shake256(concat(statement, Uint8Array.of(i)), { dkLen: bits / 8 + 16 })) % n,
  );
}

function rootExponent(n: bigint, prime: bigint): bigint {
  const exponent = inverse(n, prime - 1n);
  if (exponent === undefined) throw new CryptoError('CRYPTO_KEY', { check: 'paillier.gcd-phi' });
  return exponent;
}
