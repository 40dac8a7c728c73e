import { at } from '../internal/at.ts';
import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { toEip2537 } from '../bls/eip2537.ts';
import type { CurveEngine, CurveGroup } from '../bls/engine.ts';
import { FIELD_PRIME, GROUP_ORDER } from '../bls/field.ts';
import { encodePoint, parseAffine, parseMember } from '../bls/points.ts';

export type Precompile =
  'add_G1' | 'add_G2' | 'mul_G1' | 'mul_G2' | 'map_fp_to_G1' | 'pairing_check';

/**
 * The EIP-2537 precompiles written with our engines and parsers, so that their vectors (valid and failing) test those.
 * Throws where the precompile fails.
 */
export function runPrecompile<P, Q>(
  engine: CurveEngine<P, Q>,
  name: Precompile,
  input: Uint8Array,
): Uint8Array {
  switch (name) {
    case 'add_G1':
      return add(engine.g1, input);
    case 'add_G2':
      return add(engine.g2, input);
    case 'mul_G1':
      return multiply(engine.g1, input);
    case 'mul_G2':
      return multiply(engine.g2, input);
    case 'map_fp_to_G1':
      return map(engine, input);
    case 'pairing_check':
      return pairing(engine, input);
  }
}

function add<T>(group: CurveGroup<T>, input: Uint8Array): Uint8Array {
  const size = paddedLength(group);
  expectLength(input, 2 * size);
  const a = parse(group, input.subarray(0, size), parseAffine);
  const b = parse(group, input.subarray(size), parseAffine);
  return serialise(group, group.add(a, b));
}

function multiply<T>(group: CurveGroup<T>, input: Uint8Array): Uint8Array {
  const size = paddedLength(group);
  expectLength(input, size + 32);
  const point = parse(group, input.subarray(0, size), parseMember);
  return serialise(group, group.multiply(point, bytesInteger(input.subarray(size)) % GROUP_ORDER));
}

function map<P, Q>(engine: CurveEngine<P, Q>, input: Uint8Array): Uint8Array {
  expectLength(input, 64);
  const element = bytesInteger(unpad(input));
  if (element >= FIELD_PRIME) throw new CryptoError('CRYPTO_ENCODING');
  return serialise(engine.g1, engine.mapToG1(element));
}

function pairing<P, Q>(engine: CurveEngine<P, Q>, input: Uint8Array): Uint8Array {
  if (input.length === 0 || input.length % 384 !== 0) throw new CryptoError('CRYPTO_ENCODING');
  const pairs = Array.from({ length: input.length / 384 }, (_, i) => {
    const bytes = input.subarray(384 * i, 384 * (i + 1));
    return [
      parse(engine.g1, bytes.subarray(0, 128), parseMember),
      parse(engine.g2, bytes.subarray(128), parseMember),
    ] as const;
  });
  return integerBytes(engine.productIsOne(pairs) ? 1n : 0n, 32);
}

function parse<T>(
  group: CurveGroup<T>,
  padded: Uint8Array,
  parser: (g: CurveGroup<T>, b: Uint8Array) => T,
): T {
  if (padded.every((byte) => byte === 0)) return group.identity;
  const elements = Array.from({ length: padded.length / 64 }, (_, i) =>
    unpad(padded.subarray(64 * i, 64 * i + 64)),
  );
  const order = elements.length === 4 ? [1, 0, 3, 2] : [0, 1];
  return parser(group, concat(...order.map((i) => at(elements, i))));
}

function serialise<T>(group: CurveGroup<T>, point: T): Uint8Array {
  return group.isIdentity(point)
    ? new Uint8Array(paddedLength(group))
    : toEip2537(encodePoint(group, point));
}

function unpad(element: Uint8Array): Uint8Array {
  if (element.subarray(0, 16).some((byte) => byte !== 0)) throw new CryptoError('CRYPTO_ENCODING');
  return element.subarray(16);
}

function paddedLength<T>(group: CurveGroup<T>): number {
  return (group.byteLength * 4) / 3;
}

function expectLength(input: Uint8Array, length: number): void {
  if (input.length !== length) throw new CryptoError('CRYPTO_ENCODING');
}
