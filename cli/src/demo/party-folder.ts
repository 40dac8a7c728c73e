import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentConfig } from '@midlock/client';
import type { NetworkDescription } from '@midlock/network';
import { stringify } from 'yaml';
import { developmentWallet } from '../networks/deploy-ethereum.ts';
import { developmentFinality } from '../networks/kinds.ts';
import { loadPartyConfig } from '../party/open-party.ts';

/** A person of the demo: which Fabric user and which development account it is. */
export interface Persona {
  readonly name: 'alice' | 'bob' | 'carol' | 'dave' | 'relayer' | 'observer';
  readonly mspId: string;
  readonly user: string;
  readonly ethereumIndex: number;
}

export const PERSONAS: readonly Persona[] = [
  { name: 'alice', mspId: 'Org1MSP', user: 'User1', ethereumIndex: 1 },
  { name: 'bob', mspId: 'Org2MSP', user: 'User1', ethereumIndex: 2 },
  { name: 'carol', mspId: 'Org1MSP', user: 'Admin', ethereumIndex: 3 },
  { name: 'relayer', mspId: 'Org3MSP', user: 'User1', ethereumIndex: 4 },
  { name: 'observer', mspId: 'Org3MSP', user: 'User1', ethereumIndex: 5 },
];

export interface PartyFolder {
  readonly persona: Persona;
  /** For `midlock agent start` and every swap command. */
  readonly configFile: string;
  readonly config: AgentConfig;
  readonly inbox: string;
  readonly logFile: string;
}

export interface FolderOptions {
  readonly root: string;
  readonly networkFile: string;
  readonly network: NetworkDescription;
  /** Where the relayer's API listens. */
  readonly relayerUrl: string;
  /** Laid over the `ethereum` section. */
  readonly ethereum?: Readonly<Record<string, unknown>>;
}

/** Writes a persona's folder: the key of its development account and its configuration. */
export function writePartyFolder(persona: Persona, options: FolderOptions): PartyFolder {
  const folder = join(options.root, persona.name);
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox, { mode: 0o700 });
  const configFile = join(folder, 'midlock.config.yaml');
  const config = {
    ...commonConfig(persona, folder, options),
    seed: { file: join(folder, 'keys/seed') },
    inbox,
    relayer: { url: options.relayerUrl },
  };
  writeFileSync(configFile, stringify(config));
  return {
    persona,
    configFile,
    config: loadPartyConfig(configFile),
    inbox,
    logFile: join(folder, `${persona.name}.log`),
  };
}

/** Writes the relayer's own configuration beside its party folder. */
export function writeRelayerConfig(
  persona: Persona,
  options: FolderOptions,
  ports: { readonly api: number; readonly operations: number },
): string {
  const folder = join(options.root, persona.name);
  const configFile = join(folder, 'relayer.yaml');
  const { api, operations } = ports;
  writeFileSync(
    configFile,
    stringify({
      ...commonConfig(persona, folder, options),
      api: { port: api },
      operations: { port: operations },
    }),
  );
  return configFile;
}

function commonConfig(persona: Persona, folder: string, options: FolderOptions) {
  const { networkFile, network } = options;
  const user = network.fabric.organizations[persona.mspId]?.users[persona.user];
  if (user === undefined) throw new Error(`no user ${persona.user} of ${persona.mspId}`);
  const keyFile = join(folder, 'keys/ethereum.key');
  writeFileSync(keyFile, `${developmentWallet(persona.ethereumIndex).privateKey}\n`, {
    mode: 0o600,
  });
  return {
    name: persona.name,
    profile: 'development',
    network: { file: networkFile },
    ethereum: {
      pollMs: 150,
      ...developmentFinality(network.ethereum.kind),
      ...options.ethereum,
    },
    identity: {
      fabric: { mspId: persona.mspId, certPath: user.certPath, key: { file: user.keyPath } },
      ethereum: { key: { file: keyFile } },
    },
    store: { path: join(folder, 'journal.sqlite') },
    tickMs: 150,
  };
}
