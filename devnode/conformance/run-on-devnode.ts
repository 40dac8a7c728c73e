import { startDevnodeTarget, type Profile } from './devnode-target.ts';
import { runCases, type ConformanceCase, type Results } from './suite.ts';

/** More lanes only compete for the processors. */
const LANES = 2;

/**
 * Runs cases on devnode, in two lanes with a network each: a suite of waiting for blocks, time-outs and silence takes
 * half the time so. Cases that stand beside each other stay together and keep their order.
 */
export async function runOnDevnode(
  profile: Profile,
  cases: readonly ConformanceCase[],
): Promise<Results> {
  const size = Math.ceil(cases.length / LANES);
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    cases.slice(lane * size, (lane + 1) * size),
  ).filter((lane) => lane.length > 0);
  const results = await Promise.all(
    lanes.map(async (lane) => {
      const target = await startDevnodeTarget(profile);
      try {
        return await runCases(target.node, lane);
      } finally {
        await target.stop();
      }
    }),
  );
  return Object.assign({}, ...results) as Results;
}
