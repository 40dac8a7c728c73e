import { swapIdOf, type Hex32, type SwapTerms } from '@midlock/protocol';

const ids = new WeakMap<SwapTerms, Hex32>();

/** The swap id of terms that nobody changes any more; hashed once for each object. */
export function memoSwapId(terms: SwapTerms): Hex32 {
  const known = ids.get(terms);
  if (known !== undefined) return known;
  const swapId = swapIdOf(terms);
  ids.set(terms, swapId);
  return swapId;
}
