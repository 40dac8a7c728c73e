import type { Hex32 } from '@midlock/protocol';
import type { Actor } from '../actor.ts';
import type { InvariantMaker } from './invariant.ts';

/** What a party knew of before it lost its disk, and when that was. */
interface Memory {
  readonly known: Set<Hex32>;
  lost: number;
  lostMs: number;
}

/** S5, L1: a lost store is made good from the ledgers, with nothing but keys. */
export const recovery: InvariantMaker = ({ actors, truth, profile, mode, nowMs, report }) => {
  const memories = new Map<string, Memory>();
  const boundMs = Number(profile.party.observeSec) * 2000;

  function memoryOf({ name, disk }: Actor): Memory {
    const memory = memories.get(name) ?? { known: new Set(), lost: 0, lostMs: 0 };
    memories.set(name, memory);
    if (disk.view.lost > memory.lost)
      Object.assign(memory, { lost: disk.view.lost, lostMs: nowMs() });
    return memory;
  }

  const lockedMs = (swapId: Hex32): number =>
    Number(truth.facts('fabric', swapId)[0]?.at.timeSec ?? 0n) * 1000;

  return {
    onCommit(actor, { sessions = [] }) {
      if (actor.kind !== 'party') return;
      for (const { session } of sessions) memoryOf(actor).known.add(session.swapId);
    },
    onChange() {
      if (mode === 'wild') return;
      for (const actor of actors) {
        if (actor.kind !== 'party') continue;
        const { known, lost, lostMs } = memoryOf(actor);
        if (lost === 0) continue;
        for (const swapId of known) {
          const sinceMs = Math.max(lostMs, lockedMs(swapId));
          if (nowMs() < sinceMs + boundMs) continue;
          if (actor.disk.view.sessions.has(swapId) || actor.handledByHand(swapId)) continue;
          if (truth.leg('fabric', swapId, true) === 'locked')
            report(
              'recovery',
              `${actor.name} does not know swap ${String(truth.swaps.get(swapId)?.number)} any more, which stands locked on Fabric`,
            );
        }
      }
    },
  };
};
