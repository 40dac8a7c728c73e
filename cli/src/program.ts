import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { createOutput, type Output } from './output.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 unexpected, 2 usage, 3 configuration, 4 node unreachable, 5 rejected by ledger or policy,
6 timed out while waiting, 7 the swap ended refunded, 8 verification failed, 130 interrupted.`;

/** Options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel: string;
}

/** The output that a command's global options ask for. */
export function outputOf(command: Command): Output {
  return createOutput(command.optsWithGlobals<GlobalOptions>().json === true);
}

/** The bare program with its global options; commands are added by main.ts. */
export function createProgram(): Command {
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return (
    new Command('midlock')
      .description('Moves value between Hyperledger Fabric and Ethereum.')
      // Behind a command, --version is that command's: the chaincode's of `deploy fabric`.
      .version(version, process.argv.length === 3 ? '-V, --version' : '-V')
      .option('--config <file>', 'configuration file (default: ./midlock.config.yaml)')
      .option('--json', 'one JSON object on standard output; progress stays on standard error')
      .addOption(
        new Option('--log-level <level>', 'log level')
          .choices(['error', 'warn', 'info', 'debug'])
          .default('info'),
      )
      .addHelpText('after', EXIT_CODES)
      .showHelpAfterError('Run with --help for usage.')
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(text) })
  );
}
