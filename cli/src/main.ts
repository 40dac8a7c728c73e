#!/usr/bin/env node
import { CommanderError, type Command } from 'commander';
import type { DemoCommandOptions } from './commands/demo.ts';
import { planCommand, type PlanOptions } from './commands/plan.ts';
import { createProgram, outputOf, type GlobalOptions } from './program.ts';
import { EXIT, exitCodeOf, renderError } from './render-error.ts';

const program = createProgram();

program
  .command('demo')
  .description('start both networks, run real swaps and show them')
  .option('--headless', 'no terminal features; for scripts and CI')
  .option('--keep', 'leave networks and relayer running and write one JSON file about them')
  .option('--orders <file>', 'a CSV of orders of your own instead of examples/orders.csv')
  .option('--picture <file>', 'write the sequence of a settled swap as an SVG')
  .addHelpText(
    'after',
    '\nExamples:\n  midlock demo\n  midlock demo --headless --json\n  midlock demo --orders my-orders.csv',
  )
  .action(async (options: DemoCommandOptions, command: Command) => {
    const { demoCommand } = await import('./commands/demo.ts');
    await demoCommand(options, command.optsWithGlobals<GlobalOptions>().json === true);
  });

program
  .command('agent')
  .description("run one party's swaps")
  .command('start')
  .description('run until SIGTERM; swaps arrive as terms files in the inbox or by a relayer')
  .action(async (_options: object, command: Command) => {
    const { agentCommand } = await import('./commands/agent.ts');
    await agentCommand(command.optsWithGlobals<GlobalOptions>().config);
  });

const relayer = program
  .command('relayer')
  .description('watch swaps and finish them for parties that are away');
relayer
  .command('start')
  .description('run the daemon until SIGTERM: HTTP API, health, metrics')
  .action(async (_options: object, command: Command) => {
    const { relayerStartCommand } = await import('./commands/relayer.ts');
    await relayerStartCommand(command.optsWithGlobals<GlobalOptions>().config);
  });
relayer
  .command('status')
  .description('health, readiness and main figures of a running relayer')
  .option('--operations <url>', 'its operations address', 'http://127.0.0.1:9446')
  .action(async ({ operations }: { operations: string }, command: Command) => {
    const { relayerStatusCommand } = await import('./commands/relayer.ts');
    if (!(await relayerStatusCommand(operations, outputOf(command))))
      process.exitCode = EXIT.unreachable;
  });

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
// A command is done when its promise is; what a library still holds open must not keep the terminal.
process.exit();
