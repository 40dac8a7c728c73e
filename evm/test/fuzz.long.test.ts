import { describe, expect, it } from 'vitest';
import { runLongFuzz } from '../scripts/long-fuzz.ts';

describe('the long fuzz run', () => {
  it('holds the invariants over a million calls', { timeout: 900_000 }, () => {
    const { calls, runs, failures } = runLongFuzz();
    console.log(`${calls} calls over the invariants, ${runs} runs of properties`);
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThanOrEqual(1_000_000);
    expect(runs).toBeGreaterThanOrEqual(200_000);
  });
});
