import type { Command } from 'commander';
import type { DeployOptions } from './commands/deploy.ts';
import { outputOf } from './program.ts';

const FABRIC_HELP = `
Installs, approves and commits the chaincode through the peers' own lifecycle, without Fabric's peer command, then
initialises it. It runs as a service: one process per organisation (chaincode/README.md), which peers dial at --address.
Every step that stands already is left, so that the same command goes on after an interruption.

The usual way, each organisation with a server of its own:
  midlock deploy fabric --network network.json --address Org1MSP=10.0.0.7:9999 --address Org2MSP=... --dry-run
    says what is left to do, and the CHAINCODE_ID for each organisation's server:
  CHAINCODE_ID=... CHAINCODE_SERVER_ADDRESS=0.0.0.0:9999 CORE_PEER_LOCALMSPID=Org1MSP node chaincode/dist/server.js
  and then the same command without --dry-run. Addresses may stand in the description instead, as chaincodeAddress.

Where each organisation has its own administrator, each runs, in any order, and the last one commits:
  midlock deploy fabric --network network.json --org Org1MSP --address 10.0.0.7:9999

Upgrade, with locks open or not; they keep their terms and settle as before:
  1. midlock deploy fabric --network network.json --version 1.1 --address Org1MSP=10.0.0.7:9998 ... --dry-run
  2. start the new servers beside the old ones, at those addresses, under the ids that it says
  3. the same command without --dry-run      4. stop the old servers
Only the policy:  midlock deploy fabric --network network.json --policy "OutOf(2, 'Org1MSP.peer', ...)"
Only an address:  midlock deploy fabric --network network.json --org Org1MSP --address 10.0.0.9:9999

Without --version, --policy and --collections it keeps what is in force; the first time 1.0, any f + 1 of n = 2f + 1
organisations, and no collections. On devnode it speaks to the admin address instead of the lifecycle.`;

const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** Adds `midlock deploy fabric | ethereum | all`. */
export function addDeployCommands(program: Command): void {
  const deploy = program
    .command('deploy')
    .description('deploy chaincode and escrow on described networks; what stands is left as it is');
  const add = (what: 'fabric' | 'ethereum' | 'all', description: string): Command =>
    deploy
      .command(what, { isDefault: what === 'all' })
      .description(description)
      .requiredOption('--network <file>', 'network description')
      .option('--profile <name|file>', 'windows, margins and limits', 'development')
      .action(async (options: DeployOptions, command: Command) => {
        const { deployCommand } = await import('./commands/deploy.ts');
        await deployCommand(what, options, outputOf(command));
      });
  withEthereum(withFabric(add('all', 'both of the following')));
  withFabric(add('fabric', 'the chaincode: install, approve, commit, upgrade, initialise'))
    .option('--dry-run', 'ask the peers, say what is left to do, change nothing')
    .addHelpText('after', FABRIC_HELP);
  withEthereum(add('ethereum', 'the escrow contract'));
}

function withFabric(command: Command): Command {
  return command
    .option('--org <mspId>', 'act for this organisation only; repeat for several', collect)
    .option('--admin <user>', "the administrator's name in the description (default: Admin)")
    .option('--version <version>', 'chaincode version (default: the one in force, else 1.0)')
    .option('--policy <policy>', "who must endorse, in Fabric's language (default: as in force)")
    .option(
      '--address <[mspId=]host:port>',
      'where peers dial the chaincode server; repeat per organisation',
      collect,
    )
    .option(
      '--chaincode-ca <[mspId=]file>',
      'the server speaks TLS with a certificate of this CA (PEM); repeat per organisation',
      collect,
    )
    .option('--collections <file>', "private data, as Fabric's --collections-config")
    .option('--commit-by <who>', 'commit when all, or a majority, approved', 'all')
    .option('--unseen-servers', 'upgrade although only the peers can reach the chaincode servers')
    .option('--no-init', 'leave the chaincode uninitialised');
}

function withEthereum(command: Command): Command {
  return command
    .option('--key <file>', "the Ethereum deployer's key file")
    .option('--out <dir>', 'where addresses and ABIs are written', './deployments');
}
