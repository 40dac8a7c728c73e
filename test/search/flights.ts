import type { ErrorCode } from '@midlock/protocol';
import type { Move } from './explore.ts';
import { extremes, lowest, publish, withAgent, type Context } from './context.ts';
import type { Agent, EthereumLeg, FabricLeg, Flight, State } from './state.ts';

/** What can become of transactions that honest parties have sent: inclusion or commit within D, death of the sender, and reorgs. */
export function flightMoves(context: Context, state: State): Move<State>[] {
  const moves: Move<State>[] = [];
  for (const [index, agent] of state.agents.entries()) {
    for (const flight of agent.flights) {
      if (flight.ledger === 'ethereum') moves.push(include(context, state, index, flight));
      else moves.push(...commit(context, state, index, flight));
    }
    // A crash earlier in the round leaves no moment of commit that one of these does not leave: it need not be searched.
    const atTheLast = ({ ledger, since }: Flight): boolean =>
      ledger === 'fabric' && since + context.setting.figures.DF === state.t;
    if (agent.kills > 0 && agent.flights.some(atTheLast)) moves.push(kill(context, state, index));
  }
  moves.push(...reorgs(context, state));
  return moves;
}

function landed(state: State, index: number, flight: Flight): State {
  const agent = state.agents[index]!;
  const flights = agent.flights.filter((one) => one !== flight);
  return withAgent(state, index, { ...agent, flights });
}

function include(context: Context, state: State, index: number, flight: Flight): Move<State> {
  const { action } = flight;
  const what = `Ethereum includes the ${state.agents[index]!.role}'s ${action}`;
  const misled = state.agents[index]!.misled === true && action === 'claim';
  const ethereum = misled ? undefined : effectOf(context, state, flight);
  if (ethereum === undefined)
    return revert(context, state, index, flight, `${what}, which reverts`);
  return { what, to: publish(context, landed(state, index, flight), { ethereum }) };
}

function effectOf(
  { setting, deadlines }: Context,
  { t, ethereum }: State,
  { action }: Flight,
): EthereumLeg | undefined {
  const { rules, figures } = setting;
  const { lock, end } = ethereum;
  const deadline = deadlines.ethereum;
  if (action === 'lock')
    return rules['lock.in-time'](t, figures.DE, deadline)
      ? lock === undefined
        ? { ...ethereum, lock: { ts: t, final: false } }
        : { ...ethereum, doubled: true }
      : undefined;
  if (lock === undefined || !rules['ethereum.open'](end !== undefined)) return undefined;
  const how = action === 'claim' ? 'claimed' : action === 'refund' ? 'expiry' : 'cooperative';
  const allowed =
    action === 'claim'
      ? rules['ethereum.claim'](t, deadline)
      : action === 'release' || rules['ethereum.refund'](t, deadline);
  const twice = end !== undefined;
  return allowed
    ? {
        ...ethereum,
        end: { how, ts: t, final: false, honest: true },
        ...(twice ? { twice: true } : {}),
      }
    : undefined;
}

function revert(
  context: Context,
  state: State,
  index: number,
  flight: Flight,
  what: string,
): Move<State> {
  const agent = context.driver.reverted(state.agents[index]!, flight, state.t, lowest(state));
  return { what, to: withAgent(state, index, agent) };
}

/** Endorsed, ordered and committed at this tick, with the stamp that the endorsers' clocks then allow. */
function commit(context: Context, state: State, index: number, flight: Flight): Move<State>[] {
  return extremes(state.endorsers).map((error): Move<State> => {
    const agent = state.agents[index]!;
    const name = `the ${agent.role}'s ${flight.action} on Fabric${error === 0 ? '' : ` [endorsers' clocks ${error > 0 ? '+' : ''}${String(error)}]`}`;
    const answer =
      agent.misled === true && flight.action === 'claim'
        ? 'SECRET_INVALID'
        : endorse(context, state, flight, state.t + error);
    if (typeof answer === 'string') {
      const refused = context.driver.refused(agent, flight, answer, state.t, lowest(state));
      return { what: `endorsers refuse ${name}: ${answer}`, to: withAgent(state, index, refused) };
    }
    const knows = state.adversaryKnows || flight.action === 'claim';
    return {
      what: `Fabric commits ${name}`,
      to: publish(context, landed({ ...state, adversaryKnows: knows }, index, flight), {
        fabric: answer,
      }),
    };
  });
}

function endorse(
  { setting, deadlines }: Context,
  { fabric, t }: State,
  { action }: Flight,
  clock: number,
): FabricLeg | ErrorCode {
  const { rules, figures, bounds } = setting;
  const deadline = deadlines.fabric;
  if (action === 'lock' || action === 'decline') {
    if (fabric.state !== 'none') return 'LOCK_EXISTS';
    if (action === 'decline') return { state: 'declined', endedAt: t };
    return rules['lock.in-time'](clock, figures.DF, deadline)
      ? { state: 'locked', lockedAt: t }
      : 'DEADLINE_TOO_CLOSE';
  }
  if (fabric.lockedAt === undefined) return 'LOCK_UNKNOWN';
  if (fabric.endedAt !== undefined) return 'LOCK_SETTLED';
  if (action === 'claim')
    return rules['fabric.claim'](clock, deadline)
      ? { ...fabric, state: 'claimed', endedAt: t }
      : 'CLAIM_TOO_LATE';
  if (action === 'release') return { ...fabric, state: 'release', endedAt: t };
  return rules['fabric.refund'](clock, deadline, bounds.gap)
    ? { ...fabric, state: 'expiry', endedAt: t }
    : 'REFUND_TOO_EARLY';
}

/** The process dies while a proposal is on its way; what was not ordered is gone and done again after the restart. */
function kill({ setting }: Context, state: State, index: number): Move<State> {
  const agent = state.agents[index]!;
  const lost = agent.flights.filter(({ ledger }) => ledger === 'fabric');
  const dead: Agent = {
    ...agent,
    kills: agent.kills - 1,
    flights: agent.flights.filter(({ ledger }) => ledger === 'ethereum'),
    dueAct: Math.min(agent.dueAct ?? Infinity, state.t + setting.figures.O),
  };
  const deeds = lost.map(({ action }) => action).join(', ');
  return {
    what: `${agent.role} dies; its ${deeds} on Fabric was not ordered`,
    to: withAgent(state, index, dead),
  };
}

/** A branch with older blocks wins: everything that is not final from some block on is thrown out. */
function reorgs(context: Context, state: State): Move<State>[] {
  const { setting } = context;
  if (setting.faults === 'none') return [];
  const { lock, end } = state.ethereum;
  const young = (mark: { ts: number; final: boolean } | undefined): boolean =>
    mark !== undefined && !mark.final && state.t - mark.ts <= setting.figures.RE;
  const moves: Move<State>[] = [];
  if (end !== undefined && young(end)) {
    const { end: _, ...without } = state.ethereum;
    const to = thrown(context, state, without, end.honest ? actionOf(end.how) : undefined);
    if (to !== undefined && setting.faults === 'all')
      moves.push({ what: `a reorg throws out the ${end.how} on Ethereum`, to });
  }
  if (lock !== undefined && young(lock) && (end === undefined || setting.faults === 'all')) {
    const owner = context.long === 'ethereum' ? 'initiator' : 'responder';
    const honest = state.agents.some(({ role }) => role === owner);
    const to = thrown(
      context,
      state,
      { doubled: state.ethereum.doubled },
      honest ? 'lock' : undefined,
    );
    if (to !== undefined) moves.push({ what: 'a reorg throws out the lock on Ethereum', to });
  }
  return moves;
}

function actionOf(how: 'claimed' | 'expiry' | 'cooperative'): 'claim' | 'refund' | 'release' {
  return how === 'claimed' ? 'claim' : how === 'expiry' ? 'refund' : 'release';
}

/** One transaction is thrown out at most n times; its honest sender notices within O. */
function thrown(
  context: Context,
  state: State,
  ethereum: EthereumLeg,
  honest: 'lock' | 'claim' | 'refund' | 'release' | undefined,
): State | undefined {
  const { n, O } = context.setting.figures;
  if (honest === undefined) {
    if (state.adversaryThrown >= n) return undefined;
    return publish(context, { ...state, adversaryThrown: state.adversaryThrown + 1 }, { ethereum });
  }
  const most = context.setting.faults === 'one-reorg' ? 1 : n;
  if (state.agents.some((agent) => (agent.thrown[honest] ?? 0) >= most)) return undefined;
  const agents = state.agents.map((agent) => ({
    ...agent,
    thrown: { ...agent.thrown, [honest]: (agent.thrown[honest] ?? 0) + 1 },
    dueAct: Math.min(agent.dueAct ?? Infinity, state.t + O),
  }));
  return publish(context, { ...state, agents }, { ethereum });
}
