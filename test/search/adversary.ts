import type { Move } from './explore.ts';
import { publish, stamps, withAgent, type Context } from './context.ts';
import type { EthereumLeg, FabricLeg, State } from './state.ts';

/** Everything that the counterparty's keys allow at this tick; it may also do nothing at all. */
export function adversaryMoves(context: Context, state: State): Move<State>[] {
  const { honest } = context.setting;
  if (honest === 'both') return [];
  const [own, due] =
    honest === 'responder' ? [context.long, context.short] : [context.short, context.long];
  return [
    ...misleading(context, state),
    ...(own === 'fabric' ? ownFabric(context, state) : ownEthereum(context, state)),
    ...(due === 'fabric' ? dueFabric(context, state) : dueEthereum(context, state)),
  ];
}

/** It shows bytes that do not open the hash lock and calls them the secret. */
function misleading({ setting, driver }: Context, state: State): Move<State>[] {
  if (!setting.forge.includes('secret')) return [];
  return state.agents.flatMap((agent, index) => {
    const misled = driver.mislead(agent, state.t);
    const to = withAgent(state, index, misled);
    return misled === agent ? [] : [{ what: 'adversary shows a wrong secret', to }];
  });
}

function onFabric(context: Context, state: State, what: string, fabric: FabricLeg): Move<State> {
  return { what: `adversary ${what} on Fabric`, to: publish(context, state, { fabric }) };
}

function onEthereum(
  context: Context,
  state: State,
  what: string,
  ethereum: EthereumLeg,
): Move<State> {
  return { what: `adversary ${what} on Ethereum`, to: publish(context, state, { ethereum }) };
}

function ownFabric(context: Context, state: State): Move<State>[] {
  const { setting, deadlines } = context;
  const { fabric, t } = state;
  const { oldest, newest } = stamps(context, state);
  if (fabric.state === 'none') {
    if (!setting.rules['lock.in-time'](oldest, setting.figures.DF, deadlines.fabric)) return [];
    const locked: FabricLeg = { state: 'locked', lockedAt: t };
    return [
      onFabric(context, state, 'locks', locked),
      onFabric(context, state, 'declines', { state: 'declined', endedAt: t }),
      ...(setting.forge.includes('fabric.terms')
        ? [onFabric(context, { ...state, forged: 'fabric.terms' }, 'locks other terms', locked)]
        : []),
    ];
  }
  const free = setting.rules['fabric.read-set'](fabric.endedAt === undefined);
  return fabric.lockedAt !== undefined &&
    free &&
    fabric.state !== 'expiry' &&
    setting.rules['fabric.refund'](newest, deadlines.fabric, setting.bounds.gap)
    ? [onFabric(context, state, 'takes its leg back', { ...fabric, state: 'expiry', endedAt: t })]
    : [];
}

/** It orders the claim that it had endorsed (see withEnvelope). Giving the leg back is left out: it only pays the honest party. */
function dueFabric(context: Context, state: State): Move<State>[] {
  const { fabric, t, withheld } = state;
  const free = context.setting.rules['fabric.read-set'](fabric.endedAt === undefined);
  return withheld && free && fabric.state !== 'claimed'
    ? [
        onFabric(context, state, 'orders its claim', {
          ...fabric,
          state: 'claimed',
          endedAt: t,
          ...(fabric.endedAt === undefined ? {} : { twice: true }),
        }),
      ]
    : [];
}

function ownEthereum(context: Context, state: State): Move<State>[] {
  const { setting, deadlines } = context;
  const { ethereum, t } = state;
  if (ethereum.lock === undefined) {
    if (!setting.rules['lock.in-time'](t, setting.figures.DE, deadlines.ethereum)) return [];
    const locked: EthereumLeg = { ...ethereum, lock: { ts: t, final: false } };
    const { forged: _, ...plain } = state;
    return [
      onEthereum(context, plain, 'locks', locked),
      ...setting.forge
        .filter((field) => field !== 'fabric.terms' && field !== 'secret')
        .map((field) =>
          onEthereum(context, { ...plain, forged: field }, `locks with another ${field}`, locked),
        ),
    ];
  }
  return setting.rules['ethereum.open'](ethereum.end !== undefined) &&
    setting.rules['ethereum.refund'](t, deadlines.ethereum)
    ? [onEthereum(context, state, 'takes its leg back', adversaryEnd(ethereum, 'expiry', t))]
    : [];
}

function dueEthereum(context: Context, state: State): Move<State>[] {
  const { rules, figures } = context.setting;
  const { ethereum, t } = state;
  const deadline = context.deadlines.ethereum;
  if (ethereum.lock === undefined) return [];
  const moves: Move<State>[] = [];
  const knows = rules['claim.secret'](state.adversaryKnows);
  const open = rules['ethereum.open'](ethereum.end !== undefined);
  if (open && knows && rules['ethereum.claim'](t, deadline))
    moves.push(onEthereum(context, state, 'claims', adversaryEnd(ethereum, 'claimed', t)));
  // A branch that was built in the dark wins: it holds the claim in the last block before the deadline.
  const last = rules['ethereum.claim'](deadline, deadline) ? deadline : deadline - 1;
  const hidden =
    context.setting.faults === 'all' &&
    knows &&
    t > last &&
    t - last <= figures.RE &&
    ethereum.lock.ts <= last &&
    ethereum.end?.final !== true &&
    ethereum.end?.how !== 'claimed';
  if (hidden)
    moves.push({
      what: `a branch with older blocks wins on Ethereum; in it the adversary claimed at ${String(last)}`,
      to: publish(context, state, { ethereum: adversaryEnd(ethereum, 'claimed', last, true) }),
    });
  return moves;
}

function adversaryEnd(
  ethereum: EthereumLeg,
  how: 'claimed' | 'expiry' | 'cooperative',
  ts: number,
  hidden = false,
): EthereumLeg {
  // On another branch what it replaces never happened.
  const twice = ethereum.end !== undefined && !hidden;
  return {
    ...ethereum,
    end: { how, ts, final: false, honest: false },
    ...(twice ? { twice: true } : {}),
  };
}
