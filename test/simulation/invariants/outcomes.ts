import { longLedger, refundFromSec, shortLedger } from '@midlock/client';
import type { EthereumModel } from '@midlock/client/model';
import type { Actor } from '../actor.ts';
import type { InvariantMaker } from './invariant.ts';

/** S3: for an honest party within its bounds, asset gone means due asset obtained. */
export const atomicity: InvariantMaker = ({ truth, mode, report }) => {
  const check = (atEnd: boolean): void => {
    if (mode === 'wild') return;
    for (const { swapId, terms, honest, number } of truth.swaps.values()) {
      const legs = { long: longLedger(terms), short: shortLedger(terms) };
      for (const [name, own, due] of [
        ['initiator', legs.long, legs.short],
        ['responder', legs.short, legs.long],
      ] as const) {
        if (!honest[name] || truth.leg(own, swapId, true) !== 'claimed') continue;
        const state = truth.leg(due, swapId, true);
        if (state === 'refunded' || (atEnd && state !== 'claimed'))
          report(
            'atomicity',
            `swap ${String(number)}: the ${name}'s ${own} leg is claimed, the ${due} leg is ${state}`,
          );
      }
    }
  };
  return {
    onChange: () => {
      check(false);
    },
    atEnd: () => {
      check(true);
    },
  };
};

/** L1: once faults have stopped, no leg of an honest owner stays locked, and honest processes come to an end with it. */
export const ends: InvariantMaker = ({ truth, actors, report }) => ({
  atEnd() {
    for (const { swapId, terms, honest, number } of truth.swaps.values()) {
      for (const [isHonest, ledger] of [
        [honest.initiator, longLedger(terms)],
        [honest.responder, shortLedger(terms)],
      ] as const) {
        if (isHonest && truth.leg(ledger, swapId, false) === 'locked')
          report('ends', `swap ${String(number)}: the honest ${ledger} leg is still locked`);
      }
    }
    for (const { name, disk } of actors) {
      for (const { session, open } of disk.view.sessions.values()) {
        const swap = truth.swaps.get(session.swapId);
        const standing = (['fabric', 'ethereum'] as const).some(
          (ledger) => truth.leg(ledger, session.swapId, false) === 'locked',
        );
        if (open && swap !== undefined && !standing)
          report(
            'ends',
            `${name} still works on swap ${String(swap.number)} though both legs have ended`,
          );
      }
    }
  },
});

/** Transactions of an honest account that left its process and are in no block. */
export async function sentAndWaiting(
  { party, disk }: Pick<Actor, 'party' | 'disk'>,
  ethereum: EthereumModel,
): Promise<number> {
  const mined = ethereum.nonce(party.ethereum);
  const entries = await disk.store.nonces.load(party.ethereum);
  return entries.filter(({ nonce, sent }) => sent && nonce >= mined).length;
}

/** L3: nothing of an honest account waits in a pool or a lane for ever. */
export const lanes: InvariantMaker = ({ actors, ethereum, report }) => ({
  async atEnd() {
    for (const actor of actors) {
      const stuck = await sentAndWaiting(actor, ethereum);
      if (stuck > 0)
        report(
          'lanes',
          `${actor.name} waits for nonce ${String(ethereum.nonce(actor.party.ethereum))}; ${String(stuck)} transactions are stuck`,
        );
    }
  },
});

/** L4: whatever a process has halted for, it undertakes the refund of its own leg itself, within O. */
export const halted: InvariantMaker = ({
  truth,
  actors,
  profile,
  mode,
  ethereum,
  nowMs,
  report,
}) => ({
  onChange() {
    if (mode === 'wild') return;
    const { observeSec, skewSec } = profile.party;
    const head = ethereum.blocks.at(-1)?.timeSec ?? 0n;
    for (const { name, kind, disk } of actors) {
      if (kind === 'relayer') continue;
      for (const { session, open } of disk.view.sessions.values()) {
        if (!open || session.role === 'relayer') continue;
        const own =
          session.role === 'initiator' ? longLedger(session.terms) : shortLedger(session.terms);
        const { lock, end } = session.legs[own];
        if (
          lock === undefined ||
          end !== undefined ||
          session.operations[`${own}/refund`] !== undefined
        )
          continue;
        const clock = own === 'ethereum' ? head : BigInt(Math.floor(nowMs() / 1000)) - skewSec;
        if (clock >= refundFromSec(session, own) + observeSec)
          report(
            'halted',
            `${name} leaves its ${own} leg of swap ${String(truth.swaps.get(session.swapId)?.number)} alone after the deadline`,
          );
      }
    }
  },
});

/** Processes end because somebody ends them, and leave journals that verify. */
export const processes: InvariantMaker = ({ actors, report }) => {
  const check = (): void => {
    for (const { name, collapse } of actors)
      if (collapse !== undefined)
        report(
          'processes',
          `${name} broke down: ${collapse instanceof Error ? collapse.message : 'unknown'}`,
        );
  };
  return {
    onChange: check,
    async atEnd() {
      check();
      for (const { name, disk } of actors) {
        await disk.store.verify().catch((error: unknown) => {
          report(
            'processes',
            `${name}'s journal: ${error instanceof Error ? error.message : 'unknown'}`,
          );
        });
      }
    },
  };
};
