import type { EthereumSide, FabricSide } from './sides.ts';

/** Everything that the real sides answered in one life cycle, in order. */
export type Tape = unknown[];

export interface RealSides {
  readonly ethereum: EthereumSide;
  readonly fabric: FabricSide;
}

/** The real sides, with their answers written to `tape`. */
export function recorded({ ethereum, fabric }: RealSides, tape: Tape): RealSides {
  const keep = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    tape.push(value);
    return value;
  };
  return {
    ethereum: {
      act: (command, atSec) => keep(ethereum.act(command, atSec)),
      view: () => keep(ethereum.view()),
    },
    fabric: {
      act: (commands, atSec, withhold) => keep(fabric.act(commands, atSec, withhold)),
      deliver: (atSec) => keep(fabric.deliver(atSec)),
      view: () => keep(fabric.view()),
    },
  };
}

/**
 * Sides that answer from a tape. The real ledgers do not depend on the model, so a model that deviates is asked the same until it first
 * answers otherwise, and there the comparison ends.
 */
export function replayed(tape: Tape): RealSides {
  let next = 0;
  const answer = <T>(): Promise<T> => {
    const value = tape[next] as T;
    next += 1;
    return Promise.resolve(value);
  };
  return {
    ethereum: { act: () => answer(), view: () => answer() },
    fabric: { act: () => answer(), deliver: () => answer(), view: () => answer() },
  };
}
