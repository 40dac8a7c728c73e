import { secp256k1, secp256k1_FROST } from '@noble/curves/secp256k1.js';
import { bytesInteger, concat } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import type { Verifier } from './verifier.ts';

const { Point } = secp256k1;
const FIELD = Point.Fp.ORDER;
const ORDER = Point.Fn.ORDER;

/**
 * The verifier of a FROST key (33 bytes, compressed secp256k1; its x is below the group order, as ecrecover needs it).
 * A proof is R.x, R.y and z, 32 bytes each: the signature of RFC 9591 with R uncompressed, so that the EVM needs no square root.
 * @throws {CryptoError} CRYPTO_ENCODING or CRYPTO_KEY for a malformed or unsuitable key.
 */
export function createFrostVerifier(groupKey: Uint8Array): Verifier {
  check('frost-verifier.key', isCompressedPoint(groupKey), 'CRYPTO_ENCODING');
  check('frost-verifier.key-below-order', bytesInteger(groupKey.subarray(1)) < ORDER, 'CRYPTO_KEY');
  return {
    scheme: 'frost-secp256k1',
    verify: (digest, proof) => {
      if (!holds('frost-verifier.digest-length', digest.length === 32)) return false;
      const signature = proofSignature(proof);
      if (signature === undefined) return false;
      try {
        return holds(
          'frost-verifier.signature',
          secp256k1_FROST.verify(signature, digest, groupKey),
        );
      } catch {
        return false;
      }
    },
  };
}

/** The proof (96 bytes) of a signature of RFC 9591 (65 bytes: R compressed, z). Costs a square root. Throws for a malformed R. */
export function frostProof(signature: Uint8Array): Uint8Array {
  check('frost-proof.length', signature.length === 65, 'CRYPTO_ENCODING');
  const r = Point.fromBytes(signature.subarray(0, 33));
  return concat(r.toBytes(false).subarray(1), signature.subarray(33));
}

/** Back to 65 bytes, or undefined when the proof is not canonical: length, R on the curve with reduced coordinates, z below n. */
function proofSignature(proof: Uint8Array): Uint8Array | undefined {
  if (!holds('frost-verifier.length', proof.length === 96)) return undefined;
  const word = (place: number): bigint => bytesInteger(proof.subarray(32 * place, 32 * place + 32));
  const [x, y, z] = [word(0), word(1), word(2)];
  if (x >= FIELD || y >= FIELD || z >= ORDER) return undefined;
  // Compressing keeps only y's parity; without this check another y would be a second proof of the same signature.
  const { Fp } = Point;
  const onCurve = Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), 7n));
  if (!holds('frost-verifier.point', onCurve)) return undefined;
  return concat(Uint8Array.of(2 + Number(y & 1n)), proof.subarray(0, 32), proof.subarray(64, 96));
}

function isCompressedPoint(bytes: Uint8Array): boolean {
  try {
    return (
      bytes.length === 33 &&
      Point.fromBytes(bytes)
        .toBytes(true)
        .every((byte, i) => byte === bytes[i])
    );
  } catch {
    return false;
  }
}
