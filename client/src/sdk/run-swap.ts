import type { Hex32 } from '@midlock/protocol';
import { stateOf, type Session } from '../core/session.ts';
import type { Agent } from '../shell/agent.ts';
import { isAccepted, type TermsFile } from '../terms-file/terms-file.ts';

/** True iff both parties have signed these terms with both their keys. Costs four signature checks. */
export function verifyTerms(file: TermsFile): boolean {
  return isAccepted(file);
}

/**
 * Runs one swap of a started agent to its end: settled, refunded or cancelled.
 * @throws {MidlockError} what {@link Agent.take} throws; TIMED_OUT when the signal aborts first.
 */
export async function runSwap(
  agent: Agent,
  file: TermsFile,
  signal: AbortSignal,
): Promise<Session> {
  return agent.finished(await agent.take(file), signal);
}

/** Calls `onState` whenever a swap of an agent changes its state, until it is done or the signal aborts. Throws SWAP_UNKNOWN. */
export async function watchSwap(
  agent: Agent,
  swapId: Hex32,
  onState: (session: Session) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined;
  const tell = (session: Session): void => {
    const state = stateOf(session);
    if (session.swapId !== swapId || state === last) return;
    last = state;
    onState(session);
  };
  const stop = agent.subscribe(tell);
  try {
    await agent.explain(swapId);
    const now = await agent.session(swapId);
    if (now !== undefined) tell(now);
    await agent.finished(swapId, signal);
  } finally {
    stop();
  }
}
