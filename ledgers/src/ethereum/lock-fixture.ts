import { swapIdOf, type EthereumLock, type SwapTerms } from '@midlock/protocol';
import { word } from '../fabric/terms-fixture.ts';

/** The lock of some terms, in slot 0. For tests. */
export function lockOf(terms: SwapTerms): EthereumLock {
  return {
    ...terms.ethereum,
    lockId: word(20),
    swapId: swapIdOf(terms),
    slot: 0n,
    generation: 0n,
    hashLock: terms.hashLock,
    counterpart: word(21),
    direct: false,
  };
}
