import { recoverSwaps, stepParty, type Reducer } from '@midlock/client';
import { encodeCall } from '@midlock/client/model';
import { MidlockError, sameAccount } from '@midlock/protocol';
import { CORE_GUARDS, type CoreGuards } from '../../client/src/core/guards.ts';
import { createPartyReducer } from '../../client/src/core/party.ts';
import type { InvariantName } from './invariants/invariant.ts';
import type { FaultKind, PlanLimits } from './plan.ts';
import type { RunOptions } from './run-seed.ts';
import type { Plants, PlantPlace } from './world.ts';
import type { SimPorts } from './ports.ts';

/** A bug planted on purpose, the invariant that sees it and the seed in which no other one does. */
export interface Planted {
  readonly bug: string;
  readonly seen: InvariantName;
  readonly seed: string;
  readonly run: RunOptions;
}

const QUIET: ReadonlySet<FaultKind> = new Set();
const only = (...kinds: readonly FaultKind[]): ReadonlySet<FaultKind> => new Set(kinds);
const guards = (changed: Partial<CoreGuards>): Reducer =>
  createPartyReducer({ ...CORE_GUARDS, ...changed });
const holds = (): boolean => true;

export const PLANTED: readonly Planted[] = [
  planted('the Fabric contract mints a note with each lock', 'conservation', '3', QUIET, {
    fabric: new Set(['mints']),
  }),
  planted('the escrow credits nobody at each claim', 'conservation', '2', QUIET, {
    ethereum: new Set(['mints']),
  }),
  planted('a settled mid-account can be settled again', 'one-end', '41', QUIET, {
    fabric: new Set(['settles-twice']),
  }),
  planted('a settled slot can be settled again', 'one-end', '2', QUIET, {
    ethereum: new Set(['settles-twice']),
  }),
  planted('a claim pays its sender', 'payee', '66', QUIET, { ethereum: new Set(['pays-caller']) }),
  planted(
    'the responder takes no notice of the secret',
    'atomicity',
    '1',
    QUIET,
    { reducer: guards({ 'claim.secret-known': () => false }) },
    { swaps: 1, adversary: 'nobody', relayers: 0 },
  ),
  planted('the short leg is locked on a long one that is not final', 'lock-rule', '3', QUIET, {
    reducer: guards({
      'lock-short.long-final': ({ legs, terms }) =>
        legs[terms.direction === 'fabric-first' ? 'fabric' : 'ethereum'].lock !== undefined,
    }),
  }),
  planted('the secret is revealed on a short leg that is not final', 'reveal-rule', '3', QUIET, {
    reducer: guards({
      'reveal.short-final': ({ legs, terms }) =>
        legs[terms.direction === 'fabric-first' ? 'ethereum' : 'fabric'].lock !== undefined,
    }),
  }),
  planted(
    'a lock is signed and sent a second time with the next nonce',
    'at-most-once',
    '2',
    QUIET,
    { ports: lockTwice },
  ),
  planted('the disk says that bytes are durable before they are', 'write-ahead', '2', QUIET, {
    lyingDisk: ({ signed }) => signed !== undefined && signed.length > 0,
  }),
  planted('a claim is shown to the organisation of the counterparty', 'secrecy', '2', QUIET, {
    ports: showToAll,
  }),
  planted('the end of a leg counts as final at first sight', 'finality', '2', QUIET, {
    reducer: hasty,
  }),
  planted('the escrow takes calls for any chain', 'domain', '2', QUIET, {
    ethereum: new Set(['any-domain']),
  }),
  planted('mid-accounts take claims after the deadline', 'time', '99', QUIET, {
    fabric: new Set(['claims-late']),
  }),
  planted('mid-accounts give back before the deadline', 'time', '2', QUIET, {
    fabric: new Set(['refunds-early']),
  }),
  planted('endorsers take any stamp', 'time', '9', QUIET, { fabric: new Set(['any-stamp']) }),
  planted('the escrow gives back before the deadline', 'time', '21', QUIET, {
    ethereum: new Set(['refunds-early']),
  }),
  planted('the escrow locks for any duration', 'parameters', '78', QUIET, {
    ethereum: new Set(['any-duration']),
  }),
  planted('no organisation endorses a refund', 'ends', '26', QUIET, { ports: refuseRefunds }),
  planted(
    'a lock leaves a nonce unused below it and nobody fills it',
    'lanes',
    '2',
    QUIET,
    { ports: leaveHoles },
    { swaps: 1, adversary: 'nobody' },
  ),
  planted(
    'a halted ledger stops refunds',
    'halted',
    '2',
    only('finality-regress'),
    {
      reducer: guards({
        'refund.due': (session, world, ledger) =>
          world.halted.length === 0 && CORE_GUARDS['refund.due'](session, world, ledger),
      }),
    },
    { relayers: 2 },
  ),
  planted('the core throws at a rollback', 'processes', '12', only('reorg'), { reducer: brittle }),
  planted(
    'the initiator reveals however late it is',
    'reveal-rule',
    '2',
    only('stalled-blocks', 'finality-stall'),
    {
      reducer: guards({ 'reveal.in-time': holds }),
    },
  ),
  planted(
    'the responder locks however late it is',
    'lock-rule',
    '12',
    only('finality-stall', 'stalled-blocks', 'crash'),
    {
      reducer: guards({ 'lock-short.in-time': holds }),
    },
  ),
  planted(
    'a party whose store is lost locks without a look at the ledger and its pool',
    'at-most-once',
    '60',
    only('disk-lost'),
    { locksBlindly: true },
  ),
  planted('recovery finds only what its party owns', 'recovery', '118', only('disk-lost'), {
    recover: recoverOwnAlone,
  }),
  planted(
    'terms that a relayer hands on are locked under without signatures',
    'agreed',
    '3',
    QUIET,
    { reducer: guards({ 'lock-long.accepted': holds }) },
    { liar: true },
  ),
  planted('a halted ledger stops nothing', 'noticed', '1', only('finality-regress'), {
    reducer: guards({
      'lock-long.ledgers-reliable': holds,
      'lock-short.ledgers-reliable': holds,
      'reveal.ledgers-reliable': holds,
    }),
  }),
  planted(
    'what was final stays final although the ledger has taken it back',
    'ends',
    '100',
    only('final-reorg'),
    { reducer: stubborn },
    { mode: 'wild' },
  ),
];

function stubborn(...[session, event]: Parameters<Reducer>): ReturnType<Reducer> {
  return event.kind === 'ledger' && event.update.kind === 'finality-regressed'
    ? { ok: true, session, effects: [], notes: [] }
    : stepParty(session, event);
}

async function recoverOwnAlone(
  ...given: Parameters<typeof recoverSwaps>
): ReturnType<typeof recoverSwaps> {
  const [{ fabric }] = given;
  return (await recoverSwaps(...given)).filter(
    ({ terms }) => terms === undefined || sameAccount(terms.fabric.owner, fabric),
  );
}

function planted(
  bug: string,
  seen: InvariantName,
  seed: string,
  kinds: ReadonlySet<FaultKind>,
  plants: Plants,
  limits: PlanLimits = {},
): Planted {
  return { bug, seen, seed, run: { kinds, plants, mode: 'bounded', liar: false, ...limits } };
}

function lockTwice(ports: SimPorts, { ethereum }: PlantPlace): SimPorts {
  return {
    ...ports,
    ethereum: {
      ...ports.ethereum,
      async prepare(intent, how) {
        const signed = await ports.ethereum.prepare(intent, how);
        const { lane } = signed;
        if (intent.action === 'lock' && lane !== undefined) {
          const { bytes } = encodeCall({
            from: lane.account,
            nonce: lane.nonce + 1n,
            fee: 1000n,
            action: 'lock',
            terms: intent.terms,
          });
          ethereum.send(bytes);
        }
        return signed;
      },
    },
  };
}

function showToAll(ports: SimPorts, { fabric }: PlantPlace): SimPorts {
  return {
    ...ports,
    fabric: {
      ...ports.fabric,
      async prepare(intent, how) {
        const signed = await ports.fabric.prepare(intent, how);
        if (intent.action === 'claim') {
          const { terms, secret } = intent;
          const { beneficiary: creator, owner } = terms.fabric;
          fabric.endorse(
            { creator, action: 'claim', terms, secret, stampSec: fabric.timeSec, nonce: 'shown' },
            [owner.mspId],
          );
        }
        return signed;
      },
    },
  };
}

function refuseRefunds(ports: SimPorts): SimPorts {
  return {
    ...ports,
    fabric: {
      ...ports.fabric,
      prepare: (intent, how) =>
        intent.action === 'refund'
          ? Promise.reject(new MidlockError('ENDORSEMENT_REFUSED', {}))
          : ports.fabric.prepare(intent, how),
    },
  };
}

function leaveHoles(ports: SimPorts): SimPorts {
  return {
    ...ports,
    tend: () => Promise.resolve(),
    ethereum: {
      ...ports.ethereum,
      async prepare(intent, how) {
        if (intent.action === 'lock')
          await ports.ethereum.prepare(intent, { ...how, purpose: 'nobody asks again' });
        return ports.ethereum.prepare(intent, how);
      },
    },
  };
}

function hasty(...[session, event]: Parameters<Reducer>): ReturnType<Reducer> {
  const result = stepParty(session, event);
  if (!result.ok) return result;
  const { ethereum } = result.session.legs;
  if (ethereum.end === undefined || ethereum.end.final) return result;
  const legs = {
    ...result.session.legs,
    ethereum: { ...ethereum, end: { ...ethereum.end, final: true } },
  };
  return { ...result, session: { ...result.session, legs } };
}

function brittle(...[session, event]: Parameters<Reducer>): ReturnType<Reducer> {
  if (event.kind === 'ledger' && event.update.kind === 'rollback' && event.update.height > 0n)
    throw new TypeError('unexpected rollback');
  return stepParty(session, event);
}
