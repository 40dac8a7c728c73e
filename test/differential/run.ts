import fc from 'fast-check';
import { commandArbitrary, openingArbitrary, type Command } from './commands.ts';
import { openChaincodeSide } from './ledgers/chaincode.ts';
import { openEscrowSide } from './ledgers/escrow.ts';
import type { EscrowChain } from './ledgers/escrow-chain.ts';
import { LifeCycle, type Place, type Tally } from './life-cycle.ts';
import { recorded, replayed, type RealSides, type Tape } from './recording.ts';
import type { EthereumSide, FabricSide } from './sides.ts';

export interface ModelSides {
  readonly ethereum: EthereumSide;
  readonly fabric: FabricSide;
}

/** Makes the models of one life cycle; `direct`: its locks are paid from wallets. */
export type ModelFactory = (place: Place) => ModelSides;

/** Which life cycles are played. The same numbers play the same ones. */
export interface LifeCycles {
  readonly seed: number;
  readonly count: number;
  /** Most commands of one. */
  readonly commands: number;
}

/** What was compared: how many outcomes, how often each kind of them, and what the ledgers answered. */
export interface Comparison {
  readonly steps: number;
  readonly tally: Tally;
  readonly tapes: readonly Tape[];
}

class Step implements fc.AsyncCommand<object, LifeCycle> {
  readonly #command: Command;

  constructor(command: Command) {
    this.#command = command;
  }

  check(): boolean {
    return true;
  }

  run(_: object, cycle: LifeCycle): Promise<void> {
    return cycle.play(this.#command);
  }

  toString(): string {
    return fc.stringify(this.#command);
  }
}

/**
 * Holds the models against the escrow on anvil and the chaincode, on its ledger in memory unless `openFabric` opens another.
 * Rejects with the shrunk life cycle at the first difference.
 */
export async function compareWithLedgers(
  chain: EscrowChain,
  models: ModelFactory,
  lifeCycles: LifeCycles,
  openFabric: () => Promise<FabricSide> = openChaincodeSide,
): Promise<Comparison> {
  const tapes: Tape[] = [];
  const tally: Tally = new Map();
  const open = async ({ direct }: Place): Promise<RealSides> => {
    const tape: Tape = [];
    tapes.push(tape);
    const real = {
      ethereum: await openEscrowSide(chain, direct),
      fabric: await openFabric(),
    };
    return recorded(real, tape);
  };
  await play(chain, models, lifeCycles, open, tally, false);
  const steps = [...tally.values()].reduce((sum, count) => sum + count, 0);
  return { steps, tally, tapes };
}

/** Holds models against what the ledgers answered before in the same life cycles. Rejects at the first difference. */
export async function compareWithTapes(
  place: Omit<Place, 'direct'>,
  models: ModelFactory,
  lifeCycles: LifeCycles,
  tapes: readonly Tape[],
): Promise<void> {
  let next = 0;
  const open = (): Promise<RealSides> => {
    const tape = tapes[next] ?? [];
    next += 1;
    return Promise.resolve(replayed(tape));
  };
  await play(place, models, lifeCycles, open, new Map(), true);
}

async function play(
  { chainId, escrow, token }: Omit<Place, 'direct'>,
  models: ModelFactory,
  { seed, count, commands }: LifeCycles,
  open: (place: Place) => Promise<RealSides>,
  tally: Tally,
  endOnFailure: boolean,
): Promise<void> {
  const opening = fc.array(openingArbitrary, { minLength: 3, maxLength: 3 });
  const steps = fc.commands([commandArbitrary.map((command) => new Step(command))], {
    maxCommands: commands,
    size: 'max',
  });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), opening, steps, async (direct, drafts, life) => {
      const place: Place = { chainId, escrow, token, direct };
      const real = await open(place);
      const model = models(place);
      const cycle = new LifeCycle(
        {
          ethereum: { real: real.ethereum, model: model.ethereum },
          fabric: { real: real.fabric, model: model.fabric },
        },
        place,
        tally,
      );
      for (const draft of drafts) await cycle.play(draft);
      await fc.asyncModelRun(() => ({ model: {}, real: cycle }), life);
    }),
    { seed, numRuns: count, endOnFailure },
  );
}
