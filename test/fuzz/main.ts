// npm run fuzz: coverage-guided fuzzing of every parser of something that comes from outside. See HELP.
import { parseArgs } from 'node:util';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { shrinkKilled } from './shrink-killed.ts';
import { tellFinding } from './story.ts';
import { superviseTarget, type Outcome } from './supervise.ts';
import { allTargets, findTarget } from './targets/index.ts';
import type { FoundInput } from './engine.ts';
import type { Target } from './target.ts';

const HELP = `npm run fuzz -- [list] [options]
  list            names the targets and what they read
  --target NAME   one target, or all whose names begin so (default: all)
  --seed N        default 1
  --runs M        ends each target after M inputs; equal seeds and runs give equal output
  --seconds S     ends each target after S seconds (default 10 without --runs)
  --replay FILE   runs the bytes of a file through the target of --target
  --out DIR       where inputs that found something are written (fuzz-findings)
  --blind         without feedback: what plain random mutation finds
Exit codes: 0 nothing found, 1 findings, 2 wrong command line.`;

const options = readOptions();
if (typeof options === 'string') {
  console.error(`${options}\n\n${HELP}`);
  process.exitCode = 2;
} else if (options.help) console.log(HELP);
else if (options.list) await list();
else await run(options);

interface Options {
  readonly list: boolean;
  readonly help: boolean;
  readonly target: string | undefined;
  readonly seed: number;
  readonly runs: number;
  readonly seconds: number;
  readonly replay: string | undefined;
  readonly out: string;
  readonly blind: boolean;
}

async function list(): Promise<void> {
  const targets = await allTargets();
  const width = Math.max(...targets.map(({ name }) => name.length));
  for (const { name, format, about } of targets)
    console.log(`${name.padEnd(width)}  ${format.padEnd(8)}  ${about}`);
  console.log(`${String(targets.length)} targets`);
}

async function run(given: Options): Promise<void> {
  const targets = await chosen(given.target);
  if (targets.length === 0) {
    console.error(`no target ${String(given.target)}; \`npm run fuzz -- list\` names them`);
    process.exitCode = 2;
    return;
  }
  let [runs, findings, branches] = [0, 0, 0];
  for (const target of targets) {
    const startedMs = Date.now();
    const outcome = await superviseTarget({
      target: target.name,
      seed: given.seed,
      runs: given.runs,
      seconds: given.seconds,
      blind: given.blind,
      ...(given.replay === undefined ? {} : { inputs: [readFileSync(given.replay)] }),
    });
    console.log(summary(target, outcome));
    for (const [i, found] of outcome.found.entries()) await tell(given, target, found, i + 1);
    runs += outcome.result?.runs ?? 0;
    branches += outcome.result?.reached.branches ?? 0;
    findings += outcome.found.length;
    console.error(`${target.name}: ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  }
  console.log(
    `${String(targets.length)} targets, ${String(runs)} inputs, ${String(branches)} branches reached, ${String(findings)} findings`,
  );
  process.exitCode = findings === 0 ? 0 : 1;
}

async function chosen(name: string | undefined): Promise<readonly Target[]> {
  if (name === undefined) return allTargets();
  const exact = await findTarget(name);
  if (exact !== undefined) return [exact];
  return (await allTargets()).filter((target) => target.name.startsWith(name));
}

function summary({ name }: Target, { result, found }: Outcome): string {
  if (result === undefined) return `${name}: ended early`;
  const { branches, known } = result.reached;
  return `${name}: ${String(result.runs)} inputs, ${String(branches)} of ${String(known)} branches, corpus ${String(result.corpus)}, ${String(found.length)} findings`;
}

/** Writes the input of a finding and tells what happened. */
async function tell(
  given: Options,
  target: Target,
  found: FoundInput,
  number: number,
): Promise<void> {
  const shrunk = await shrinkKilled(target, found);
  const hash = createHash('sha256').update(shrunk.input).digest('hex').slice(0, 12);
  const file = join(given.out, `${target.name.replaceAll('/', '-')}-${hash}`);
  mkdirSync(given.out, { recursive: true });
  writeFileSync(file, shrunk.input);
  console.log(tellFinding({ target, found: shrunk, number, seed: given.seed, file }));
}

function readOptions(): Options | string {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        target: text,
        seed: { ...text, default: '1' },
        runs: text,
        seconds: text,
        replay: text,
        out: { ...text, default: 'fuzz-findings' },
        blind: flag,
        help: flag,
      },
    });
    const seed = Number(values.seed);
    const runs = Number(values.runs ?? Infinity);
    const seconds = Number(values.seconds ?? (values.runs === undefined ? 10 : Infinity));
    if (positionals.some((word) => word !== 'list')) return `unknown word ${positionals.join(' ')}`;
    if (!Number.isInteger(seed) || !(runs > 0) || !(seconds > 0)) return 'numbers must be positive';
    if (values.replay !== undefined && values.target === undefined)
      return '--replay needs --target';
    const { target, replay, out, blind, help } = values;
    return { list: positionals.length > 0, help, target, seed, runs, seconds, replay, out, blind };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
