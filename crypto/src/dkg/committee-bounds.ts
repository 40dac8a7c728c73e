import { check } from '../internal/check.ts';

/** Largest committee. */
export const MAX_MEMBERS = 1000;

/** How many may fail, and how many partials make a signature. */
export interface CommitteeBounds {
  readonly size: number;
  /** f, members that may lie or stay silent: the largest number with size >= 3f + 1. */
  readonly faults: number;
  /**
   * For outcomes that exclude each other: any two sets of this size share more than f members, and size - f honest members reach it.
   * 2f + 1 when size = 3f + 1; more when size is larger, where 2f + 1 would let both outcomes be certified.
   */
  readonly threshold: number;
}

/**
 * The one place where thresholds come from: contracts, chaincode and committee take them from here.
 * @throws {CryptoError} CRYPTO_RANGE for a size outside 1 to 1000.
 */
export function committeeBounds(size: number): CommitteeBounds {
  check('bounds.size', Number.isInteger(size) && size >= 1 && size <= MAX_MEMBERS, 'CRYPTO_RANGE', {
    size,
  });
  const faults = Math.floor((size - 1) / 3);
  return { size, faults, threshold: Math.floor((size + faults) / 2) + 1 };
}
