import type { Packet } from './packets.ts';
import type { ExclusionReason } from './evidence.ts';
import { withEntry, type KeygenState } from './state.ts';

/** True at either end of a run. */
export function isFinished<T>(state: KeygenState<T>): boolean {
  return state.phase === 'active' || state.phase === 'failed';
}

/** Excludes a dealer, once, with what shows why. */
export function exclude<T>(
  state: KeygenState<T>,
  dealer: number,
  reason: ExclusionReason,
  packets: readonly Packet[],
): KeygenState<T> {
  if (state.excluded.has(dealer)) return state;
  return {
    ...state,
    excluded: withEntry(state.excluded, dealer, reason),
    evidence: [...state.evidence, { kind: 'excluded', dealer, reason, packets }],
  };
}
