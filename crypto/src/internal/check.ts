import { CryptoError, type CryptoErrorCode, type CryptoErrorData } from '../errors.ts';

/** Ids of checks that a test has taken away. Filled only through testing/checks.ts; empty in production. */
export const removedChecks = new Set<string>();

/**
 * The answer of one check in a `verify` path: `condition`, or true when a test removed the check.
 * `id` is `module.rule` in kebab case, unique in the package.
 */
export function holds(id: string, condition: boolean): boolean {
  return condition || removedChecks.has(id);
}

/**
 * One check in a parsing path.
 * @throws {CryptoError} `code` with `data.check = id` when `condition` is false.
 */
export function check(
  id: string,
  condition: boolean,
  code: CryptoErrorCode,
  data: CryptoErrorData = {},
): void {
  if (!condition && !removedChecks.has(id)) throw new CryptoError(code, { check: id, ...data });
}
