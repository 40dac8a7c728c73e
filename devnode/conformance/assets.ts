import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './target.ts';

/** Name under which the tutorial's chaincode is deployed. */
export const ASSETS = 'basic';

/** How a process of the tutorial's chaincode is started; address and package id come by Fabric's own variables. */
export function assetsCommand(): { file: string; args: string[] } {
  const cli = new URL('./cli.js', import.meta.resolve('fabric-shim')).pathname;
  const module = new URL('../test-fixtures/assets/chaincode', import.meta.url).pathname;
  const script =
    'exec "$0" "$1" server --module-path "$2" --chaincode-address "$CHAINCODE_SERVER_ADDRESS" --chaincode-id "$CHAINCODE_ID"';
  return { file: 'sh', args: ['-c', script, process.execPath, cli, module] };
}

/** Runs the tutorial's application as Org1's user and gives the lines that it prints. Throws when it fails. */
export async function runAssetsApplication({
  channel,
  organizations,
}: Target): Promise<readonly string[]> {
  const organization = organizations['Org1MSP'];
  if (organization === undefined) throw new Error('the network lacks Org1MSP');
  const file = new URL('../test-fixtures/assets/application/app.cjs', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: {
      PATH: process.env['PATH'] ?? '',
      CHANNEL_NAME: channel,
      CHAINCODE_NAME: ASSETS,
      MSP_ID: 'Org1MSP',
      CRYPTO_PATH: dirname(organization.mspDir),
      PEER_ENDPOINT: organization.gateway,
      PEER_HOST_ALIAS: organization.tlsServerName,
    },
    timeout: 60_000,
  });
  return stdout.trimEnd().split('\n');
}

/** What the application prints on any network. */
export const ASSETS_LINES: readonly string[] = [
  'all: [{"AppraisedValue":300,"Color":"blue","ID":"asset1","Owner":"Tomoko","Size":5},{"AppraisedValue":400,"Color":"red","ID":"asset2","Owner":"Brad","Size":5},{"AppraisedValue":500,"Color":"green","ID":"asset3","Owner":"Jin Soo","Size":10}]',
  'transferred from Tom',
  'one: {"AppraisedValue":1300,"Color":"yellow","ID":"asset4","Owner":"Saptha","Size":5}',
  'EndorseError 10: chaincode response 500, The asset asset70 does not exist',
  'EndorseError 10: chaincode response 500, The asset asset4 already exists',
  'exists: false',
  'event CreateAsset: {"ID":"asset4","Color":"yellow","Size":5,"Owner":"Tom"}',
  'event TransferAsset: {"AppraisedValue":1300,"Color":"yellow","ID":"asset4","Owner":"Saptha","Size":5}',
  'event DeleteAsset: asset4',
];
