import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  conservationOf,
  holdingsOf,
  type Holdings,
  type Order,
  type TermsFile,
} from '@midlock/client';
import { createProcessGroup } from '@midlock/network';
import { ETH } from '@midlock/protocol';
import { parse, stringify } from 'yaml';
import { agreeSwap } from '../../cli/src/demo/agree-swap.ts';
import { createFungibles, handOut } from '../../cli/src/demo/provision.ts';
import { startDevelopmentNetworks, TOKEN_SYMBOL } from '../../cli/src/networks/development.ts';
import { createCast, type Cast } from '../scenarios/cast.ts';

const MAIN = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
/** What Alice has on Fabric; nobody has more. */
export const SUPPLY = 40n;

/** What a refused command leaves behind. */
export interface Refusal {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Networks with two agents and a relayer, and the command line beside them. */
export interface BadInputStage {
  readonly cast: Cast;
  readonly workDir: string;
  /** Terms that both parties have signed. */
  readonly file: TermsFile;
  /** Runs `midlock` as its own process in Alice's name. */
  midlock(...args: readonly string[]): Promise<Refusal>;
  /** Alice's configuration with something changed, as a file. */
  config(name: string, change: (config: Config) => void): string;
  /** Puts a file before Alice's agent. */
  drop(name: string, text: string): void;
  /** Writes a file into the work folder. */
  write(name: string, text: string): string;
  /** What Alice and Bob hold, with every lock counted; equal when nothing was locked, spent or lost. */
  holdings(): Promise<readonly Holdings[]>;
  /** True when both ledgers account for every unit and no lock is open. */
  untouched(): Promise<boolean>;
  close(): Promise<void>;
}

/** The parts of a party's configuration that tests change. */
export interface Config {
  name: string;
  profile: unknown;
  fabric?: unknown;
  network: { file: string };
  ethereum: Record<string, unknown>;
  identity: { fabric: { mspId: string; certPath: string; key: { file: string } } };
  store: { path: string };
}

export async function setBadInputStage(): Promise<BadInputStage> {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-bad-input-'));
  const processes = createProcessGroup();
  const networks = await startDevelopmentNetworks({
    processes,
    workDir: join(workDir, 'networks'),
  });
  const kind = { fabric: 'devnode', ethereum: 'anvil' } as const;
  const cast = await createCast({ processes, networks, workDir, kind });
  const { parties } = cast;
  const order: Order = {
    row: 0,
    direction: 'fabric-first',
    fabric: { assetKind: 'fungible', assetId: 'gold', amount: SUPPLY },
    ethereum: { token: 'ETH', amount: 10n ** 15n },
    counterparty: 'bob',
  };
  await createFungibles([order], parties.carol);
  await handOut([order], parties.carol, parties.alice, parties.bob);
  await cast.start();
  const deadlines = { slackSec: 600n, finishDespiteReorg: true };
  const file = await agreeSwap(networks, parties.alice, parties.bob, order, deadlines);
  const counted = {
    fungible: ['gold'],
    single: [],
    tokens: { ETH, [TOKEN_SYMBOL]: networks.token },
  };
  const configFile = join(workDir, 'alice', 'midlock.config.yaml');
  const write = (name: string, text: string): string => {
    const path = join(workDir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };

  return {
    cast,
    workDir,
    file,
    write,
    midlock: (...args) =>
      run(workDir, args.includes('--config') ? args : [...args, '--config', configFile]),
    config(name, change) {
      const config = parse(readFileSync(configFile, 'utf8')) as Config;
      config.store.path = join(workDir, `${name}.sqlite`);
      change(config);
      return write(`${name}.yaml`, stringify(config));
    },
    drop(name, text) {
      renameSync(write(`${name}.part`, text), join(workDir, 'alice', 'inbox', name));
    },
    holdings: () =>
      Promise.all(
        [parties.alice, parties.bob].map(({ accounts }) =>
          holdingsOf(accounts, parties.observer, counted),
        ),
      ),
    async untouched() {
      const { fabric, ethereum, assets, escrow } = await conservationOf(parties.observer, counted);
      return (
        fabric &&
        ethereum &&
        assets.every(({ locked }) => locked === '0') &&
        escrow.every(({ owed }) => owed === 0n)
      );
    },
    async close() {
      await cast.close();
      await processes.stopAll();
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

function run(cwd: string, args: readonly string[]): Promise<Refusal> {
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, MAIN, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}
