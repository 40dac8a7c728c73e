// Removes each defence of the escrow in turn and runs the forge tests: every mutant must be found. Takes some 5 s a mutant.
// Arguments pick mutants whose name contains one of them.
import { withCopy } from './forge.ts';
import { MUTANTS } from './mutant-list.ts';
import { testsKilling } from './run-mutant.ts';

const wanted = process.argv.slice(2);
const chosen = MUTANTS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
);
let survivors = 0;
withCopy((folder) => {
  for (const mutant of chosen) {
    const killers = testsKilling(folder, mutant, ['--no-match-path', '*Invariants*']);
    if (killers.length === 0) survivors += 1;
    console.log(
      `${killers.length === 0 ? 'SURVIVED' : 'found   '} ${mutant.name}: ${killers.slice(0, 3).join(', ')}`,
    );
  }
});
console.log(`${chosen.length - survivors} of ${chosen.length} found`);
process.exitCode = survivors === 0 ? 0 : 1;
