import type { CurveEngine } from '../bls/engine.ts';
import { parseMember } from '../bls/points.ts';
import { BLS_TAGS } from '../bls/tags.ts';
import { verifySignature } from '../bls/verify.ts';
import { holds } from '../internal/check.ts';
import type { Verifier } from './verifier.ts';

/**
 * The verifier of a BLS12-381 group key (192 bytes, affine G2). A proof is the signature, 96 bytes, affine G1.
 * With the noble engine it runs wherever JavaScript does, chaincode included. Cost: 15 ms with noble, 3.5 with mcl.
 * @throws {CryptoError} CRYPTO_ENCODING or CRYPTO_RANGE for a malformed key.
 */
export function createBlsVerifier<P, Q>(
  engine: CurveEngine<P, Q>,
  groupKey: Uint8Array,
  tag: Uint8Array = BLS_TAGS.attestation,
): Verifier {
  const key = parseMember(engine.g2, groupKey);
  return {
    scheme: 'bls12381-g1',
    verify: (digest, proof) => {
      if (!holds('bls-verifier.digest-length', digest.length === 32)) return false;
      try {
        return holds(
          'bls-verifier.signature',
          verifySignature(engine, key, tag, digest, parseMember(engine.g1, proof)),
        );
      } catch {
        return false;
      }
    },
  };
}
