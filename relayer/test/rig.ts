import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loadFabricIdentity, loadKeyFileSigner, type FabricLedger } from '@midlock/ledgers';
import { createProcessGroup, type ProcessGroup, type RunningProcess } from '@midlock/network';
import { DEVELOPMENT, ETH, type Direction, type Hex32, type SwapProfile } from '@midlock/protocol';
import {
  acceptSwap,
  accountsOf,
  conservationOf,
  createSwap,
  holdingsOf,
  openSeedFile,
  planSwap,
  systemRandom,
  termsFileText,
  type Conservation,
  type CountedAssets,
  type PartySigners,
  type TermsFile,
} from '@midlock/client';
import { connectFabric } from '../../cli/src/networks/deploy-fabric.ts';
import { developmentWallet } from '../../cli/src/networks/deploy-ethereum.ts';
import {
  startDevelopmentNetworks,
  type DevelopmentNetworks,
} from '../../cli/src/networks/development.ts';
import { loadPartyConfig, openParty, type OpenParty } from '../../cli/src/party/open-party.ts';
import { gasSpentBy } from './gas-spent.ts';

const require = createRequire(import.meta.url);

/** A process that was started, perhaps to die before it is ready. */
export interface Launched {
  readonly process: RunningProcess;
  /** Its ready line; rejects when it ends before. */
  readonly ready: Promise<Readonly<Record<string, string>>>;
  readonly logFile: string;
}

/** Real networks in one machine, and the parties' files. */
export interface ProcessRig {
  readonly networks: DevelopmentNetworks;
  readonly processes: ProcessGroup;
  readonly apiUrl: () => string;
  startAgent(
    name: PartyName,
    environment?: Readonly<Record<string, string>>,
  ): Promise<RunningProcess>;
  startRelayer(
    environment?: Readonly<Record<string, string>>,
  ): Promise<{ process: RunningProcess; apiUrl: string; operationsUrl: string }>;
  /** Starts a process and does not wait for it. */
  launch(name: PartyName | 'relayer', environment?: Readonly<Record<string, string>>): Launched;
  /** A neutral party's connections, for reading. The caller closes it. */
  openReader(): Promise<OpenParty>;
  /** Puts an agent's wish to get out of a swap into its inbox. */
  abandon(name: PartyName, swapId: Hex32): void;
  readonly folderOf: (name: PartyName | 'relayer') => string;
  /** From now on terms and the processes that start count on this O of the profile, seconds. */
  setObserveSec(observeSec: bigint): void;
  /** Terms signed by Alice, who begins, and by nobody else; `slackSec` is added to what the planner asks for. */
  propose(direction: Direction, slackSec?: bigint): Promise<TermsFile>;
  /** Terms signed by both, in both inboxes. */
  agree(direction: Direction, slackSec?: bigint, to?: readonly PartyName[]): Promise<TermsFile>;
  /** Puts agreed terms into an agent's inbox. */
  deliver(name: PartyName, file: TermsFile): void;
  /** What both parties hold and whether nothing came or went, read from both ledgers. */
  books(): Promise<Books>;
  readonly parties: Readonly<Record<PartyName, PartySigners>>;
  close(): Promise<void>;
}

export type PartyName = 'alice' | 'bob';

/** A party's holdings, with what it paid for gas added back. */
export interface Account {
  readonly gold: bigint;
  readonly ether: bigint;
}

export type Books = Readonly<Record<PartyName, Account>> & { readonly conservation: Conservation };

/** What every swap of the rig moves, in minor units. */
export const GOLD = 25n;
export const ETHER = 7n * 10n ** 15n;
/** So many notes are split off at once. */
const SPLIT = 90;

const COUNTED: CountedAssets = { fungible: ['gold'], single: [], tokens: { ETH } };

const MSP = { alice: 'Org1MSP', bob: 'Org2MSP', relayer: 'Org3MSP' } as const;
const WALLET = { alice: 1, bob: 2, relayer: 3 } as const;

export interface RigOptions {
  /** Notes of one swap's amount that each party gets beside its first six: so many more swaps can be locked at once. */
  readonly notes?: number;
  /** Laid over every process's configuration. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Laid over the relayer's. */
  readonly relayer?: Readonly<Record<string, unknown>>;
  /** Laid over the agents'. */
  readonly agents?: Readonly<Record<string, unknown>>;
}

export async function startRig(workDir: string, options: RigOptions = {}): Promise<ProcessRig> {
  const { notes = 0, overrides = {} } = options;
  mkdirSync(workDir, { recursive: true });
  const processes = createProcessGroup();
  const networks = await startDevelopmentNetworks({
    processes,
    workDir: join(workDir, 'networks'),
  });
  const { description, networkId } = networks;
  const descriptionFile = join(workDir, 'network.json');
  writeFileSync(descriptionFile, JSON.stringify(description));
  let relayerUrl = '';
  let profile = DEVELOPMENT;
  const parties = { alice: await signersOf('alice'), bob: await signersOf('bob') };
  await fund();

  async function fund(): Promise<void> {
    const issuer = await connectFabric(description.fabric, MSP.alice, 'User1');
    await issuer.assets.createFungible('gold');
    for (const name of ['alice', 'bob'] as const) {
      for (let note = 0; note < 6; note += 1)
        await issuer.assets.mint('gold', accountsOf(parties[name]).fabric, 100n);
      for (let left = notes; left > 0; left -= SPLIT) await addNotes(issuer, name, left);
    }
    issuer.close();
  }

  async function addNotes(issuer: FabricLedger, name: PartyName, left: number): Promise<void> {
    const count = Math.min(SPLIT, left);
    const owner = await connectFabric(description.fabric, MSP[name], 'User1');
    await issuer.assets.mint('gold', accountsOf(parties[name]).fabric, GOLD * BigInt(count));
    if (count > 1) await owner.assets.splitOff('gold', GOLD, count);
    owner.close();
  }

  function keyFile(name: keyof typeof WALLET): string {
    const path = join(workDir, `${name}.key`);
    writeFileSync(path, developmentWallet(WALLET[name]).privateKey);
    chmodSync(path, 0o600);
    return path;
  }

  function userOf(name: keyof typeof MSP): { certPath: string; keyPath: string } {
    const user = description.fabric.organizations[MSP[name]]?.users['User1'];
    if (user === undefined) throw new Error('no such user');
    return user;
  }

  async function signersOf(name: PartyName): Promise<PartySigners> {
    const { certPath, keyPath } = userOf(name);
    return {
      fabric: await loadFabricIdentity(MSP[name], certPath, keyPath),
      ethereum: await loadKeyFileSigner(keyFile(name)),
    };
  }

  function common(name: keyof typeof MSP): Record<string, unknown> {
    const { certPath, keyPath } = userOf(name);
    return {
      name,
      profile: figuresOf(profile),
      network: { file: descriptionFile },
      fabric: { networkId },
      ethereum: { pollMs: 100 },
      identity: {
        fabric: { mspId: MSP[name], certPath, key: { file: keyPath } },
        ethereum: { key: { file: keyFile(name) } },
      },
      store: { path: join(workDir, name, 'journal.db') },
      tickMs: 100,
      ...overrides,
    };
  }

  function configOf(name: PartyName | 'relayer'): Record<string, unknown> {
    if (name === 'relayer') {
      const port = relayerUrl === '' ? 0 : Number(new URL(relayerUrl).port);
      return { ...common(name), api: { port }, operations: { port: 0 }, ...options.relayer };
    }
    return {
      ...common(name),
      seed: { file: join(workDir, `${name}.seed`) },
      inbox: join(workDir, name, 'inbox'),
      ...(relayerUrl === '' ? {} : { relayer: { url: relayerUrl } }),
      ...options.agents,
    };
  }

  function launch(
    name: PartyName | 'relayer',
    environment: Readonly<Record<string, string>> = {},
  ): Launched {
    const [path, logFile] = [join(workDir, `${name}.json`), join(workDir, `${name}.log`)];
    writeFileSync(path, JSON.stringify(configOf(name)));
    const started = processes.start({
      name,
      file: process.execPath,
      args: [
        '--conditions=source',
        '--disable-warning=ExperimentalWarning',
        require.resolve(name === 'relayer' ? '../src/main.ts' : '../../client/src/agent-main.ts'),
        path,
      ],
      env: environment,
      logFile,
      // On a machine that other work fills a start takes many times its second or two.
      readyTimeoutMs: 90_000,
      readyLine: (line) =>
        line.startsWith('{"ready"') ? (JSON.parse(line) as unknown) : undefined,
    });
    const ready = started.ready as Promise<Readonly<Record<string, string>>>;
    return { process: started, ready, logFile };
  }

  async function openReader(): Promise<OpenParty> {
    const configFile = join(workDir, 'reader.json');
    const seed = { file: join(workDir, 'reader.seed') };
    writeFileSync(configFile, JSON.stringify({ ...common('relayer'), seed }));
    return openParty(loadPartyConfig(configFile));
  }

  function checkNow(): { profile: SwapProfile; nowSec: bigint } {
    return { profile, nowSec: BigInt(Math.floor(Date.now() / 1000)) + 1n };
  }

  async function propose(
    direction: Direction,
    slackSec = profile.party.observeSec,
  ): Promise<TermsFile> {
    const check = checkNow();
    const seed = await openSeedFile(join(workDir, 'alice.seed'), systemRandom);
    const draft = await createSwap(
      {
        plan: planSwap({ direction, ...check, slackSec }),
        fabric: {
          networkId,
          channel: description.fabric.channel,
          chaincode: description.fabric.chaincode,
          assetKind: 'fungible',
          assetId: 'gold',
          amount: GOLD,
        },
        ethereum: {
          chainId: BigInt(description.ethereum.chainId),
          escrow: networks.escrow,
          token: ETH,
          amount: ETHER,
        },
        initiator: accountsOf(parties.alice),
        responder: accountsOf(parties.bob),
      },
      { seed, random: systemRandom, save: () => Promise.resolve() },
    );
    return acceptSwap(draft, parties.alice, check);
  }

  return {
    networks,
    processes,
    parties,
    apiUrl: () => relayerUrl,
    launch,
    openReader,
    deliver: (name, file) => {
      deliver(join(workDir, name), file);
    },
    folderOf: (name) => join(workDir, name),
    async startAgent(name, environment = {}) {
      const launched = launch(name, environment);
      await launched.ready;
      return launched.process;
    },
    async startRelayer(environment = {}) {
      const launched = launch('relayer', environment);
      const line = await launched.ready;
      relayerUrl = line['apiUrl'] ?? '';
      const operationsUrl = line['operationsUrl'] ?? '';
      return { process: launched.process, apiUrl: relayerUrl, operationsUrl };
    },
    abandon(name, swapId) {
      const draft = join(workDir, name, `${swapId}.draft`);
      writeFileSync(draft, '');
      renameSync(draft, join(workDir, name, 'inbox', `${swapId}.abandon`));
    },
    async books() {
      const reader = await openReader();
      const accountOf = async (name: PartyName): Promise<Account> => {
        const accounts = accountsOf(parties[name]);
        const { fabric, ethereum } = await holdingsOf(accounts, reader, COUNTED);
        const gas = await gasSpentBy(accounts.ethereum, description.ethereum.url);
        return { gold: fabric['gold'] ?? 0n, ether: (ethereum['ETH'] ?? 0n) + gas };
      };
      try {
        return {
          alice: await accountOf('alice'),
          bob: await accountOf('bob'),
          conservation: await conservationOf(reader, COUNTED),
        };
      } finally {
        reader.close();
      }
    },
    setObserveSec(observeSec) {
      profile = { ...profile, party: { ...profile.party, observeSec } };
    },
    propose,
    async agree(direction, slackSec, to: readonly PartyName[] = ['alice', 'bob']) {
      const file = await acceptSwap(await propose(direction, slackSec), parties.bob, checkNow());
      for (const name of to) deliver(join(workDir, name), file);
      return file;
    },
    close: () => processes.stopAll(),
  };
}

/** A profile as a configuration file has it. */
function figuresOf(profile: SwapProfile): unknown {
  const text = JSON.stringify(profile, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return JSON.parse(text) as unknown;
}

function deliver(folder: string, file: TermsFile): void {
  mkdirSync(join(folder, 'inbox'), { recursive: true });
  const draft = join(folder, `${file.terms.nonce}.draft`);
  writeFileSync(draft, termsFileText(file));
  renameSync(draft, join(folder, 'inbox', `${file.terms.nonce}.json`));
}

/** Polls the relayer until a swap is not open any more; returns its state. */
export async function waitForEnd(
  apiUrl: () => string,
  swapId: Hex32,
  timeoutMs: number,
): Promise<string> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const swap = await showSwap(apiUrl(), swapId);
    if (swap?.open === false) return swap.state;
    if (Date.now() > until) return `still ${swap?.state ?? 'unknown'}`;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A swap as a relayer shows it. */
export interface ShownSwap {
  readonly state: string;
  readonly open: boolean;
  readonly accepted: boolean;
  readonly legs: Readonly<Record<'fabric' | 'ethereum', { readonly outcome: string }>>;
}

export async function showSwap(apiUrl: string, swapId: Hex32): Promise<ShownSwap | undefined> {
  const answer = await fetch(`${apiUrl}/api/v1/swaps/${swapId}`).catch(() => undefined);
  return answer?.ok === true ? ((await answer.json()) as ShownSwap) : undefined;
}

/** Asks the relayer until it shows a swap as wanted; the test's own time limit ends it. */
export async function untilShown(
  apiUrl: string,
  swapId: Hex32,
  wanted: (swap: ShownSwap) => boolean,
): Promise<ShownSwap> {
  for (;;) {
    const swap = await showSwap(apiUrl, swapId);
    if (swap !== undefined && wanted(swap)) return swap;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Kills the relayer with SIGKILL, deletes everything that it kept, and starts it again at the same address. */
export async function loseStore(rig: ProcessRig, relayer: RunningProcess): Promise<RunningProcess> {
  relayer.kill();
  await relayer.exited;
  rmSync(rig.folderOf('relayer'), { recursive: true, force: true });
  return (await rig.startRelayer()).process;
}
