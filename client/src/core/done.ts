import { CORE_GUARDS, type CoreGuards } from './guards.ts';
import type { Session } from './session.ts';
import type { World } from './world.ts';

/**
 * True when nothing is left to do or to watch: the state is terminal, and each leg has ended for good or can never be
 * locked any more. A ledger that lags behind the other keeps the session open, since its facts may still come.
 */
export function isDone(session: Session, world: World, guards: CoreGuards = CORE_GUARDS): boolean {
  return (
    guards['done.state-terminal'](session) &&
    guards['done.ledgers-reliable'](world) &&
    (['fabric', 'ethereum'] as const).every((ledger) =>
      guards['done.leg-over'](session, world, ledger),
    )
  );
}
