import type { ErrorCode } from './errors/catalogue.ts';
import { MidlockError, type ErrorData } from './errors/midlock-error.ts';

/**
 * The answer of one condition in a verify path. `id` is `module.rule`, unique in the package; `npm run removed-checks` takes each
 * away in turn and expects a test to notice.
 */
export function holds(_id: string, condition: boolean): boolean {
  return condition;
}

/**
 * One condition of a parser or a guard: the only way in which this package says no.
 * @throws {MidlockError} `code` with `data`, which must hold no secret, unless `condition`.
 */
export function check(
  id: string,
  condition: boolean,
  code: ErrorCode,
  data: ErrorData | (() => ErrorData) = {},
): asserts condition {
  if (!holds(id, condition))
    throw new MidlockError(code, typeof data === 'function' ? data() : data);
}
