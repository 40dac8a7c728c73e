import {
  isDone,
  openSession,
  type Action,
  type Reducer,
  type Role,
  type Session,
  type SessionEvent,
  type World,
} from '@midlock/client';
import { ALICE, createPartyReducer, createRig } from '@midlock/client/testing';
import {
  CATALOGUE,
  parseHex32,
  secretDomain,
  swapIdOf,
  type ErrorCode,
  type LedgerName,
  type LegFact,
  type SwapTerms,
} from '@midlock/protocol';
import { profileOf } from './figures.ts';
import type { Agent, EthereumLeg, FabricLeg, Flight, Setting, State } from './state.ts';

/** Tick 0 in seconds. */
const ORIGIN_SEC = 1_000_000n;
const OTHER = parseHex32(`0x${'5'.repeat(64)}`, 'other');

function secondsAt(tick: number): bigint {
  return ORIGIN_SEC + BigInt(tick);
}

/** What the clocks show in one moment: the host's error and the endorsers', in ticks. */
export interface Reading {
  readonly host: number;
  readonly endorser: number;
}

interface Stepped {
  readonly session: Session;
  readonly sends: boolean;
}

function worldKey({ nowSec, headSec }: World): string {
  return `${String(nowSec)},${String(headSec.fabric)},${String(headSec.ethereum)}`;
}

/** Drives the real reducer of one party as the product's shell does: observe, decide, hand over, send, send again. */
export interface Driver {
  open(role: Exclude<Role, 'relayer'>): Agent;
  observe(agent: Agent, ledger: LedgerName, state: State, reading: Reading): Agent;
  /** Decides and hands over what is due; returns what left the process. */
  act(agent: Agent, state: State, reading: Reading): Agent;
  /** Whether time alone now calls for a deed. */
  wouldAct(agent: Agent, t: number, reading: Reading): boolean;
  refused(agent: Agent, flight: Flight, code: ErrorCode, t: number, reading: Reading): Agent;
  reverted(agent: Agent, flight: Flight, t: number, reading: Reading): Agent;
  /** Shows it bytes that are not the secret; the same agent when it does not believe them. */
  mislead(agent: Agent, t: number): Agent;
  sessionKey(session: Session): string;
}

export function createDriver(setting: Setting, deadlines: Record<LedgerName, number>): Driver {
  const terms = termsOf(setting, deadlines);
  const secret = ALICE.seed.secret(secretDomain(terms), terms.nonce);
  const profile = profileOf(setting.figures, setting.bounds.gap);
  const reduce: Reducer = createPartyReducer(setting.guards);
  const swapId = swapIdOf(terms);
  const keys = new WeakMap<Session, string>();
  const interned = new Map<string, Session>();
  const known = new WeakMap<Session, Map<string, Stepped>>();
  const facts = new Map<string, LegFact>();

  function worldAt(t: number, { host, endorser }: Reading): World {
    return {
      nowSec: secondsAt(t + host),
      headSec: { fabric: secondsAt(t + endorser), ethereum: secondsAt(t) },
      halted: [],
    };
  }

  /** Of an attempt's number only the backoff matters: 1, 2, 4, ... ticks, at most O. */
  function backoff(attempt: number): string {
    return String(Math.min(2 ** (attempt - 1), Math.max(setting.figures.O, 1)));
  }

  /** The idempotency key of what a flight works on. */
  function keyOf({ operations }: Session, { ledger, action }: Flight): string {
    const attempt = operations[`${ledger}/${action}`]?.attempt ?? 0;
    return `${swapId}/${ledger}/${action}/${String(attempt)}`;
  }

  function sessionKey(session: Session): string {
    const cached = keys.get(session);
    if (cached !== undefined) return cached;
    const { legs, operations, revealed, secretSeenAtSec, abandoned, startExpired } = session;
    const leg = ({ lock, end }: Session['legs']['fabric']): string =>
      [
        lock === undefined ? '' : lock.final ? 'f' : String(lock.at.height),
        end === undefined ? '' : `${end.how}${end.final ? 'f' : String(end.at.height)}`,
      ].join();
    const ops = Object.entries(operations).map(
      ([id, { attempt, phase, handedOver, retryAtSec }]) =>
        phase === 'done'
          ? `${id}done`
          : `${id}${backoff(attempt)}${phase}${handedOver ? 'h' : ''}${phase === 'waiting' ? String(retryAtSec ?? '') : ''}`,
    );
    const key = [
      session.role,
      leg(legs.fabric),
      leg(legs.ethereum),
      ...ops.sort(),
      revealed ? 'r' : '',
      secretSeenAtSec === undefined ? '' : 's',
      abandoned ? 'a' : '',
      startExpired ? 'x' : '',
    ].join(';');
    keys.set(session, key);
    return key;
  }

  /** One object for equal sessions, so that the reducer is asked once for each of its inputs. */
  function intern(session: Session): Session {
    const key = sessionKey(session);
    const first = interned.get(key);
    if (first === undefined) interned.set(key, session);
    return first ?? session;
  }

  function ask(session: Session, name: string, event: () => SessionEvent): Stepped {
    let answers = known.get(session);
    if (answers === undefined) known.set(session, (answers = new Map<string, Stepped>()));
    let answer = answers.get(name);
    if (answer === undefined) {
      const result = reduce(session, event());
      answer = result.ok
        ? {
            session: intern(result.session),
            sends: result.effects.some(({ kind }) => kind === 'send'),
          }
        : { session, sends: false };
      answers.set(name, answer);
    }
    return answer;
  }

  function feed(session: Session, what: string, world: World, event: () => SessionEvent): Session {
    return ask(session, `${what} ${worldKey(world)}`, event).session;
  }

  function factAt(ledger: LedgerName, kind: string, tick: number, forged?: string): LegFact {
    const name = [ledger, kind, tick, forged].join();
    const fact = facts.get(name) ?? newFact(ledger, kind, tick, forged);
    facts.set(name, fact);
    return fact;
  }

  function newFact(ledger: LedgerName, kind: string, tick: number, forged?: string): LegFact {
    const at = {
      height: BigInt(tick),
      blockHash: `${ledger}-${String(tick)}`,
      txId: kind,
      timeSec: secondsAt(tick),
    };
    const base = { swapId, at };
    if (kind === 'locked')
      return ledger === 'fabric'
        ? { kind, ledger, ...base, terms: forgedTerms(terms, forged) }
        : { kind, ledger, ...base, lock: forgedLock(terms, forged) };
    if (kind === 'claimed') return { kind, ledger, ...base, secret };
    if (kind === 'declined') return { kind, ledger: 'fabric', ...base, terms };
    return { kind: 'refunded', ledger, ...base, how: kind as 'expiry' };
  }

  function tell(session: Session, facts: readonly LegFact[], world: World): Session {
    return facts.reduce(
      (current, fact) =>
        feed(
          current,
          `${fact.kind} ${fact.ledger} ${String(fact.at.height)} ${fact.at.txId}`,
          world,
          () => ({
            kind: 'ledger',
            world,
            update: {
              kind: 'block',
              block: {
                ledger: fact.ledger,
                height: fact.at.height,
                hash: fact.at.blockHash,
                parentHash: '',
                timeSec: fact.at.timeSec,
                facts: [fact],
              },
            },
          }),
        ),
      session,
    );
  }

  function tellFabric(
    session: Session,
    leg: FabricLeg,
    told: string,
    world: World,
    forged?: string,
  ): Session {
    const facts: LegFact[] = [];
    if (leg.lockedAt !== undefined && !told.includes('L'))
      facts.push(factAt('fabric', 'locked', leg.lockedAt, forged));
    if (leg.endedAt !== undefined && !told.includes('E'))
      facts.push(factAt('fabric', leg.state, leg.endedAt));
    return tell(session, facts, world);
  }

  function tellEthereum(
    session: Session,
    leg: EthereumLeg,
    told: string,
    world: World,
    forged?: string,
  ): Session {
    const [lockBefore, endBefore] = told.split('|') as [string, string];
    const gone =
      lockBefore !== '' && lockBefore !== lockMark(leg)
        ? Number.parseInt(lockBefore, 10)
        : endBefore !== '' && endBefore !== endMark(leg)
          ? Number.parseInt(endBefore, 10)
          : undefined;
    let current = session;
    if (gone !== undefined)
      current = feed(current, `rollback ${String(gone)}`, world, () => ({
        kind: 'ledger',
        world,
        update: { kind: 'rollback', ledger: 'ethereum', height: BigInt(gone - 1), hash: '' },
      }));
    const facts: LegFact[] = [];
    const lockGone = lockBefore !== lockMark(leg);
    if (leg.lock !== undefined && lockGone)
      facts.push(factAt('ethereum', 'locked', leg.lock.ts, forged));
    if (leg.end !== undefined && (lockGone || endBefore !== endMark(leg)))
      facts.push(factAt('ethereum', leg.end.how, leg.end.ts));
    current = tell(current, facts, world);
    const height =
      leg.end?.final === true ? leg.end.ts : leg.lock?.final === true ? leg.lock.ts : undefined;
    if (height === undefined) return current;
    return feed(current, `finalized ${String(height)}`, world, () => ({
      kind: 'ledger',
      world,
      update: {
        kind: 'finalized',
        ledger: 'ethereum',
        height: BigInt(height),
        hash: '',
        timeSec: secondsAt(height),
      },
    }));
  }

  /** Operations that wait for the executor: open, and nothing of theirs is on its way or on the chain. */
  function idle(
    { session, flights }: Agent,
    state: State,
  ): { key: string; ledger: LedgerName; action: Action; handedOver: boolean }[] {
    return Object.values(session.operations)
      .filter(({ phase }) => phase === 'open')
      .map(({ ledger, action, attempt, handedOver }) => ({
        key: `${session.swapId}/${ledger}/${action}/${String(attempt)}`,
        ledger,
        action,
        handedOver,
      }))
      .filter(
        ({ ledger, action, handedOver }) =>
          !(
            handedOver &&
            flights.some((flight) => flight.ledger === ledger && flight.action === action)
          ) &&
          // The attempt that was sent is followed, not sent again while it stands; a new one knows nothing of it.
          !(handedOver && takenEffect(state, ledger, action)),
      );
  }

  function withSession(
    agent: Agent,
    session: Session,
    world: World,
    due: number | undefined,
    state: State,
  ): Agent {
    const next = { ...agent, session, done: isDone(session, world, setting.guards) };
    const pending = idle(next, state).length > 0;
    if (!pending || due === undefined) return next;
    return { ...next, dueAct: Math.min(due, agent.dueAct ?? due) };
  }

  return {
    open(role) {
      const opened = openSession({
        terms,
        role: 'relayer',
        profile,
        nowSec: secondsAt(0),
        accepted: true,
      });
      return {
        role,
        session: intern({ ...opened, role }),
        toldFabric: '',
        toldEthereum: '|',
        flights: [],
        kills: setting.faults === 'all' ? 1 : 0,
        thrown: {},
        done: false,
        ...(role === 'initiator' ? { dueAct: setting.figures.O } : {}),
      };
    },
    observe(agent, ledger, state, reading) {
      const world = worldAt(state.t, reading);
      const session =
        ledger === 'fabric'
          ? tellFabric(agent.session, state.fabric, agent.toldFabric, world, state.forged)
          : tellEthereum(agent.session, state.ethereum, agent.toldEthereum, world, state.forged);
      const { dueFabric, dueEthereum, ...rest } = agent;
      const due = ledger === 'fabric' ? dueFabric : dueEthereum;
      const told =
        ledger === 'fabric'
          ? {
              ...rest,
              toldFabric: fabricMark(state.fabric),
              ...(dueEthereum === undefined ? {} : { dueEthereum }),
            }
          : {
              ...rest,
              toldEthereum: ethereumMark(state.ethereum),
              ...(dueFabric === undefined ? {} : { dueFabric }),
            };
      return withSession(told, session, world, due, state);
    },
    act(agent, state, reading) {
      const world = worldAt(state.t, reading);
      let session = feed(agent.session, 'tick', world, () => ({ kind: 'tick', world }));
      const flights: Flight[] = [...agent.flights];
      for (const { key, ledger, action } of idle({ ...agent, session }, state)) {
        session = feed(session, key, world, () => ({ kind: 'hand-over', key, world }));
        const operation = session.operations[`${ledger}/${action}`];
        if (operation?.handedOver === true && operation.phase === 'open')
          flights.push({ ledger, action, since: state.t });
      }
      const { dueAct: _, ...rest } = agent;
      const next = { ...rest, session, flights, done: isDone(session, world, setting.guards) };
      // What must wait for a moment longer is looked at again within O.
      const left = idle(next, state).length > 0;
      return left ? { ...next, dueAct: state.t + setting.figures.O } : next;
    },
    wouldAct(agent, t, reading) {
      const world = worldAt(t, reading);
      return ask(agent.session, `tick ${worldKey(world)}`, () => ({ kind: 'tick', world })).sends;
    },
    refused(agent, flight, code, t, reading) {
      const { retry } = CATALOGUE[code];
      const world = worldAt(t, reading);
      const key = keyOf(agent.session, flight);
      const session = feed(agent.session, `${key} ${code}`, world, () => ({
        kind: 'refused',
        key,
        code,
        detail: '',
        retry,
        world,
      }));
      return { ...agent, session, flights: agent.flights.filter((one) => one !== flight) };
    },
    reverted(agent, flight, t, reading) {
      const at = { height: BigInt(t), blockHash: 'r', txId: 'r', timeSec: secondsAt(t) };
      const world = worldAt(t, reading);
      const key = keyOf(agent.session, flight);
      const session = feed(agent.session, `${key} reverted`, world, () => ({
        kind: 'outcome',
        key,
        outcome: { kind: 'invalid', at, code: 'reverted', final: true },
        world,
      }));
      return { ...agent, session, flights: agent.flights.filter((one) => one !== flight) };
    },
    mislead(agent, t) {
      const world = worldAt(t, { host: 0, endorser: 0 });
      const session = feed(agent.session, 'wrong secret', world, () => ({
        kind: 'ledger',
        world,
        update: {
          kind: 'secret',
          ledger: 'ethereum',
          hashLock: terms.hashLock,
          secret: new Uint8Array(32),
        },
      }));
      const believed =
        session.secretSeenAtSec !== undefined && agent.session.secretSeenAtSec === undefined;
      return believed ? { ...agent, session, misled: true, dueAct: t + setting.figures.O } : agent;
    },
    sessionKey,
  };
}

/**
 * A leg and what somebody was told of it, without the heights of what is final: nothing depends on those any more.
 */
export function toldKey(leg: EthereumLeg, told: string): string {
  const [lock, end, final] = told.split('|') as [string, string, string];
  return [
    leg.lock?.final === true && lock === lockMark(leg) ? 'L' : lock,
    leg.end?.final === true && end === endMark(leg) ? 'E' : end,
    final,
  ].join('|');
}

/** What a party that has seen everything of a leg was told. */
export function fabricMark({ lockedAt, endedAt }: FabricLeg): string {
  return `${lockedAt === undefined ? '' : 'L'}${endedAt === undefined ? '' : 'E'}`;
}

export function ethereumMark(leg: EthereumLeg): string {
  return `${lockMark(leg)}|${endMark(leg)}|${leg.lock?.final === true ? 'f' : ''}${leg.end?.final === true ? 'f' : ''}`;
}

function lockMark({ lock }: EthereumLeg): string {
  return lock === undefined ? '' : `${String(lock.ts)}L`;
}

function endMark({ end }: EthereumLeg): string {
  return end === undefined ? '' : `${String(end.ts)}${end.how}`;
}

/** True while the visible ledgers show what an operation wants, or make it pointless. */
function takenEffect({ ethereum, fabric }: State, ledger: LedgerName, action: Action): boolean {
  if (ledger === 'fabric')
    return action === 'lock' || action === 'decline'
      ? fabric.state !== 'none'
      : fabric.endedAt !== undefined;
  return action === 'lock' ? ethereum.lock !== undefined : ethereum.end !== undefined;
}

function termsOf(setting: Setting, deadlines: Record<LedgerName, number>): SwapTerms {
  const { fabric, ethereum, ...rest } = createRig().terms(setting.direction, 1);
  return {
    ...rest,
    fabric: { ...fabric, expiresAtSec: secondsAt(deadlines.fabric) },
    ethereum: { ...ethereum, expiresAtSec: secondsAt(deadlines.ethereum) },
  };
}

function forgedTerms(terms: SwapTerms, forged: string | undefined): SwapTerms {
  return forged === undefined ? terms : { ...terms, fabric: { ...terms.fabric, amount: 1n } };
}

function forgedLock(terms: SwapTerms, forged: string | undefined) {
  const { ethereum, hashLock } = terms;
  const lock = {
    lockId: OTHER,
    swapId: swapIdOf(terms),
    owner: ethereum.owner,
    slot: 0n,
    generation: 0n,
    token: ethereum.token,
    amount: ethereum.amount,
    beneficiary: ethereum.beneficiary,
    expiresAtSec: ethereum.expiresAtSec,
    hashLock,
    direct: false,
  };
  const wrong = {
    token: ethereum.owner,
    amount: 1n,
    owner: ethereum.beneficiary,
    beneficiary: ethereum.owner,
    expiresAtSec: 1n,
    hashLock: OTHER,
    counterpart: OTHER,
  };
  return forged === undefined ? lock : { ...lock, [forged]: wrong[forged as keyof typeof wrong] };
}
