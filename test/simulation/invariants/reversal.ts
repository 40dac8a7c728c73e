import type { InvariantMaker } from './invariant.ts';

/** S9 beyond its bounds: nothing new is locked or revealed while a disk says that finality went backwards. */
export const noticed: InvariantMaker = ({ truth, report }) => {
  const seen = new Set<string>();
  /** Swaps whose secret had been let go before: sending it again is nothing new. */
  const revealed = new Set<string>();
  return {
    onCommit(actor, { sessions = [], mark }, { lost, halted }) {
      for (const { session } of sessions) {
        if (session.role === 'relayer') continue;
        for (const { ledger, action, attempt, handedOver } of Object.values(session.operations)) {
          const id = `${actor.name} ${String(lost)} ${session.swapId} ${ledger} ${action} ${String(attempt)}`;
          if (!handedOver || seen.has(id)) continue;
          seen.add(id);
          const isNew =
            action === 'lock' ||
            (action === 'claim' &&
              session.secretSeenAtSec === undefined &&
              !revealed.has(session.swapId));
          if (isNew && halted.size > 0 && mark === undefined)
            report(
              'noticed',
              `${actor.name} begins a ${action} of swap ${String(truth.swaps.get(session.swapId)?.number)} although ${[...halted].join()} is halted`,
            );
        }
        if (session.revealed) revealed.add(session.swapId);
      }
    },
  };
};
