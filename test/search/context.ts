import type { LedgerName } from '@midlock/protocol';
import { createDriver, ethereumMark, fabricMark, type Driver, type Reading } from './agent.ts';
import type { Agent, Band, EthereumLeg, FabricLeg, Setting, State } from './state.ts';

/** What all moves need to know: the setting, both deadlines, the horizon and the driver of the real reducers. */
export interface Context {
  readonly setting: Setting;
  readonly driver: Driver;
  readonly deadlines: Readonly<Record<LedgerName, number>>;
  readonly long: LedgerName;
  readonly short: LedgerName;
  readonly horizon: number;
}

/** The deadlines that a setting's bounds lead to, and all that follows from them. */
export function contextOf(setting: Setting): Context {
  const { direction, figures, bounds, honest, faults } = setting;
  const { O, DF, DE, KE, RE, n, d } = figures;
  const longVisible = direction === 'fabric-first' ? DF + O : DE + KE + O;
  // For safety the first lock may come at once; the swap starts as late as its short deadline lets it.
  const short =
    honest === 'both'
      ? faults === 'one-reorg'
        ? bounds.durationDespiteReorg
        : bounds.duration
      : Math.max(bounds.lock, bounds.reveal) + longVisible + 1;
  const long = short + bounds.margin;
  const settle = DE + n * (RE + O + DE);
  const deadlines =
    direction === 'fabric-first'
      ? { fabric: long, ethereum: short }
      : { fabric: short, ethereum: long };
  return {
    setting,
    driver: createDriver(setting, deadlines),
    deadlines,
    long: direction === 'fabric-first' ? 'fabric' : 'ethereum',
    short: direction === 'fabric-first' ? 'ethereum' : 'fabric',
    horizon: long + bounds.gap + 2 * d + 2 * (O + DF) + 2 * O + settle + KE + RE + 3,
  };
}

/** The errors of a clock that a search draws. */
export function extremes({ low, high }: Band): readonly number[] {
  return low === high ? [low] : [low, high];
}

/** Both clocks at their lowest. */
export function lowest({ host, endorsers }: State): Reading {
  return { host: host.low, endorser: endorsers.low };
}

/** The stamps that the one honest endorser whom an adversary needs may take. Its own endorser says whatever it likes. */
export function stamps(
  { setting: { rules, figures } }: Context,
  { t, endorsers }: State,
): { oldest: number; newest: number } {
  const clocks = extremes(endorsers).map((error) => t + error);
  return {
    oldest: Math.min(...clocks.map((clock) => rules['fabric.oldest-stamp'](clock, figures))),
    newest: Math.max(...clocks.map((clock) => rules['fabric.newest-stamp'](clock, figures))),
  };
}

/** The state with changed ledgers; whoever has not seen the change must do so within O. */
export function publish(
  context: Context,
  state: State,
  change: { readonly ethereum?: EthereumLeg; readonly fabric?: FabricLeg },
): State {
  const next = withEnvelope(context, { ...state, ...change });
  const due = state.t + context.setting.figures.O;
  const agents = next.agents.map((agent): Agent => {
    if (agent.done) return agent;
    let woken = agent;
    if (change.fabric !== undefined && agent.toldFabric !== fabricMark(next.fabric))
      woken = { ...woken, dueFabric: agent.dueFabric ?? due };
    if (change.ethereum !== undefined && agent.toldEthereum !== ethereumMark(next.ethereum))
      woken = { ...woken, dueEthereum: agent.dueEthereum ?? due };
    return woken;
  });
  return { ...next, agents };
}

/**
 * An adversary that can have its claim on Fabric endorsed has it endorsed at once and keeps the envelope: that costs nothing
 * and leaves every choice open, so that the moments in between need no search.
 */
export function withEnvelope(context: Context, state: State): State {
  const { fabric, adversaryKnows, withheld } = state;
  if (
    withheld ||
    !context.setting.rules['claim.secret'](adversaryKnows) ||
    fabric.lockedAt === undefined ||
    fabric.endedAt !== undefined
  )
    return state;
  const { rules } = context.setting;
  return rules['fabric.claim'](stamps(context, state).oldest, context.deadlines.fabric)
    ? { ...state, withheld: true }
    : state;
}

export function withAgent(state: State, index: number, agent: Agent): State {
  return { ...state, agents: state.agents.map((one, at) => (at === index ? agent : one)) };
}
