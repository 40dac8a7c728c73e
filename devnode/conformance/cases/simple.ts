import { toPlain } from '../normalise.ts';
import type { Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';

/** A case whose result is whatever `run` returns, made plain. */
export function simple(
  id: string,
  title: string,
  run: (session: Session) => Promise<unknown>,
): ConformanceCase {
  return { id, title, run: async (session) => toPlain(await run(session)) };
}
