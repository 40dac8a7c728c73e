// Fuzzed properties and 1,000,000 calls over the invariants; prints the counts. `--seed N` makes another run than the last.
import { DEEDS, runLongFuzz } from './long-fuzz.ts';

const startedAt = Date.now();
const [flag, seed] = process.argv.slice(2);
const { calls, runs, deeds, failures } = runLongFuzz(flag === '--seed' ? seed : undefined);
for (const failure of failures) console.log(failure);
for (const [deed, count] of Object.entries(deeds)) console.log(`${deed}: ${String(count)}`);
const idle = DEEDS.filter((deed) => (deeds[deed] ?? 0) === 0);
if (idle.length > 0) console.log(`never went through: ${idle.join(', ')}`);
console.log(
  `${calls} calls over the invariants, ${runs} runs of properties, ${failures.length} failures, ` +
    `${((Date.now() - startedAt) / 1000).toFixed(0)} s`,
);
process.exitCode = failures.length === 0 && idle.length === 0 && calls >= 1_000_000 ? 0 : 1;
