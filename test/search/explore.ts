/** A step of a model: what happened, and where it led. */
export interface Move<S> {
  readonly what: string;
  readonly to: S;
}

export interface Model<S> {
  readonly starts: readonly S[];
  /** Every move that is possible in a state; none where the model ends. */
  moves(state: S): readonly Move<S>[];
  /** Equal for states that behave alike. */
  key(state: S): string;
  /** What is wrong with a state, if anything is. */
  violation(state: S): string | undefined;
}

export interface Explored<S> {
  /** Distinct states visited. */
  readonly states: number;
  readonly moves: number;
  /** True when nothing was left to visit: the answer is a proof for this model. */
  readonly complete: boolean;
  /** The shortest way to a violation, in moves. */
  readonly violation?: {
    readonly what: string;
    readonly path: readonly Move<S>[];
    readonly start: S;
  };
}

/**
 * Breadth-first search over the whole graph; stops at the first violation, which is then a nearest one.
 * Keys are compared as strings, never as digests alone: two states cannot be taken for one. Memory is one key a state.
 */
export function explore<S>(model: Model<S>, limit = 3_000_000): Explored<S> {
  const seen = new Set<string>();
  const states: S[] = [];
  const came: { readonly from: number; readonly what: string }[] = [];
  let moves = 0;

  const visit = (state: S, from: number, what: string): boolean => {
    const key = model.key(state);
    if (seen.has(key)) return false;
    seen.add(key);
    states.push(state);
    came.push({ from, what });
    return true;
  };
  const pathTo = (index: number): { path: Move<S>[]; start: S } => {
    const path: Move<S>[] = [];
    let at = index;
    for (;;) {
      const { from, what } = came[at]!;
      if (from < 0) return { path: path.reverse(), start: states[at]! };
      path.push({ what, to: states[at]! });
      at = from;
    }
  };

  for (const start of model.starts) visit(start, -1, 'start');
  for (let next = 0; next < states.length; next += 1) {
    const state = states[next]!;
    const what = model.violation(state);
    if (what !== undefined)
      return {
        states: states.length,
        moves,
        complete: false,
        violation: { what, ...pathTo(next) },
      };
    if (states.length > limit) return { states: states.length, moves, complete: false };
    for (const move of model.moves(state)) {
      moves += 1;
      visit(move.to, next, move.what);
    }
  }
  return { states: states.length, moves, complete: true };
}
