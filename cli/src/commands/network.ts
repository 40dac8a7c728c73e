import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import {
  createProcessGroup,
  readNetworkDescription,
  stopReleased,
  type NetworkDescription,
} from '@midlock/network';
import { MidlockError, type Address } from '@midlock/protocol';
import { startDevelopmentNetworks } from '../networks/development.ts';
import { developmentWallet } from '../networks/deploy-ethereum.ts';
import { parseNetworkKinds, type NetworkKindOptions } from '../networks/kinds.ts';
import { table, type Output } from '../output.ts';
import { EXIT } from '../render-error.ts';

/** Folders in which networks are kept running, in the order in which `down`, `status` and `env` look for them. */
const PLACES = ['.midlock/network', '.midlock/demo'];

interface Kept {
  readonly file: string;
  readonly description: NetworkDescription;
  readonly pids: readonly number[];
  /** Whether `down` leaves the folder, so that `up` starts the same network again. */
  readonly keep: boolean;
}

export interface NetworkUpOptions extends NetworkKindOptions {
  readonly dir?: string;
  readonly keep?: boolean;
}

/**
 * `midlock network up`: a Fabric and an Ethereum node that stay until `network down`. A folder that `down` kept is
 * started again as it is, as far as its Fabric is native.
 */
export async function networkUpCommand(options: NetworkUpOptions, output: Output): Promise<void> {
  const dir = resolve(options.dir ?? '.midlock/network');
  const kinds = parseNetworkKinds(options);
  const file = join(dir, 'network.json');
  if (existsSync(join(dir, 'pids.json'))) {
    throw new MidlockError('PORT_IN_USE', { folder: dir, next: 'midlock network down' });
  }
  const isNew = !existsSync(dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const processes = createProcessGroup();
  const interrupt = (): void => {
    process.stderr.write('\nstopping everything …\n');
    void processes.stopAll().then(() => {
      // Half a network cannot be started again; in a folder that was there before, only its owner may remove it.
      if (isNew) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
      process.exit(EXIT.interrupted);
    });
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const holders = [1, 2, 3].map(
      (index) => developmentWallet(index).address.toLowerCase() as Address,
    );
    const networks = await startDevelopmentNetworks({
      processes,
      workDir: dir,
      ...kinds,
      tokenHolders: holders,
      onStep: (step) => output.progress(step),
    });
    writeFileSync(
      file,
      `${JSON.stringify({ ...networks.description, networkId: networks.networkId }, null, 2)}\n`,
    );
    writeFileSync(
      join(dir, 'pids.json'),
      JSON.stringify({ pids: processes.release(), keep: options.keep === true }),
    );
    output.result(
      { file, ...networks.description, networkId: networks.networkId },
      [
        `Both networks run; everything about them: ${file}`,
        '',
        'Next: midlock config init --network ' + file,
        '      midlock network down',
      ].join('\n'),
    );
  } catch (error) {
    await processes.stopAll();
    throw error;
  }
}

/** `midlock network down`: stops what `network up` or `demo --keep` left running. */
export async function networkDownCommand(
  options: { readonly dir?: string; readonly keep?: boolean },
  output: Output,
): Promise<void> {
  const kept = keptIn(options.dir);
  const folder = join(kept.file, '..');
  await stopReleased(kept.pids);
  if (options.keep === true || kept.keep) rmSync(join(folder, 'pids.json'), { force: true });
  else rmSync(folder, { recursive: true, force: true });
  output.result({ stopped: kept.pids.length }, `${kept.pids.length} processes stopped.`);
}

/** `midlock network status`: which listeners of a kept network answer. Returns false when one does not. */
export async function networkStatusCommand(
  options: { readonly dir?: string },
  output: Output,
): Promise<boolean> {
  const { description, file } = keptIn(options.dir);
  const listeners = [
    ...Object.entries(description.fabric.organizations).map(([mspId, { gateway }]) => ({
      name: `Fabric ${mspId}`,
      address: gateway,
    })),
    { name: 'Ethereum', address: new URL(description.ethereum.url).host },
  ];
  const rows = await Promise.all(
    listeners.map(async (listener) => ({ ...listener, up: await answers(listener.address) })),
  );
  const up = rows.every((row) => row.up);
  output.result(
    { file, up, listeners: rows },
    table([
      ['listener', 'address', ''],
      ...rows.map(({ name, address, up: isUp }) => [name, address, isUp ? 'up' : 'DOWN']),
    ]),
  );
  return up;
}

/** `midlock network env`: the variables that Fabric's own tools read, for one organisation. */
export function networkEnvCommand(
  options: { readonly dir?: string; readonly org: string; readonly user: string },
  output: Output,
): void {
  const { description } = keptIn(options.dir);
  const organization = description.fabric.organizations[options.org];
  const user = organization?.users[options.user];
  if (organization === undefined || user === undefined) {
    throw new MidlockError('CONFIG_INVALID', {
      key: '--org',
      missing: `${options.org}/${options.user}`,
      known: Object.keys(description.fabric.organizations),
    });
  }
  const variables = {
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_LOCALMSPID: options.org,
    CORE_PEER_ADDRESS: organization.gateway,
    CORE_PEER_TLS_ROOTCERT_FILE: organization.tlsCaCertPath,
    CORE_PEER_TLS_SERVERHOSTOVERRIDE: organization.tlsServerName,
    CORE_PEER_MSPCONFIGPATH: resolve(user.certPath, '../..'),
    CHANNEL_NAME: description.fabric.channel,
    CHAINCODE_NAME: description.fabric.chaincode,
    ETH_RPC_URL: description.ethereum.url,
  };
  output.result(
    variables,
    Object.entries(variables)
      .map(([name, value]) => `export ${name}=${value}`)
      .join('\n'),
  );
}

function keptIn(dir: string | undefined): Kept {
  const places = (dir === undefined ? PLACES : [dir]).map((place) => resolve(place));
  for (const place of places) {
    const up = join(place, 'network.json');
    const record = join(place, 'pids.json');
    if (existsSync(up) && existsSync(record)) return { ...keptBy(record), ...describedBy(up) };
    const demo = join(place, 'kept.json');
    if (existsSync(demo)) return { ...keptBy(demo), ...describedBy(demo) };
  }
  throw new MidlockError('CONFIG_INVALID', {
    folder: places,
    expected: 'a network that "midlock network up" or "demo --keep" left running',
  });
}

function describedBy(file: string): Pick<Kept, 'file' | 'description'> {
  return { file, description: readNetworkDescription(file) };
}

function keptBy(file: string): Pick<Kept, 'pids' | 'keep'> {
  let record: { readonly pids?: unknown; readonly keep?: unknown };
  try {
    record = (JSON.parse(readFileSync(file, 'utf8')) ?? {}) as typeof record;
  } catch {
    throw unknownRecord(file);
  }
  const { pids, keep } = record;
  // A process id of 1 or less would signal far more than one process.
  if (!Array.isArray(pids) || !pids.every((pid) => Number.isSafeInteger(pid) && Number(pid) > 1))
    throw unknownRecord(file);
  return { pids: pids as number[], keep: keep === true };
}

/** Nobody knows any more what runs: only people can look. */
function unknownRecord(file: string): MidlockError {
  return new MidlockError('DESCRIPTION_INVALID', {
    file,
    expected: 'the process ids of a kept network',
    remedy: 'end what still runs of it (its log files stand beside), then remove the folder',
  });
}

function answers(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((done) => {
    const socket = connect({ host, port: Number(port), timeout: 2000 });
    const finish = (up: boolean) => {
      socket.destroy();
      done(up);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
