import { defaultGapSec, type SwapProfile } from '@midlock/protocol';

const skewSec = 1n;
const stamps = { maxPastSec: 7n, maxFutureSec: 1n };

/**
 * Bounds that a machine keeps although other work fills it for seconds. Swaps that are to settle are planned with them: their
 * deadlines are later, and nobody waits for those.
 */
export const BUSY_MACHINE: SwapProfile = {
  name: 'busy-machine',
  fabric: { commitSec: 5n, ...stamps, gapSec: defaultGapSec(stamps, skewSec) },
  ethereum: { inclusionSec: 5n, finalitySec: 5n, reorgSpanSec: 2n },
  party: { observeSec: 8n, skewSec, thrownOut: 1n, resentByOthers: true },
};
