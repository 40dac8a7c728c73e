import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts, type RunningProcess } from '@midlock/network';
import {
  writePartyFolder,
  writeRelayerConfig,
  type Persona,
} from '../../cli/src/demo/party-folder.ts';
import { openParty, type OpenParty } from '../../cli/src/party/open-party.ts';
import { dropInto } from '../../cli/src/party/terms-at.ts';
import type { TermsFile } from '@midlock/client';
import type { Environment } from './environment.ts';

const MAIN = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));

/** A start takes a second or two, and much longer on a machine that other work fills. */
const READY_TIMEOUT_MS = 90_000;

/** Alice and Bob have agents; Carol and Dave act by hand; the observer only reads. */
const PERSONAS: readonly Persona[] = [
  { name: 'alice', mspId: 'Org1MSP', user: 'User1', ethereumIndex: 1 },
  { name: 'bob', mspId: 'Org2MSP', user: 'User1', ethereumIndex: 2 },
  { name: 'carol', mspId: 'Org1MSP', user: 'Admin', ethereumIndex: 3 },
  { name: 'dave', mspId: 'Org2MSP', user: 'Admin', ethereumIndex: 6 },
  { name: 'observer', mspId: 'Org2MSP', user: 'User1', ethereumIndex: 5 },
];
const RELAYER: Persona = { name: 'relayer', mspId: 'Org3MSP', user: 'User1', ethereumIndex: 4 };

export type ProcessName = 'alice' | 'bob' | 'relayer';
export type PartyName = 'alice' | 'bob' | 'carol' | 'dave' | 'observer';

/** Where a process dies by SIGKILL: `<crash point>[#n]`. */
export type CrashPlan = Readonly<Partial<Record<ProcessName, string>>>;

/** The people of the scenarios and their processes. */
export interface Cast {
  readonly parties: Readonly<Record<PartyName, OpenParty>>;
  /** Starts agents and relayer; who dies is started again without a plan. */
  start(): Promise<void>;
  /** Kills the processes of a plan and starts each with its crash point. */
  plan(crashes: CrashPlan): Promise<void>;
  /** `<name> <crash point>` of every process that died where it was told to. */
  readonly deaths: readonly string[];
  /** Puts terms before Alice's and Bob's agents. */
  hand(file: TermsFile): void;
  close(): Promise<void>;
}

/** What a cast plays on. */
export type CastOptions = Pick<Environment, 'processes' | 'networks' | 'workDir' | 'kind'>;

/** Opens every party; finality on geth is counted by depth, since `--dev` moves its tag only every 32 blocks. */
export async function createCast({
  processes,
  networks,
  workDir,
  kind,
}: CastOptions): Promise<Cast> {
  const { description } = networks;
  const networkFile = join(workDir, 'network.json');
  writeFileSync(networkFile, JSON.stringify(description));
  const [api = 0, operations = 0] = await freePorts(2);
  const ethereum = kind.ethereum === 'geth' ? { finality: { mode: 'depth', blocks: '2' } } : {};
  const relayerUrl = `http://127.0.0.1:${String(api)}`;
  const options = { root: workDir, networkFile, network: description, relayerUrl, ethereum };
  const folders = Object.fromEntries(
    PERSONAS.map((persona) => [persona.name, writePartyFolder(persona, options)]),
  );
  const folderOf = (name: PartyName) => {
    const folder = folders[name];
    if (folder === undefined) throw new Error(`no folder of ${name}`);
    return folder;
  };
  const opened = await Promise.all(
    PERSONAS.map(
      async ({ name }) => [name, await openParty(folderOf(name as PartyName).config)] as const,
    ),
  );
  const relayed = description.fabric.organizations[RELAYER.mspId] !== undefined;
  const commands: Partial<Record<ProcessName, readonly string[]>> = {
    alice: ['agent', 'start', '--config', folderOf('alice').configFile],
    bob: ['agent', 'start', '--config', folderOf('bob').configFile],
  };
  if (relayed) {
    writePartyFolder(RELAYER, options);
    const config = writeRelayerConfig(RELAYER, options, { api, operations });
    commands.relayer = ['relayer', 'start', '--config', config];
  }

  const running = new Map<ProcessName, RunningProcess>();
  const deaths: string[] = [];
  let closing = false;

  async function launch(name: ProcessName, crashAt?: string): Promise<void> {
    const process_ = processes.start({
      name,
      file: process.execPath,
      args: [
        ...['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN],
        ...(commands[name] ?? []),
      ],
      env: { MIDLOCK_CRASH_AT: crashAt ?? '' },
      logFile: join(workDir, `${name}.log`),
      readyLine: (line) => (line.startsWith('{"ready":true') ? line : undefined),
      readyTimeoutMs: READY_TIMEOUT_MS,
    });
    running.set(name, process_);
    void process_.exited.then(async () => {
      // Replaced on purpose, or everything ends.
      if (closing || running.get(name) !== process_) return;
      deaths.push(`${name} ${crashAt ?? 'unplanned'}`);
      await launch(name).catch(() => undefined);
    });
    // Who dies while it starts is started again by the line above.
    await Promise.race([process_.ready, process_.exited]);
  }

  return {
    parties: Object.fromEntries(opened) as Cast['parties'],
    deaths,
    start: async () => {
      await Promise.all((Object.keys(commands) as ProcessName[]).map((name) => launch(name)));
    },
    plan: async (crashes) => {
      await Promise.all(
        (Object.entries(crashes) as [ProcessName, string][]).map(async ([name, crashAt]) => {
          const before = running.get(name);
          running.delete(name);
          before?.kill();
          await before?.exited;
          await launch(name, crashAt);
        }),
      );
    },
    hand: (file) => {
      for (const name of ['alice', 'bob'] as const) dropInto(folderOf(name).inbox, file);
    },
    async close() {
      closing = true;
      for (const [, party] of opened) party.close();
      await Promise.all([...running.values()].map((process_) => process_.stop()));
    },
  };
}
