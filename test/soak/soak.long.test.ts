import { expect, it } from 'vitest';
import { soak } from './soak.ts';

it('60 open swaps, half a minute each: nothing goes wrong and nothing piles up', async () => {
  const result = await soak({
    open: 60,
    holdsSec: 60,
    holdSec: 25,
    perSecond: 4,
    sampleSec: 6,
    seed: 20261121,
    // So short a run sees what doubles, not what creeps; the run of 30 minutes has the strict bounds.
    heapBound: { boundPerSwap: 64, boundShare: 0.15 },
    onProgress: () => undefined,
  });
  expect(result.faults).toEqual([]);
  expect(result.outcomes['to settle: settled']).toBeGreaterThan(30);
  expect(result.outcomes['to refund: refunded']).toBeGreaterThan(3);
}, 240_000);
