import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  agentProcess,
  agentSchema,
  readConfig,
  type Order,
  type ProcessBody,
  type TermsFile,
} from '@midlock/client';
import { createOrganization } from '@midlock/devnode/msp';
import { startAnvil, type RunningEthereum } from '@midlock/network';
import { createToken, relayerProcess, relayerSchema } from '@midlock/relayer';
import { swapIdOf } from '@midlock/protocol';
import { Wallet } from 'ethers';
import { parse, stringify } from 'yaml';
import { agreeSwap } from '../../cli/src/demo/agree-swap.ts';
import { deployDevelopment } from '../../cli/src/networks/deploy-ethereum.ts';
import { createCast, type Cast } from '../scenarios/cast.ts';
import { startEnvironment, type Environment } from '../scenarios/environment.ts';

/** The parts of a configuration that the rows change. */
export interface Config {
  profile: unknown;
  fabric?: Record<string, unknown>;
  ethereum: Record<string, unknown>;
  identity: {
    fabric: { mspId: string; certPath: string; key: { file: string } };
    ethereum: { key: { file: string } };
  };
  relayer?: { url: string; token?: { file: string } };
  api?: Record<string, unknown>;
  operations?: Record<string, unknown>;
  store: { path: string };
}

export type Role = 'agent' | 'relayer';

/** Networks that can be broken, and processes' bodies on them. */
export interface StartUpStage {
  readonly environment: Environment;
  readonly cast: Cast;
  /** Another chain, not one for development, with the escrow on it. */
  readonly valuableChain: RunningEthereum & { readonly escrow: string };
  /** Starts a role with a changed configuration until it is ready, then stops it. Rejects with what it refuses by. */
  start(role: Role, change: (config: Config) => void): Promise<void>;
  /** A configuration file of a role. */
  config(role: Role, change: (config: Config) => void): string;
  write(name: string, text: string, mode: number): string;
  /** An Ethereum key that nobody else knows. */
  ownKey(): string;
  /** TLS files and a token, as the API needs them beyond loopback. */
  tls(): {
    readonly tls: { certFile: string; keyFile: string };
    readonly tokens: readonly object[];
  };
  /** Terms that Alice and Bob have signed. */
  agree(): Promise<TermsFile>;
  /** Lets Bob's agent take on a swap and stop; returns how it is started again. */
  openSwap(): Promise<(config: Config) => void>;
  close(): Promise<void>;
}

const FILES = {
  agent: ['bob', 'midlock.config.yaml'],
  relayer: ['relayer', 'relayer.yaml'],
} as const;

export async function setStartUpStage(): Promise<StartUpStage> {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-start-up-'));
  const environment = await startEnvironment({ fabric: 'devnode', ethereum: 'anvil' }, workDir);
  const { networks, processes } = environment;
  const cast = await createCast(environment);
  const anvil = await startAnvil({ processes, workDir: join(workDir, 'valuable'), chainId: 5 });
  const deployed = await deployDevelopment(anvil.url, 'NONE', [], 0n);
  let count = 0;

  const write = (name: string, text: string, mode: number): string => {
    count += 1;
    const path = join(workDir, `${String(count)}-${name}`);
    writeFileSync(path, text, { mode });
    return path;
  };

  function config(role: Role, change: (config: Config) => void): string {
    const made = parse(readFileSync(join(workDir, ...FILES[role]), 'utf8')) as Config;
    count += 1;
    made.store = { path: join(workDir, `${String(count)}.sqlite`) };
    if (role === 'relayer') {
      made.api = { port: 0 };
      made.operations = { port: 0 };
    }
    change(made);
    return write(`${role}.yaml`, stringify(made), 0o600);
  }

  function bodyOf(role: Role, file: string): ProcessBody {
    return role === 'agent'
      ? agentProcess(readConfig(file, agentSchema, {}), {})
      : relayerProcess(readConfig(file, relayerSchema, {}), {});
  }

  async function run(role: Role, change: (config: Config) => void, forMs = 0): Promise<void> {
    const stop = new AbortController();
    await bodyOf(role, config(role, change))(stop.signal, () => {
      void sleep(forMs).then(() => {
        stop.abort();
      });
    });
  }

  function agree(): Promise<TermsFile> {
    const { alice, bob } = cast.parties;
    const order: Order = {
      row: 0,
      direction: 'fabric-first',
      fabric: { assetKind: 'fungible', assetId: 'gold', amount: 1n },
      ethereum: { token: 'ETH', amount: 1n },
      counterparty: 'bob',
    };
    const deadlines = { slackSec: 600n, finishDespiteReorg: true };
    return agreeSwap(networks, alice, bob, order, deadlines);
  }

  return {
    environment,
    cast,
    valuableChain: { ...anvil, escrow: deployed.escrow.address },
    start: run,
    config,
    write,
    ownKey: () => write('own.key', Wallet.createRandom().privateKey, 0o600),
    tls() {
      const made = createOrganization({
        mspId: 'AnyMSP',
        domain: 'any.example.com',
        peers: ['peer0'],
        users: [],
      });
      const [peer] = made.peers;
      if (peer === undefined) throw new Error('no peer');
      const { record } = createToken('test', ['read'], new Date(Date.now() + 86_400_000));
      return {
        tls: {
          certFile: write('api.pem', peer.tls.certificatePem, 0o644),
          keyFile: write('api.key', peer.tls.privateKeyPem, 0o600),
        },
        tokens: [record],
      };
    },
    agree,
    async openSwap() {
      const file = await agree();
      cast.hand(file);
      const path = join(workDir, `${swapIdOf(file.terms)}.sqlite`);
      const resume = (changed: Config): void => {
        changed.store = { path };
      };
      await run('agent', resume, 2_000);
      return resume;
    },
    async close() {
      await cast.close();
      await environment.stop();
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}
