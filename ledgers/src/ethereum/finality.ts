import { MidlockError } from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import { RpcRefusal } from './json-rpc.ts';
import { quantity } from './quantity.ts';
import { parseBlock, type BlockHeader } from './wire.ts';

/**
 * How a chain says that a block stays.
 * - `tag`: the node's `finalized` (or `safe`) block; a node that answers null has none yet, or has forgotten it.
 * - `depth`: so many blocks on top, for chains without the tag.
 * - `instant`: every block is final (QBFT, a single development sealer).
 */
export type Finality =
  | { readonly mode: 'tag'; readonly tag?: 'finalized' | 'safe' }
  | { readonly mode: 'depth'; readonly blocks: bigint }
  | { readonly mode: 'instant' };

/**
 * The final block as of a head, or null where the chain has none yet.
 * One call; throws as {@link Endpoints.agreed}.
 */
export async function readFinalized(
  endpoints: Endpoints,
  finality: Finality,
  head: BlockHeader,
): Promise<BlockHeader | null> {
  switch (finality.mode) {
    case 'instant':
      return head;
    case 'depth': {
      const height = head.height - finality.blocks;
      return height < 0n ? null : readBlock(endpoints, height);
    }
    case 'tag':
      try {
        return await endpoints.agreed(
          'eth_getBlockByNumber',
          [finality.tag ?? 'finalized', false],
          parseBlock,
        );
      } catch (error) {
        // geth refuses the tag ("finalized block not found") where other nodes answer null.
        if (error instanceof RpcRefusal) return null;
        throw error;
      }
  }
}

/** A block by height, or null above the head. Throws ENDPOINT_LIED for a block of another height. */
export function readBlock(endpoints: Endpoints, height: bigint): Promise<BlockHeader | null> {
  return endpoints.agreed('eth_getBlockByNumber', [quantity(height), false], (value) => {
    const block = parseBlock(value);
    // Whoever follows a chain would wait for this height for ever, and keep each of the wrong blocks.
    if (block !== null && block.height !== height)
      throw new MidlockError('ENDPOINT_LIED', { what: 'block of another height', height });
    return block;
  });
}
