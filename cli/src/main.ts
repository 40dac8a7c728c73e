#!/usr/bin/env node
import { CommanderError, type Command } from 'commander';
import type { RelayerDrainOptions, RelayerResumeOptions } from './commands/relayer.ts';
import type { DemoCommandOptions } from './commands/demo.ts';
import { planCommand, type PlanOptions } from './commands/plan.ts';
import { addDeployCommands } from './deploy-commands.ts';
import { createProgram, outputOf, type GlobalOptions } from './program.ts';
import { EXIT, exitCodeOf, renderError } from './render-error.ts';

const program = createProgram();

const FABRIC_HELP = "devnode, or native: an operator's official binaries";
const CONSENSUS_HELP = 'of a native Fabric: raft (default), or bft with four orderers';
const ETHEREUM_HELP = 'anvil or geth';
const TOOLS_HELP = `
Fabric's binaries (2.5 or 3.x) are looked for in FABRIC_BIN, PATH, ./fabric-samples/bin and ~/fabric-samples/bin;
geth in GETH_BIN and PATH, else a Go toolchain builds it once. Nothing else of either is fetched.`;

program
  .command('demo')
  .description('start both networks, run real swaps and show them')
  .option('--headless', 'no terminal features; for scripts and CI')
  .option('--keep', 'leave networks and relayer running and write one JSON file about them')
  .option('--orders <file>', 'a CSV of orders of your own instead of examples/orders.csv')
  .option('--picture <file>', 'write the sequence of a settled swap as an SVG')
  .option('--fabric <kind>', FABRIC_HELP, 'devnode')
  .option('--consensus <kind>', CONSENSUS_HELP)
  .option('--ethereum <kind>', ETHEREUM_HELP, 'anvil')
  .addHelpText(
    'after',
    '\nExamples:\n  midlock demo\n  midlock demo --headless --json\n  midlock demo --orders my-orders.csv\n' +
      `  midlock demo --fabric native --consensus bft --ethereum geth\n${TOOLS_HELP}`,
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

relayer
  .command('drain')
  .description('take on nothing new, finish what is open, then exit')
  .option('--api <url>', 'its API address', 'http://127.0.0.1:4600')
  .option('--token-file <path>', 'a token of scope operate')
  .option('--within <seconds>', 'wait no longer than this', '3600')
  .action(async (options: RelayerDrainOptions, command: Command) => {
    const { relayerDrainCommand } = await import('./commands/relayer.ts');
    await relayerDrainCommand(options, outputOf(command));
  });

relayer
  .command('resume')
  .description('go on with a ledger whose finality went backwards, once it is back where it was')
  .requiredOption('--ledger <ledger>', 'ethereum or fabric')
  .option('--operations <url>', 'its operations address', 'http://127.0.0.1:9446')
  .action(async (options: RelayerResumeOptions, command: Command) => {
    const { relayerResumeCommand } = await import('./commands/relayer.ts');
    await relayerResumeCommand(options, outputOf(command));
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
  .action((options: PlanOptions, command: Command) => planCommand(options, outputOf(command)));

type Handler<T> = (options: T, command: Command) => Promise<void>;
const configOf = (command: Command): string | undefined =>
  command.optsWithGlobals<GlobalOptions>().config;

swap
  .command('create')
  .description('plan a swap, sign it as initiator and write its terms file')
  .requiredOption('--direction <direction>', 'fabric-first or ethereum-first')
  .option('--kind <kind>', 'fungible, unique or evidence', 'fungible')
  .requiredOption('--asset <id>', 'the Fabric asset')
  .option('--amount <n>', 'of the Fabric asset, minor units', '1')
  .option('--token <address|ETH>', 'the Ethereum asset', 'ETH')
  .requiredOption('--ethereum-amount <n>', 'wei or minor units')
  .requiredOption('--counterparty-fabric <account>', 'OrgMSP:0x…, from its "midlock keys show"')
  .requiredOption('--counterparty-ethereum <address>', 'its Ethereum address')
  .option('--slack <seconds>', 'extra time for agreeing before the first lock')
  .requiredOption('--out <file>', 'where the terms file goes')
  .action((async (options, command) => {
    const { swapCreateCommand } = await import('./commands/swap.ts');
    await swapCreateCommand(configOf(command), options, outputOf(command));
  }) as Handler<import('./commands/swap.ts').SwapCreateOptions>);

const onTerms = (
  name: string,
  description: string,
  run: (
    swaps: typeof import('./commands/swap.ts'),
    file: string,
    command: Command,
  ) => Promise<void>,
) =>
  swap
    .command(name)
    .argument('<terms>', 'the terms file')
    .description(description)
    .action(async (file: string, _options: object, command: Command) => {
      await run(await import('./commands/swap.ts'), file, command);
    });
onTerms('accept', 'check the terms, sign them and hand them to the agent', (swaps, file, command) =>
  swaps.swapAcceptCommand(file, configOf(command), outputOf(command)),
);
onTerms('show', 'the terms, who signed them, and both legs', (swaps, file, command) =>
  swaps.swapShowCommand(file, configOf(command), outputOf(command)),
);
onTerms('explain', 'why it waits, who must act, until when', (swaps, file, command) =>
  swaps.swapExplainCommand(file, configOf(command), outputOf(command)),
);
onTerms(
  'watch',
  'say each change until it has ended; exit code 7 when it was refunded',
  async (swaps, file, command) => {
    if (!(await swaps.swapWatchCommand(file, configOf(command), outputOf(command))))
      process.exitCode = EXIT.refunded;
  },
);
onTerms('claim', 'claim what is due to you, with keys and terms alone', (swaps, file, command) =>
  swaps.swapSettleCommand('claim', file, configOf(command), outputOf(command)),
);
onTerms(
  'refund',
  'take your own leg back after its deadline, with keys and terms alone',
  (swaps, file, command) =>
    swaps.swapSettleCommand('refund', file, configOf(command), outputOf(command)),
);
swap
  .command('list')
  .description("the swaps in this party's journal")
  .action(async (_options: object, command: Command) => {
    const { swapListCommand } = await import('./commands/swap.ts');
    await swapListCommand(configOf(command), outputOf(command));
  });
swap
  .command('recover')
  .description('find your swaps on both ledgers, without any terms file')
  .option('--out <dir>', 'where terms files go', './recovered')
  .option('--refund', 'take back what you locked on Ethereum alone, once its deadline is past')
  .action(async (options: { out: string; refund?: boolean }, command: Command) => {
    const { swapRecoverCommand } = await import('./commands/swap.ts');
    await swapRecoverCommand(configOf(command), options, outputOf(command));
  });
swap
  .command('batch')
  .argument('<orders>', 'CSV of orders; columns as in examples/orders.csv')
  .description('one signed terms file per order')
  .requiredOption(
    '--counterparties <file>',
    'JSON: {"bob": {"fabric": "Org2MSP:0x…", "ethereum": "0x…"}}',
  )
  .option('--slack <seconds>', 'extra time before the first lock')
  .option('--out <dir>', 'where terms files go', './terms')
  .action(
    async (
      csv: string,
      options: { counterparties: string; slack?: string; out: string },
      command: Command,
    ) => {
      const { swapBatchCommand } = await import('./commands/swap.ts');
      await swapBatchCommand(csv, configOf(command), options, outputOf(command));
    },
  );

const network = program
  .command('network')
  .description('development networks that stay between commands');
network
  .command('up')
  .description('start a Fabric and an Ethereum node, deploy, and leave them running')
  .option('--dir <dir>', 'where they live (default .midlock/network)')
  .option('--fabric <kind>', FABRIC_HELP, 'devnode')
  .option('--consensus <kind>', CONSENSUS_HELP)
  .option('--ethereum <kind>', ETHEREUM_HELP, 'anvil')
  .option('--keep', 'let "network down" leave the ledgers, to be started again')
  .addHelpText(
    'after',
    `\nExample:\n  midlock network up --fabric native --ethereum geth\n${TOOLS_HELP}`,
  )
  .action(async (options: import('./commands/network.ts').NetworkUpOptions, command: Command) => {
    const { networkUpCommand } = await import('./commands/network.ts');
    await networkUpCommand(options, outputOf(command));
  });
network
  .command('down')
  .description('stop what "network up" or "demo --keep" left running')
  .option('--dir <dir>')
  .option('--keep', 'leave the ledgers, to be started again')
  .action(async (options: { dir?: string; keep?: boolean }, command: Command) => {
    const { networkDownCommand } = await import('./commands/network.ts');
    await networkDownCommand(options, outputOf(command));
  });
network
  .command('status')
  .description('which listeners answer')
  .option('--dir <dir>')
  .action(async (options: { dir?: string }, command: Command) => {
    const { networkStatusCommand } = await import('./commands/network.ts');
    if (!(await networkStatusCommand(options, outputOf(command))))
      process.exitCode = EXIT.unreachable;
  });
network
  .command('env')
  .description("variables for Fabric's own tools; use it as export $(...)")
  .option('--dir <dir>')
  .option('--org <mspId>', 'organisation', 'Org1MSP')
  .option('--user <name>', 'user', 'Admin')
  .action(async (options: { dir?: string; org: string; user: string }, command: Command) => {
    const { networkEnvCommand } = await import('./commands/network.ts');
    networkEnvCommand(options, outputOf(command));
  });

addDeployCommands(program);

const keys = program.command('keys').description('keys and the accounts that they stand for');
keys
  .command('new')
  .argument('<file>')
  .description('a new Ethereum key, mode 0600')
  .option('--password-file <file>', 'write a keystore instead')
  .action(async (file: string, options: { passwordFile?: string }, command: Command) => {
    const { keysNewCommand } = await import('./commands/keys.ts');
    await keysNewCommand(file, options, outputOf(command));
  });
keys
  .command('show')
  .description('the accounts of the configured keys; give them to counterparties')
  .action(async (_options: object, command: Command) => {
    const { keysShowCommand } = await import('./commands/keys.ts');
    await keysShowCommand(configOf(command), outputOf(command));
  });

const config = program.command('config').description("a party's configuration");
config
  .command('init')
  .description('write one for a described network')
  .requiredOption('--network <file>', 'network description')
  .option('--msp <mspId>', 'your organisation (default: the first)')
  .option('--user <name>', 'your user', 'User1')
  .option('--key <file>', 'Ethereum key file', './keys/ethereum.key')
  .option('--home <dir>', 'journal, seed and inbox', './midlock-home')
  .option('--profile <name>', 'development, testnet or mainnet-like', 'development')
  .option('--force', 'overwrite')
  .action(async (options: import('./commands/config.ts').ConfigInitOptions, command: Command) => {
    const { configInitCommand } = await import('./commands/config.ts');
    configInitCommand(configOf(command), options, outputOf(command));
  });
config
  .command('import')
  .argument('<path>', 'a folder, a profile or a list, as --from says')
  .description("write one from an operator's own files")
  .requiredOption('--from <source>', 'test-network, connection-profile, fablo or microfab')
  .requiredOption('--ethereum <url>', 'JSON-RPC of the Ethereum node')
  .requiredOption('--escrow <address>', 'the escrow contract there')
  .option('-c, --channel <name>', 'channel', 'mychannel')
  .option('--chaincode <name>', 'chaincode', 'midlock')
  .option('--wallet <dir>', 'a fabric-network file wallet')
  .option('--client <client>', 'legacy for peers without the Gateway service (2.2, 2.3)', 'gateway')
  .option('--msp <mspId>', 'your organisation (default: the first)')
  .option('--user <name>', 'your user', 'User1')
  .option('--key <file>', 'Ethereum key file, made when there is none', './keys/ethereum.key')
  .option('--home <dir>', 'journal, seed and inbox', './midlock-home')
  .option('--out <dir>', 'network description and imported identities', './midlock-network')
  .option('--profile <name>', 'development, testnet or mainnet-like', 'development')
  .option('--force', 'overwrite')
  .addHelpText(
    'after',
    `
What <path> is:
  test-network        fabric-samples' test-network folder, after ./network.sh up
  connection-profile  a connection profile, JSON or YAML, or a folder of them
  fablo               the folder in which "fablo up" ran, or its fablo-target
  microfab            the console's URL, or a file with what GET /ak/api/v1/components answers

Example:
  midlock config import --from microfab https://console.127-0-0-1.nip.io:8443 -c channel1 --ethereum http://127.0.0.1:8545 --escrow 0x…`,
  )
  .action(
    async (
      path: string,
      options: import('./commands/config-import.ts').ConfigImportOptions,
      command: Command,
    ) => {
      const { configImportCommand } = await import('./commands/config-import.ts');
      await configImportCommand(path, configOf(command), options, outputOf(command));
    },
  );
for (const [name, description] of [
  ['validate', 'say what does not fit'],
  ['show', 'what is in force, defaults and environment included'],
  ['schema', 'JSON Schema of the file'],
] as const) {
  config
    .command(name)
    .description(description)
    .action(async (_options: object, command: Command) => {
      const commands = await import('./commands/config.ts');
      if (name === 'validate') commands.configValidateCommand(configOf(command), outputOf(command));
      else if (name === 'show') commands.configShowCommand(configOf(command), outputOf(command));
      else commands.configSchemaCommand(outputOf(command));
    });
}

program
  .command('doctor')
  .description(
    "look at everything that a swap stands on, for a party's or a relayer's configuration",
  )
  .option('--sequence <n>', 'the sequence that the chaincode must be committed with')
  .addHelpText(
    'after',
    '\nEach line says what was seen and, where it is not ok, what to do. Exit code 0: nothing failed; 3: something did.',
  )
  .action(async (options: import('./commands/doctor.ts').DoctorOptions, command: Command) => {
    const { doctorCommand } = await import('./commands/doctor.ts');
    if (!(await doctorCommand(configOf(command), outputOf(command), options)))
      process.exitCode = EXIT.config;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  process.stderr.write(`${renderError(error, process.argv.includes('--json'))}\n`);
  process.exitCode = exitCodeOf(error);
}
// A command is done when its promise is; what a library still holds open must not keep the terminal.
process.exit();
