import type { CurveEngine } from './engine.ts';

/**
 * The pairing equation e(H(message), key) = e(signature, g2), for points that were parsed as members of their groups.
 * Cost: one hash to the curve, two Miller loops, one final exponentiation.
 */
export function verifySignature<P, Q>(
  engine: CurveEngine<P, Q>,
  key: Q,
  tag: Uint8Array,
  message: Uint8Array,
  signature: P,
): boolean {
  return verifyHashed(engine, key, engine.hashToG1(message, tag), signature);
}

/** As {@link verifySignature} with the message hashed already. */
export function verifyHashed<P, Q>(
  engine: CurveEngine<P, Q>,
  key: Q,
  hashed: P,
  signature: P,
): boolean {
  return engine.productIsOne([
    [engine.g1.negate(hashed), key],
    [signature, engine.g2.generator],
  ]);
}
