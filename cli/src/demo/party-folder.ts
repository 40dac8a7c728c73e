import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadPartyConfig } from '../config/load.ts';
import type { PartyConfig } from '../config/schema.ts';
import { developmentWallet } from '../networks/deploy-ethereum.ts';

/** A person of the demo: which Fabric user and which development account it is. */
export interface Persona {
  readonly name: 'alice' | 'bob' | 'carol' | 'relayer' | 'observer';
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
  readonly configFile: string;
  readonly config: PartyConfig;
}

/** Writes a persona's folder: configuration and the key of its development account. */
export function writePartyFolder(root: string, persona: Persona, networkFile: string): PartyFolder {
  const folder = join(root, persona.name);
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(folder, 'keys/ethereum.key'),
    `${developmentWallet(persona.ethereumIndex).privateKey}\n`,
    { mode: 0o600 },
  );
  const configFile = join(folder, 'midlock.config.yaml');
  const config = {
    version: 1,
    network: networkFile,
    profile: 'development',
    home: './home',
    seedFile: './keys/seed',
    fabric: { mspId: persona.mspId, user: persona.user },
    ethereum: { key: { keyFile: './keys/ethereum.key' }, pollMs: 150 },
    agent: { tickMs: 150 },
  };
  writeFileSync(configFile, stringify(config));
  return { persona, configFile, config: loadPartyConfig(configFile, {}) };
}
