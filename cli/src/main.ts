#!/usr/bin/env node
import { CommanderError } from 'commander';
import { planCommand, type PlanOptions } from './commands/plan.ts';
import { createProgram, outputOf } from './program.ts';
import { EXIT, exitCodeOf, renderError } from './render-error.ts';

const program = createProgram();

const swap = program.command('swap').description('plan, run, watch and finish swaps');
swap
  .command('plan')
  .description('compute both deadlines of a swap and show what they prove')
  .requiredOption('--direction <direction>', 'fabric-first or ethereum-first')
  .option(
    '--profile <name|file>',
    'development, testnet, mainnet-like, or a JSON file',
    'development',
  )
  .option('--now <seconds>', 'plan from this moment instead of the clock')
  .option('--slack <seconds>', 'extra time before the first lock')
  .addHelpText(
    'after',
    '\nExample:\n  midlock swap plan --direction fabric-first --profile mainnet-like',
  )
  .action((options: PlanOptions, command) => planCommand(options, outputOf(command)));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  process.stderr.write(`${renderError(error, process.argv.includes('--json'))}\n`);
  process.exitCode = exitCodeOf(error);
}
