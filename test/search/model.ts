import { ethereumMark, toldKey, type Driver, type Reading } from './agent.ts';
import { adversaryMoves } from './adversary.ts';
import { contextOf, lowest, publish, withAgent, withEnvelope, type Context } from './context.ts';
import type { Model, Move } from './explore.ts';
import { flightMoves } from './flights.ts';
import type { Agent, Band, ClockModel, EthereumLeg, Setting, State } from './state.ts';
import { fateOf, judge } from './verdict.ts';

/**
 * One swap on two ledgers as a graph: an honest party that is the real reducer, an adversary that may do whatever its keys
 * allow in any order, and a scheduler that uses every bound of the profile against the honest party.
 */
export function swapModel(setting: Setting): Model<State> {
  const context = contextOf(setting);
  return {
    starts: startsOf(context),
    moves: (state) => (ended(context, state) ? [] : movesOf(context, state)),
    key: (state) => keyOf(context.driver, state),
    violation: (state) => judge(context, state),
  };
}

function startsOf({ setting, driver }: Context): readonly State[] {
  const bands = bandsOf(setting);
  const agents =
    setting.honest === 'both'
      ? [driver.open('initiator'), driver.open('responder')]
      : [driver.open(setting.honest)];
  return bands.flatMap((host) =>
    bands.map((endorsers) => ({
      t: 0,
      ethereum: { doubled: false },
      fabric: { state: 'none' as const },
      agents,
      host,
      endorsers,
      withheld: false,
      adversaryKnows: setting.honest === 'responder',
      adversaryThrown: 0,
    })),
  );
}

/**
 * Steady clocks have one error for good; drifting ones err by at most d in all and against themselves; swinging ones may go from
 * d behind to d ahead within one swap. Only the extremes are drawn: every rule compares a reading with a threshold.
 */
function bandsOf({ clocks, figures: { d } }: Setting): readonly Band[] {
  const bands: Record<ClockModel, readonly Band[]> = {
    exact: [{ low: 0, high: 0 }],
    steady: [
      { low: d, high: d },
      { low: -d, high: -d },
    ],
    drift: [
      { low: 0, high: d },
      { low: -d, high: 0 },
    ],
    swing: [{ low: -d, high: d }],
  };
  return d === 0 ? [{ low: 0, high: 0 }] : bands[clocks];
}

/**
 * Both clocks at their lowest or both at their highest. Mixed readings add nothing: what one role decides in one direction rests on
 * the host's clock alone, on the endorsers' alone or on the later of the two, never on two of these at once.
 */
function readingsOf({ host, endorsers }: State): readonly Reading[] {
  const [low, high] = [
    { host: host.low, endorser: endorsers.low },
    { host: host.high, endorser: endorsers.high },
  ];
  return low.host === high.host && low.endorser === high.endorser ? [low] : [low, high];
}

function movesOf(context: Context, state: State): readonly Move<State>[] {
  return [
    ...agentMoves(context, state),
    ...flightMoves(context, state),
    ...finality(context, state),
    ...adversaryMoves(context, state),
    ...passing(context, state),
  ];
}

function agentMoves(context: Context, state: State): Move<State>[] {
  const { driver } = context;
  const moves: Move<State>[] = [];
  for (const [index, agent] of state.agents.entries()) {
    if (agent.done) continue;
    for (const reading of readingsOf(state)) {
      const clocks = clocksText(reading);
      for (const ledger of ['fabric', 'ethereum'] as const) {
        const due = ledger === 'fabric' ? agent.dueFabric : agent.dueEthereum;
        if (due === undefined) continue;
        moves.push({
          what: `${agent.role} reads ${ledger}${clocks}`,
          to: withAgent(state, index, driver.observe(agent, ledger, state, reading)),
        });
      }
      if (agent.dueAct === undefined && !driver.wouldAct(agent, state.t, reading)) continue;
      const acted = driver.act(agent, state, reading);
      const reveals = acted.session.revealed && !agent.session.revealed;
      const sent = acted.flights.filter((flight) => !agent.flights.includes(flight));
      const knows = state.adversaryKnows || reveals;
      const to = withEnvelope(
        context,
        withAgent({ ...state, adversaryKnows: knows }, index, acted),
      );
      const deeds = sent.map(({ ledger, action }) => `${action} on ${ledger}`).join(', ');
      moves.push({ what: `${agent.role} acts${deeds === '' ? '' : `: ${deeds}`}${clocks}`, to });
      if (agent.kills > 0 && sent.some(({ ledger }) => ledger === 'ethereum'))
        moves.push(killed(context, to, index, agent, acted));
    }
  }
  return moves;
}

/** The process dies after the hand-over and before anything reached a pool. */
function killed(
  { setting }: Context,
  to: State,
  index: number,
  before: Agent,
  after: Agent,
): Move<State> {
  return {
    what: `${before.role} dies with its transaction handed over and not sent`,
    to: withAgent(to, index, {
      ...after,
      flights: after.flights.filter(
        (flight) => flight.ledger === 'fabric' || before.flights.includes(flight),
      ),
      kills: before.kills - 1,
      dueAct: to.t + setting.figures.O,
    }),
  };
}

function finality(context: Context, state: State): Move<State>[] {
  const { RE } = context.setting.figures;
  const { lock, end } = state.ethereum;
  const ripe = (mark: { ts: number; final: boolean } | undefined): boolean =>
    mark !== undefined && !mark.final && state.t - mark.ts >= RE;
  if (!ripe(lock) && !ripe(end)) return [];
  const ethereum: EthereumLeg = {
    ...state.ethereum,
    ...(lock === undefined ? {} : { lock: { ...lock, final: lock.final || ripe(lock) } }),
    ...(end === undefined ? {} : { end: { ...end, final: end.final || ripe(end) } }),
  };
  return [{ what: 'Ethereum finalizes', to: publish(context, state, { ethereum }) }];
}

/** A tick passes when nobody owes anything at this one. */
function passing(context: Context, state: State): Move<State>[] {
  const { t } = state;
  const { DE, DF, KE, O } = context.setting.figures;
  const owed = (due: number | undefined): boolean => due !== undefined && due <= t;
  for (const agent of state.agents) {
    if (agent.done) continue;
    if (owed(agent.dueAct) || owed(agent.dueFabric) || owed(agent.dueEthereum)) return [];
    if (agent.flights.some(({ ledger, since }) => since + (ledger === 'fabric' ? DF : DE) <= t))
      return [];
  }
  const unfinal = [state.ethereum.lock, state.ethereum.end].some(
    (mark) => mark !== undefined && !mark.final && mark.ts + KE <= t,
  );
  if (unfinal) return [];
  const later = { ...state, t: t + 1 };
  const agents = later.agents.map((agent) =>
    !agent.done &&
    agent.dueAct === undefined &&
    context.driver.wouldAct(agent, later.t, lowest(later))
      ? { ...agent, dueAct: later.t + O }
      : agent,
  );
  return [{ what: 'a tick passes', to: { ...later, agents } }];
}

function ended(context: Context, state: State): boolean {
  const { horizon, setting, long, short, deadlines } = context;
  if (state.t >= horizon) return true;
  // Where a settled leg can be settled again, everything may follow.
  if (setting.rules['fabric.read-set'](false)) return false;
  if (setting.rules['ethereum.open'](true)) return false;
  if (state.fabric.endedAt !== undefined && state.ethereum.end?.final === true) return true;
  if (setting.honest === 'both') return false;
  const [own, due] = setting.honest === 'responder' ? [short, long] : [long, short];
  const ownFate = fateOf(context, state, own);
  const { DE, DF } = setting.figures;
  const tooLate =
    state.t + (own === 'fabric' ? DF - setting.figures.d : DE) > deadlines[own] &&
    state.agents.every(({ flights }) => flights.length === 0);
  // Nothing more can be lost: the own leg came back, the due one was paid, or nothing was locked in time.
  return (
    (ownFate === 'none' && tooLate) ||
    state.agents.every(({ done }) => done) ||
    ownFate === 'returned' ||
    (fateOf(context, state, due) === 'claimed' && state.forged === undefined)
  );
}

function clocksText({ host, endorser }: Reading): string {
  return host === 0 && endorser === 0
    ? ''
    : ` [its clock ${signed(host)}, endorsers' ${signed(endorser)}]`;
}

function signed(error: number): string {
  return error > 0 ? `+${String(error)}` : String(error);
}

function keyOf(driver: Driver, state: State): string {
  const { ethereum, fabric, host, endorsers } = state;
  const agents = state.agents.map((agent) =>
    [
      driver.sessionKey(agent.session),
      agent.toldFabric,
      toldKey(ethereum, agent.toldEthereum),
      agent.dueFabric ?? '',
      agent.dueEthereum ?? '',
      agent.dueAct ?? '',
      agent.flights
        .map(({ ledger, action, since }) => `${ledger}${action}${String(since)}`)
        .sort()
        .join(','),
      agent.kills,
      ethereum.lock?.final === true ? '' : (agent.thrown.lock ?? 0),
      agent.thrown.claim ?? 0,
      agent.thrown.refund ?? 0,
      agent.done ? 'd' : '',
      agent.misled ? 'm' : '',
    ].join('!'),
  );
  return [
    state.t,
    toldKey(ethereum, ethereumMark(ethereum)),
    ethereum.end?.honest === true ? 'h' : '',
    ethereum.doubled ? '2' : '',
    ethereum.twice ?? fabric.twice ?? '',
    fabric.state,
    host.low,
    endorsers.low,
    state.withheld ? 'w' : '',
    state.adversaryKnows ? 'k' : '',
    state.adversaryThrown,
    state.forged ?? '',
    ...agents,
  ].join('/');
}
