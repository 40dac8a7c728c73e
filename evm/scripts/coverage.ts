// Prints line and branch coverage of the escrow's contracts; fails below 100 %.
import { measureCoverage } from './coverage-report.ts';

let gaps = 0;
for (const { file, lines, branches, missedLines, missedBranches } of measureCoverage()) {
  console.log(
    `${file}: lines ${lines - missedLines.length} of ${lines}, branches ${branches - missedBranches.length} of ${branches}`,
  );
  if (missedLines.length > 0) console.log(`  lines never run: ${missedLines.join(', ')}`);
  if (missedBranches.length > 0)
    console.log(`  branches never taken at lines: ${missedBranches.join(', ')}`);
  gaps += missedLines.length + missedBranches.length;
}
console.log(gaps === 0 ? 'coverage is complete' : `${gaps} gaps`);
process.exitCode = gaps === 0 ? 0 : 1;
