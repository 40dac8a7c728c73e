import { startDevnodeTarget, type Profile } from './devnode-target.ts';
import { EXECUTE_TIMEOUT_MS } from './target.ts';
import { runCases, type ConformanceCase, type Results } from './suite.ts';

/** More lanes only compete for the processors. */
const LANES = 2;
/** A busy machine must not let calls expire that have nothing to do with time-outs. */
const PATIENT_MS = 60_000;

/**
 * Runs cases on devnode, in two lanes with a network each: a suite of waiting for blocks and silence takes half the time
 * so. Cases that stand beside each other stay together and keep their order. Those of time-outs have a network of their
 * own, the only one whose chaincode calls expire as soon as the recorded network's did.
 */
export async function runOnDevnode(
  profile: Profile,
  cases: readonly ConformanceCase[],
): Promise<Results> {
  const expiring = cases.filter(({ id }) => id.startsWith('exec-timeout-'));
  const others = cases.filter((entry) => !expiring.includes(entry));
  const size = Math.ceil(others.length / LANES);
  const lanes = [
    { executeTimeoutMs: EXECUTE_TIMEOUT_MS, lane: expiring },
    ...Array.from({ length: LANES }, (_, index) => ({
      executeTimeoutMs: PATIENT_MS,
      lane: others.slice(index * size, (index + 1) * size),
    })),
  ].filter(({ lane }) => lane.length > 0);
  const results = await Promise.all(
    lanes.map(async ({ executeTimeoutMs, lane }) => {
      const target = await startDevnodeTarget(profile, executeTimeoutMs);
      try {
        return await runCases(target.node, lane);
      } finally {
        await target.stop();
      }
    }),
  );
  return Object.assign({}, ...results) as Results;
}
