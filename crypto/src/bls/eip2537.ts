import { concat } from '../encoding/bytes.ts';

/**
 * An affine point in the layout of EIP-2537: each field element in 64 bytes, and in G2 the c0 half first
 * (our bytes, like the compressed form, put c1 first). G1: 96 to 128 bytes; G2: 192 to 256 bytes.
 */
export function toEip2537(affine: Uint8Array): Uint8Array {
  const pad = new Uint8Array(16);
  const element = (index: number): Uint8Array =>
    concat(pad, affine.subarray(48 * index, 48 * index + 48));
  const order = affine.length === 192 ? [1, 0, 3, 2] : [0, 1];
  return concat(...order.map(element));
}
