import { describe, expect, it } from 'vitest';
import { DEEDS, runLongFuzz } from '../scripts/long-fuzz.ts';

describe('the long fuzz run', () => {
  it('holds the invariants over a million calls', { timeout: 900_000 }, () => {
    const { calls, runs, deeds, failures } = runLongFuzz();
    console.log(`${calls} calls over the invariants, ${runs} runs of properties`);
    console.log(deeds);
    expect(failures).toEqual([]);
    for (const deed of DEEDS) expect(deeds[deed], deed).toBeGreaterThan(0);
    expect(calls).toBeGreaterThanOrEqual(1_000_000);
    expect(runs).toBeGreaterThanOrEqual(200_000);
  });
});
