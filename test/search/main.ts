// npm run search: explores every course of a swap on the real reducers. See options.ts for the command line.
// The last line reads "N passed, N failed"; the exit code is 1 when anything failed, 2 for a wrong command line.
import type { Explored } from './explore.ts';
import { BASE, GROWN, plannedBounds } from './figures.ts';
import { BOUNDS, findMinimum, forgetSearches, tryBound, type Minimum } from './minima.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { PLANTED_BUG_IDS, searchForBug } from './recall.ts';
import { writeMinima, writeTable, type Row } from './reliability.ts';
import type { State } from './state.ts';
import { storyOf } from './story.ts';

const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\n\n${USAGE}`);
  process.exit(2);
}
const totals = { passed: 0, failed: 0, states: 0 };
run(options);
if (!options.json) console.log(`${totals.states} states explored`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);

function run({ bound, bug, directions, clocks, grown, write }: Options): void {
  const change = clocks === undefined ? {} : { clocks };
  if (bug !== undefined) {
    tell(`planted bug ${bug}: ${PLANTED_BUGS[bug].what}`, searchForBug(bug), true);
    return;
  }
  if (bound !== undefined) {
    for (const direction of directions.filter((one) => BOUNDS[one].includes(bound.name))) {
      const planned = plannedBounds(direction, BASE)[bound.name];
      const name = `${direction} ${bound.name}=${String(bound.value)} (planned ${String(planned)})`;
      tell(name, tryBound(direction, BASE, bound.name, bound.value, change), false);
    }
    return;
  }
  const minima: { readonly name: string; readonly minimum: Minimum }[] = [];
  for (const { name, figures } of grown ? GROWN : GROWN.slice(0, 1)) {
    const startedAt = Date.now();
    for (const direction of directions)
      for (const boundName of BOUNDS[direction]) {
        const minimum = findMinimum(direction, figures, boundName, change);
        minima.push({ name, minimum });
        tellMinimum(name, minimum);
      }
    forgetSearches();
    console.error(`${name}: ${String(Math.round((Date.now() - startedAt) / 1000))} s`);
  }
  if (grown) {
    if (write) writeMinima(minima);
    return;
  }
  const rows: Row[] = PLANTED_BUG_IDS.filter((id) =>
    directions.includes(PLANTED_BUGS[id].where[0]),
  ).map((id) => {
    const explored = searchForBug(id);
    tell(`planted bug ${id}: ${PLANTED_BUGS[id].what}`, explored, true, false);
    return { id, explored };
  });
  if (write) writeTable(rows);
}

/** Says where the border lies, and whether both sides of it were shown. */
function tellMinimum(name: string, minimum: Minimum): void {
  const { direction, bound, found, planned, states, complete, below } = minimum;
  totals.states += states + below.states;
  count(found === planned && complete && below.violation !== undefined);
  say({ figures: name, ...minimum, below: below.violation?.what, story: storyOf(below) }, [
    `${direction} ${name}: least ${bound} is ${String(found)}, planner says ${String(planned)} (${String(states)} states, ${complete ? 'complete' : 'NOT complete'})`,
    `one tick less, ${String(found - 1)}:`,
    ...storyOf(below),
  ]);
}

/** Says what a search found and whether that was right. */
function tell(name: string, explored: Explored<State>, wanted: boolean, story = true): void {
  const { states, violation, complete } = explored;
  totals.states += states;
  count(wanted ? violation !== undefined : complete);
  const answer =
    violation === undefined
      ? `nothing found in ${String(states)} states, complete`
      : `${violation.what}, after ${String(states)} states, in ${String(violation.path.length)} moves`;
  say({ name, states, found: violation?.what, story: storyOf(explored) }, [
    `${name}: ${answer}`,
    ...(story ? storyOf(explored) : []),
  ]);
}

function count(right: boolean): void {
  totals[right ? 'passed' : 'failed'] += 1;
}

function say(data: object, lines: readonly string[]): void {
  for (const line of options instanceof Object && options.json ? [JSON.stringify(data)] : lines)
    console.log(line);
}
