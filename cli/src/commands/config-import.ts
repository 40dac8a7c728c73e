import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { FabricClient, FabricDescription, NetworkDescription } from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import { importFabric } from '../networks/import-network.ts';
import { importMicrofab, readMicrofab } from '../networks/microfab.ts';
import { createOutput, type Output } from '../output.ts';
import { DEFAULT_CONFIG_FILE } from '../party/open-party.ts';
import { configInitCommand, type ConfigInitOptions } from './config.ts';
import { keysNewCommand } from './keys.ts';

export interface ConfigImportOptions extends Omit<ConfigInitOptions, 'network'> {
  readonly from: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly wallet?: string;
  readonly client: string;
  /** JSON-RPC of the Ethereum node. */
  readonly ethereum: string;
  readonly escrow: string;
  /** Folder for the description and for what it names and no file held. */
  readonly out: string;
}

const SOURCES = ['test-network', 'connection-profile', 'fablo', 'microfab'] as const;
const CLIENTS: readonly FabricClient[] = ['gateway', 'legacy'];

/**
 * `midlock config import`: from an operator's files to a network description and a party's configuration, with a new
 * Ethereum key where there is none. Existing files are overwritten only by `--force`.
 */
export async function configImportCommand(
  path: string,
  file = DEFAULT_CONFIG_FILE,
  options: ConfigImportOptions,
  output: Output,
): Promise<void> {
  const from = SOURCES.find((source) => source === options.from);
  if (from === undefined)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument: '--from',
      expected: SOURCES.join(', '),
    });
  const client = CLIENTS.find((name) => name === options.client);
  if (client === undefined)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument: '--client',
      expected: CLIENTS.join(' or '),
    });
  if (existsSync(file) && options.force !== true)
    throw new MidlockError('ARGUMENT_INVALID', {
      file,
      expected: 'a file that does not exist yet, or --force',
    });
  const outDir = resolve(options.out);
  mkdirSync(outDir, { recursive: true, mode: 0o700 });
  const fabric =
    from === 'microfab'
      ? importMicrofab(await readMicrofab(path), { ...options, client, path, outDir })
      : importFabric({ ...options, from, client, path, outDir });
  const description: NetworkDescription = {
    version: 1,
    fabric,
    ethereum: {
      kind: 'imported',
      version: 'unknown',
      url: options.ethereum,
      chainId: await chainIdOf(options.ethereum),
      escrow: options.escrow,
    },
  };
  const network = join(outDir, 'network.json');
  writeFileSync(network, `${JSON.stringify(description, null, 2)}\n`);
  const silent: Output = { ...createOutput(false), result: () => undefined };
  mkdirSync(dirname(resolve(file)), { recursive: true });
  configInitCommand(file, { ...options, user: userIn(fabric, options), network }, silent);
  if (!existsSync(options.key)) await keysNewCommand(options.key, {}, silent);
  const organizations = Object.entries(fabric.organizations).map(([mspId, { gateway, users }]) => ({
    mspId,
    gateway,
    users: Object.keys(users),
  }));
  output.result(
    { file, network, channel: fabric.channel, organizations },
    [
      ...organizations.map(
        ({ mspId, gateway, users }) => `${mspId}  ${gateway}  ${users.join(', ') || 'no user'}`,
      ),
      `${network} and ${file} written.`,
      'Next: midlock doctor',
    ].join('\n'),
  );
}

/** The user that was named; where only the usual one was meant and is not there, an organisation's first (microfab has administrators only). */
function userIn({ organizations }: FabricDescription, { msp, user }: ConfigImportOptions): string {
  const known = Object.keys(organizations[msp ?? Object.keys(organizations)[0] ?? '']?.users ?? {});
  return known.includes(user) || user !== 'User1' ? user : (known[0] ?? user);
}

async function chainIdOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
      signal: AbortSignal.timeout(5000),
    });
    const { result } = (await response.json()) as { readonly result?: string };
    const chainId = Number(result);
    if (Number.isSafeInteger(chainId) && chainId > 0) return chainId;
  } catch {
    // Said below: no answer and a wrong one are the same to whoever configures.
  }
  throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger: 'ethereum', endpoint: url });
}
