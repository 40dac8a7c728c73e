import type { LegFact } from '@midlock/protocol';
import type { BlockHeader } from './wire.ts';

/** A block that was reported, with the facts that a rollback takes back. */
export interface SeenBlock extends Pick<BlockHeader, 'height' | 'hash' | 'timeSec'> {
  readonly facts: readonly LegFact[];
}

/** The reported blocks from the last final one upwards, ascending; what a reorg is found against. */
export interface ChainWindow {
  tip(): SeenBlock | undefined;
  at(height: bigint): SeenBlock | undefined;
  push(block: SeenBlock): void;
  /** Removes and returns every block above `height`, ascending. */
  cutAbove(height: bigint): readonly SeenBlock[];
  /** Forgets blocks below `height`. */
  dropBelow(height: bigint): void;
  /** All blocks, highest first. */
  descending(): readonly SeenBlock[];
}

export function createChainWindow(): ChainWindow {
  let blocks: readonly SeenBlock[] = [];
  return {
    tip: () => blocks.at(-1),
    at: (height) => blocks.find((block) => block.height === height),
    push: (block) => {
      blocks = [...blocks, block];
    },
    cutAbove: (height) => {
      const cut = blocks.filter((block) => block.height > height);
      blocks = blocks.filter((block) => block.height <= height);
      return cut;
    },
    dropBelow: (height) => {
      // The tip always stays: it is where the next block must attach.
      blocks = blocks.filter((block, i) => block.height >= height || i === blocks.length - 1);
    },
    descending: () => [...blocks].reverse(),
  };
}
