import { encodePacket } from '../dkg/packets.ts';
import type { KeygenState } from '../dkg/state.ts';
import { hex } from './vectors.ts';

/** Everything in a state that members must agree on, as plain text, for comparison. */
export function summarise<T>(state: KeygenState<T>): string {
  return JSON.stringify({
    phase: state.phase,
    height: String(state.height),
    excluded: [...state.excluded].sort(([a], [b]) => a - b),
    evidence: state.evidence.map((item) => ({
      ...item,
      packets: item.packets.map((packet) => hex(encodePacket(packet))),
    })),
    confirmed: [...state.confirmed].sort((a, b) => a - b),
    qualified: state.result?.qualified,
    transcript: state.result === undefined ? undefined : hex(state.result.transcript),
  });
}
