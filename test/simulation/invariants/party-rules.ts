import {
  longLedger,
  secretOfTerms,
  shortLedger,
  type Operation,
  type Session,
} from '@midlock/client';
import { decodeCall } from '@midlock/client/model';
import { sameAccount, toHex, type LedgerName } from '@midlock/protocol';
import type { Actor } from '../actor.ts';
import type { InvariantContext, InvariantMaker } from './invariant.ts';

/** Calls back once for each operation that may leave the process from now on. */
function onHandOver(
  then: (actor: Actor, session: Session, operation: Operation, decidedMs: number) => void,
): ReturnType<InvariantMaker> {
  const seen = new Set<string>();
  return {
    onCommit(actor, { sessions = [] }, { lost }, issuedMs) {
      for (const { session } of sessions) {
        for (const operation of Object.values(session.operations)) {
          const { ledger, action, attempt, handedOver } = operation;
          const id = `${actor.name} ${String(lost)} ${session.swapId} ${ledger} ${action} ${String(attempt)}`;
          if (!handedOver || seen.has(id)) continue;
          seen.add(id);
          then(actor, session, operation, issuedMs);
        }
      }
    },
  };
}

/** Seconds left to a deadline as the most optimistic clock within bounds may see them; whole seconds round up. */
function leftSec(
  { profile, nowMs }: InvariantContext,
  deadlineSec: bigint,
  decidedMs: number,
): number {
  const slackSec = Number(profile.party.skewSec) + 1;
  return Number(deadlineSec) - Math.min(decidedMs, nowMs()) / 1000 + slackSec;
}

/** S4, locking: the short leg only on a final long one, with the guard's time left. */
export const lockRule: InvariantMaker = (context) => {
  const { truth, profile, report, mode } = context;
  const { party, fabric, ethereum } = profile;
  const roundSec = ethereum.reorgSpanSec + party.observeSec + ethereum.inclusionSec;
  const settleSec = ethereum.inclusionSec + party.thrownOut * roundSec;
  return onHandOver((actor, { terms, role, swapId }, { action, ledger }, decidedMs) => {
    if (action !== 'lock' || role !== 'responder' || ledger !== shortLedger(terms)) return;
    if (truth.reversedMs !== undefined) return;
    const number = String(truth.swaps.get(swapId)?.number);
    const long = longLedger(terms);
    if (truth.leg(long, swapId, true) !== 'locked')
      report(
        'lock-rule',
        `${actor.name} locks swap ${number} while the ${long} leg is ${truth.leg(long, swapId, true)} for good`,
      );
    const guard =
      ledger === 'ethereum'
        ? ethereum.inclusionSec +
          ethereum.finalitySec +
          party.observeSec +
          party.observeSec +
          settleSec
        : fabric.commitSec +
          party.observeSec +
          2n * fabric.commitSec +
          party.observeSec +
          party.skewSec;
    const left = leftSec(context, terms[ledger].expiresAtSec, decidedMs);
    if (mode === 'bounded' && left < Number(guard))
      report(
        'lock-rule',
        `${actor.name} locks swap ${number} ${left.toFixed(1)} s before its deadline, guard ${String(guard)} s`,
      );
  });
};

/** S4, revealing: only on two final locks, with the guard's time left. */
export const revealRule: InvariantMaker = (context) => {
  const { truth, profile, report, mode } = context;
  const { party, fabric, ethereum } = profile;
  const roundSec = ethereum.reorgSpanSec + party.observeSec + ethereum.inclusionSec;
  const settleSec = ethereum.inclusionSec + party.thrownOut * roundSec;
  const revealed = new Set<string>();
  return onHandOver((actor, { terms, role, swapId }, { action, ledger }, decidedMs) => {
    if (action !== 'claim' || role !== 'initiator' || revealed.has(swapId)) return;
    revealed.add(swapId);
    if (truth.reversedMs !== undefined) return;
    const number = String(truth.swaps.get(swapId)?.number);
    for (const side of ['fabric', 'ethereum'] as const) {
      const state = truth.leg(side, swapId, true);
      if (state !== 'locked')
        report(
          'reveal-rule',
          `${actor.name} reveals swap ${number} while the ${side} leg is ${state} for good`,
        );
    }
    const guard =
      ledger === 'ethereum'
        ? party.observeSec + settleSec
        : 2n * fabric.commitSec + party.observeSec + party.skewSec;
    const left = leftSec(context, terms[ledger].expiresAtSec, decidedMs);
    if (mode === 'bounded' && left < Number(guard))
      report(
        'reveal-rule',
        `${actor.name} reveals swap ${number} ${left.toFixed(1)} s before its deadline, guard ${String(guard)} s`,
      );
  });
};

/** S5: one lock for each leg of an honest owner. */
export const atMostOnce: InvariantMaker = ({ truth, report }) => ({
  onChange() {
    for (const { swapId, terms, honest, number } of truth.swaps.values()) {
      for (const ledger of ['fabric', 'ethereum'] as const) {
        if (!(ledger === longLedger(terms) ? honest.initiator : honest.responder)) continue;
        const locks = truth.facts(ledger, swapId).filter(({ kind }) => kind === 'locked').length;
        if (locks > 1)
          report(
            'at-most-once',
            `swap ${String(number)} is locked ${String(locks)} times on ${ledger}`,
          );
      }
    }
  },
});

/** S6: the bytes and the decision to send them are durable before they leave. */
export const writeAhead: InvariantMaker = ({ report }) => ({
  onPrepare(actor, ledger, { action, terms }) {
    // Endorsers see a Fabric proposal, so that preparing it is sending it.
    if (ledger !== 'fabric') return;
    if (!isHandedOver(actor, ledger, action, terms.hashLock))
      report('write-ahead', `${actor.name} proposes a ${action} that its disk does not name`);
  },
  onSubmit(actor, { txId, ledger }) {
    const { effectOf, sessions } = actor.disk.view;
    const key = effectOf.get(txId);
    if (key === undefined) {
      report('write-ahead', `${actor.name} sends ${ledger} bytes that its disk does not hold`);
      return;
    }
    const operation = [...sessions.values()]
      .flatMap(({ session }) =>
        Object.values(session.operations).map((entry) => ({ session, entry })),
      )
      .find(({ session, entry }) =>
        key.startsWith(`${session.swapId}/${entry.ledger}/${entry.action}/`),
      );
    if (operation?.entry.handedOver !== true)
      report(
        'write-ahead',
        `${actor.name} sends for ${key.slice(67)} before the decision is durable`,
      );
  },
});

function isHandedOver(actor: Actor, ledger: LedgerName, action: string, hashLock: string): boolean {
  return [...actor.disk.view.sessions.values()].some(
    ({ session }) =>
      session.terms.hashLock === hashLock &&
      session.operations[`${ledger}/${action}`]?.handedOver === true,
  );
}

/** S6, secrets: on no wire before the reveal is durable; a claim's proposal never goes to the counterparty. */
export const secrecy: InvariantMaker = ({ truth, actors, report }) => {
  const secrets = new Map<string, string>();
  /** Swaps whose secret was let go once, also on a disk that is lost since. */
  const revealed = new Set<string>();
  /** Swaps whose secret an honest initiator still keeps. */
  const keepers = (): { actor: Actor; secret: string; number: number }[] =>
    [...truth.swaps.values()].flatMap(({ swapId, terms, honest, number }) => {
      if (!honest.initiator || revealed.has(swapId)) return [];
      const owner = terms[longLedger(terms)].owner;
      const actor = actors.find(
        ({ kind, party }) =>
          kind === 'party' &&
          (typeof owner === 'string' ? party.ethereum === owner : sameAccount(party.fabric, owner)),
      );
      if (actor === undefined) return [];
      const secret = secrets.get(swapId) ?? toHex(secretOfTerms(actor.party.seed, terms)).slice(2);
      secrets.set(swapId, secret);
      return [{ actor, secret, number }];
    });
  return {
    onCommit(_actor, { sessions = [] }) {
      for (const { session } of sessions) if (session.revealed) revealed.add(session.swapId);
    },
    onPrepare(actor, ledger, intent) {
      if (ledger !== 'fabric' || intent.action !== 'claim') return;
      const hex = toHex(intent.secret).slice(2);
      for (const { secret, number } of keepers())
        if (secret === hex)
          report(
            'secrecy',
            `${actor.name} shows the secret of swap ${String(number)} to endorsers too early`,
          );
    },
    onWire(actor, ledger, bytes) {
      if (ledger !== 'ethereum') return;
      const { secret: sent } = decodeCall(bytes);
      if (sent === undefined) return;
      const hex = toHex(sent).slice(2);
      for (const { secret, number } of keepers())
        if (secret === hex)
          report('secrecy', `${actor.name} sends the secret of swap ${String(number)} too early`);
    },
    onEndorse({ action, creator, terms }, mspIds) {
      const honest = actors.some(({ party }) => sameAccount(party.fabric, creator));
      if (action === 'claim' && honest && mspIds.includes(terms.fabric.owner.mspId))
        report('secrecy', `a claim of ${creator.mspId} was shown to ${terms.fabric.owner.mspId}`);
    },
  };
};

/** S9: what a process holds for final is final on the ledger itself. */
export const finality: InvariantMaker = ({ truth, report }) => {
  const verified = new Set<string>();
  return {
    onCommit(actor, { sessions = [] }) {
      if (truth.reversedMs !== undefined) return;
      for (const { session } of sessions) {
        for (const ledger of ['fabric', 'ethereum'] as const) {
          const { lock, end } = session.legs[ledger];
          for (const mark of [lock, end]) {
            if (mark?.final !== true) continue;
            const id = `${session.swapId} ${ledger} ${mark.at.txId}`;
            if (verified.has(id)) continue;
            const fact = truth
              .facts(ledger, session.swapId)
              .find(({ at }) => at.txId === mark.at.txId && at.blockHash === mark.at.blockHash);
            if (fact !== undefined && truth.isFinal(fact)) verified.add(id);
            else
              report(
                'finality',
                `${actor.name} holds a ${ledger} ${mark === lock ? 'lock' : 'end'} for final that is ${fact === undefined ? 'not there' : 'not final'}`,
              );
          }
        }
      }
    },
  };
};
