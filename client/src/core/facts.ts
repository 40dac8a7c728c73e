import type { LedgerUpdate, LegFact } from '@midlock/protocol';
import type { SessionEffect, SessionNote } from './events.ts';
import { LOCK_FIELD_IDS, type FactGuards } from './fact-guards.ts';
import { doubtLeg, finalizeLeg, recordFact, rollBackLeg } from './leg.ts';
import type { Session } from './session.ts';
import type { World } from './world.ts';

/** What an update of a ledger does to a session, before anybody decides anything. */
export interface Absorbed {
  readonly session: Session;
  readonly effects: readonly SessionEffect[];
  readonly notes: readonly SessionNote[];
}

/** Takes in blocks, rollbacks, finality and stray secrets. Facts of other swaps are skipped. */
export function absorb(
  session: Session,
  update: LedgerUpdate,
  world: World,
  guards: FactGuards,
): Absorbed {
  switch (update.kind) {
    case 'block': {
      let absorbed: Absorbed = { session, effects: [], notes: [] };
      for (const fact of update.block.facts) {
        if (guards['fact.own-swap'](fact, session))
          absorbed = absorbFact(absorbed, fact, world, guards);
      }
      return absorbed;
    }
    case 'rollback':
      return withLeg(
        session,
        update.ledger,
        rollBackLeg(session.legs[update.ledger], update.height, guards),
        {
          kind: 'rolled-back',
          data: { ledger: update.ledger, height: String(update.height) },
        },
      );
    case 'finalized':
      return withLeg(
        session,
        update.ledger,
        finalizeLeg(session.legs[update.ledger], update.height, guards),
        {
          kind: 'final',
          data: { ledger: update.ledger, height: String(update.height) },
        },
      );
    case 'secret':
      return guards['secret.own-lock'](update, session)
        ? learn({ session, effects: [], notes: [] }, update.secret, update.ledger, world, guards)
        : { session, effects: [], notes: [] };
    case 'finality-regressed':
      return withLeg(
        session,
        update.ledger,
        doubtLeg(session.legs[update.ledger], update.toHeight ?? -1n, guards),
        {
          kind: 'doubted',
          data: { ledger: update.ledger, height: String(update.toHeight ?? -1n) },
        },
      );
  }
}

function absorbFact(before: Absorbed, fact: LegFact, world: World, guards: FactGuards): Absorbed {
  const { session } = before;
  const mismatch = mismatchOf(session, fact, guards);
  if (mismatch !== undefined) {
    const alarm = { code: 'TERMS_MISMATCH', detail: mismatch, atSec: world.nowSec } as const;
    return {
      ...before,
      session: { ...session, alarms: [...session.alarms, alarm].slice(-16) },
      notes: [...before.notes, { kind: 'mismatch', data: { ledger: fact.ledger, what: mismatch } }],
    };
  }
  const leg = recordFact(session.legs[fact.ledger], fact, guards);
  const changed = withLeg(session, fact.ledger, leg, {
    kind: fact.kind,
    data: {
      ledger: fact.ledger,
      txId: fact.at.txId,
      height: String(fact.at.height),
      ...(fact.kind === 'refunded' ? { how: fact.how } : {}),
    },
  });
  const merged: Absorbed = {
    session: changed.session,
    effects: before.effects,
    notes: [...before.notes, ...changed.notes],
  };
  return fact.kind === 'claimed' ? learn(merged, fact.secret, fact.ledger, world, guards) : merged;
}

/** The secret needs no finality: 32 bytes that hash to H are kept the moment they are seen anywhere. */
function learn(
  before: Absorbed,
  secret: Uint8Array,
  ledger: string,
  world: World,
  guards: FactGuards,
): Absorbed {
  const { session } = before;
  const { hashLock } = session.terms;
  if (session.secretSeenAtSec !== undefined) return before;
  if (!guards['secret.opens-lock'](secret, session)) return before;
  return {
    session: { ...session, secretSeenAtSec: world.nowSec },
    effects: [...before.effects, { kind: 'learn', hashLock, secret }],
    notes: [...before.notes, { kind: 'secret-seen', data: { ledger } }],
  };
}

/** The field in which a lock differs from the terms; every field of both legs is compared (H6). */
function mismatchOf({ terms }: Session, fact: LegFact, guards: FactGuards): string | undefined {
  if (fact.kind !== 'locked') return undefined;
  if (fact.ledger === 'fabric')
    return guards['fact.fabric.terms'](fact, terms) ? undefined : 'terms of the Fabric lock';
  const { lock } = fact;
  const wrong = LOCK_FIELD_IDS.find((id) => !guards[id](lock, terms));
  return wrong?.slice('fact.'.length);
}

function withLeg(
  session: Session,
  ledger: 'fabric' | 'ethereum',
  leg: Session['legs']['fabric'],
  note: SessionNote,
): Absorbed {
  if (leg === session.legs[ledger]) return { session, effects: [], notes: [] };
  return {
    session: { ...session, legs: { ...session.legs, [ledger]: leg } },
    effects: [],
    notes: [note],
  };
}
