import type { LedgerName } from '@midlock/protocol';
import type { Context } from './context.ts';
import type { State } from './state.ts';

type Fate = 'none' | 'open' | 'claimed' | 'returned';

/** What is wrong with a state, by the invariants of the design (S1, S3, S5, L1), or nothing. */
export function judge(context: Context, state: State): string | undefined {
  const { setting, long, short, horizon } = context;
  if (state.ethereum.doubled) return 'S5: one leg was locked twice';
  if (state.ethereum.twice ?? state.fabric.twice) return 'S2: a leg was settled twice';
  if (
    state.agents.some(({ session }) => session.revealed && session.secretSeenAtSec === undefined) &&
    !bothLocked(state)
  )
    return 'S4: the secret was given out before both legs were final';
  if (setting.honest === 'both') return undisturbed(context, state);
  const [own, due] = setting.honest === 'responder' ? [short, long] : [long, short];
  const ownFate = fateOf(context, state, own);
  const dueFate = fateOf(context, state, due);
  if (ownFate === 'claimed' && (dueFate === 'returned' || (dueFate !== 'open' && isForged(state))))
    return `S3: the honest ${setting.honest} lost its ${own} leg and got nothing for it`;
  if (state.t < horizon) return undefined;
  if (ownFate === 'claimed' && dueFate !== 'claimed')
    return `S3: the honest ${setting.honest} lost its ${own} leg and got nothing for it`;
  return ownFate === 'open' ? `L1: the ${own} leg is stuck` : undefined;
}

function bothLocked({ fabric, ethereum }: State): boolean {
  return fabric.lockedAt !== undefined && ethereum.lock?.final === true;
}

function isForged({ forged }: State): boolean {
  return forged !== undefined;
}

/** What has become of a leg for ever. */
export function fateOf({ deadlines, setting }: Context, state: State, ledger: LedgerName): Fate {
  const { fabric, ethereum, t } = state;
  if (ledger === 'fabric') {
    if (fabric.lockedAt === undefined)
      return fabric.endedAt !== undefined || t > deadlines.fabric + setting.figures.maxPast
        ? 'returned'
        : 'none';
    return fabric.endedAt === undefined
      ? 'open'
      : fabric.state === 'claimed'
        ? 'claimed'
        : 'returned';
  }
  const { lock, end } = ethereum;
  if (lock === undefined) return t > deadlines.ethereum + setting.figures.RE ? 'returned' : 'none';
  if (end?.final !== true) return 'open';
  return end.how === 'claimed' ? 'claimed' : 'returned';
}

/** Undisturbed, a swap that both parties follow settles. */
function undisturbed(context: Context, state: State): string | undefined {
  const fates = [fateOf(context, state, 'fabric'), fateOf(context, state, 'ethereum')];
  const short = fates[context.short === 'fabric' ? 0 : 1];
  if (
    context.setting.goal === 'settled-once-locked' &&
    (short === 'none' || !wasLocked(context, state))
  )
    return undefined;
  const over =
    state.t >= context.horizon || fates.every((fate) => fate === 'claimed' || fate === 'returned');
  return over && !fates.every((fate) => fate === 'claimed')
    ? 'a swap that nobody disturbed did not settle'
    : undefined;
}

function wasLocked({ short }: Context, { fabric, ethereum }: State): boolean {
  return short === 'fabric' ? fabric.lockedAt !== undefined : ethereum.lock !== undefined;
}
