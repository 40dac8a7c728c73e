import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  conservationOf,
  holdingsOf,
  parseOrders,
  type Conservation,
  type Holdings,
  type Order,
  type TermsFile,
} from '@midlock/client';
import {
  createProcessGroup,
  freePorts,
  type ProcessGroup,
  type RunningProcess,
} from '@midlock/network';
import { ETH, MidlockError, swapIdOf, type Address, type Hex32 } from '@midlock/protocol';
import {
  startDevelopmentNetworks,
  TOKEN_SYMBOL,
  type DevelopmentNetworks,
} from '../networks/development.ts';
import { developmentWallet } from '../networks/deploy-ethereum.ts';
import type { NetworkKinds } from '../networks/kinds.ts';
import { openParty, type OpenParty } from '../party/open-party.ts';
import { dropInto } from '../party/terms-at.ts';
import { agreeSwap } from './agree-swap.ts';
import { startObserver, type Observer } from './observer.ts';
import {
  PERSONAS,
  writePartyFolder,
  writeRelayerConfig,
  type PartyFolder,
  type Persona,
} from './party-folder.ts';
import type { DemoProgress } from './progress.ts';
import { assetIdsOf, createFungibles, handOut } from './provision.ts';
import { reportSwap, type PlannedSwap, type SwapReport } from './swap-report.ts';

export interface DemoOptions {
  readonly ordersFile?: string;
  /** Which networks it starts; default devnode with anvil. */
  readonly kinds?: NetworkKinds;
  /** Leave networks and relayer running. */
  readonly keep: boolean;
  readonly progress: DemoProgress;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly ok: boolean;
  readonly elapsedMs: number;
  readonly networks: Readonly<
    Record<'fabric' | 'ethereum', { readonly kind: string; readonly version: string }>
  >;
  readonly swaps: readonly SwapReport[];
  readonly conservation: { readonly fabric: boolean; readonly ethereum: boolean };
  readonly balances: { readonly before: readonly Holdings[]; readonly after: readonly Holdings[] };
  readonly conservationDetail: Conservation;
  readonly titles: Readonly<Record<string, string>>;
  /** The one file that names everything, with --keep. */
  readonly keptIn?: string;
}

/** The orders that ship with Midlock. */
const DEFAULT_ORDERS = fileURLToPath(new URL('../../../examples/orders.csv', import.meta.url));

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const RUN_LIMIT_MS = 180_000;
/** The abandoned swap is locked at once and is not meant to settle. */
const ABANDONED_SLACK_SEC = 1n;
/** All others start together on a machine that may be busy; settled swaps never wait for their deadlines. */
const SWAP_SLACK_SEC = 45n;
const FIRST_ORDERS: readonly Order[] = [
  {
    row: 0,
    direction: 'fabric-first',
    fabric: { assetKind: 'fungible', assetId: 'gold', amount: 30n },
    ethereum: { token: 'ETH', amount: 10n ** 17n },
    counterparty: 'bob',
  },
  {
    row: 0,
    direction: 'ethereum-first',
    fabric: { assetKind: 'fungible', assetId: 'gold', amount: 20n },
    ethereum: { token: TOKEN_SYMBOL, amount: 50n * 10n ** 18n },
    counterparty: 'bob',
  },
  {
    row: 0,
    direction: 'fabric-first',
    fabric: { assetKind: 'fungible', assetId: 'gold', amount: 5n },
    ethereum: { token: 'ETH', amount: 10n ** 16n },
    counterparty: 'bob',
  },
];
const ABANDONED_ORDER: Order = {
  row: 0,
  direction: 'fabric-first',
  fabric: { assetKind: 'fungible', assetId: 'gold', amount: 12n },
  ethereum: { token: 'ETH', amount: 2n * 10n ** 16n },
  counterparty: 'bob',
};

interface Stage {
  readonly networks: DevelopmentNetworks;
  readonly folders: Readonly<Record<Persona['name'], PartyFolder>>;
  readonly parties: Readonly<Record<'alice' | 'bob' | 'carol' | 'observer', OpenParty>>;
  readonly relayer: {
    readonly configFile: string;
    readonly api: string;
    readonly operations: string;
  };
}

/** Runs the whole demo on networks of its own. Every step that fails throws; nothing is left running unless `keep` is set. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const startedAt = performance.now();
  const orders = readOrders(options.ordersFile ?? DEFAULT_ORDERS);
  const root = options.keep ? keepFolder() : mkdtempSync(join(tmpdir(), 'midlock-demo-'));
  const processes = createProcessGroup();
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(RUN_LIMIT_MS)]);
  const onAbort = () => void processes.stopAll();
  options.signal.addEventListener('abort', onAbort, { once: true });
  let kept = false;
  try {
    const stage = await setUp(processes, root, options);
    const run = await play(stage, orders, processes, options, limit, startedAt);
    const keptIn = options.keep ? writeKeptFile(root, stage, processes) : undefined;
    kept = keptIn !== undefined;
    return {
      ...run,
      elapsedMs: Math.round(performance.now() - startedAt),
      ...(keptIn === undefined ? {} : { keptIn }),
    };
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    if (!kept) {
      await processes.stopAll();
      rmSync(root, { recursive: true, force: true });
    }
  }
}

async function setUp(
  processes: ProcessGroup,
  root: string,
  { progress, kinds }: DemoOptions,
): Promise<Stage> {
  const holders = [1, 2].map((index) => developmentWallet(index).address.toLowerCase() as Address);
  const networks = await startDevelopmentNetworks({
    processes,
    workDir: join(root, 'networks'),
    ...kinds,
    tokenHolders: holders,
    onStep: (step) => {
      progress.step(step);
    },
  });
  const networkFile = join(root, 'network.json');
  writeFileSync(networkFile, `${JSON.stringify(networks.description, null, 2)}\n`);
  const [api = 0, operations = 0] = await freePorts(2);
  const relayerUrl = `http://127.0.0.1:${api}`;
  const options = { root, networkFile, network: networks.description, relayerUrl };
  const folders = Object.fromEntries(
    PERSONAS.map((persona) => [persona.name, writePartyFolder(persona, options)]),
  ) as Stage['folders'];
  const relayerConfig = writeRelayerConfig(folders.relayer.persona, options, { api, operations });
  const open = (name: Persona['name']) => openParty(folders[name].config);
  const [alice, bob, carol, observer] = await Promise.all([
    open('alice'),
    open('bob'),
    open('carol'),
    open('observer'),
  ]);
  return {
    networks,
    folders,
    parties: { alice, bob, carol, observer },
    relayer: {
      configFile: relayerConfig,
      api: relayerUrl,
      operations: `http://127.0.0.1:${operations}`,
    },
  };
}

async function play(
  stage: Stage,
  orders: readonly Order[],
  processes: ProcessGroup,
  options: DemoOptions,
  limit: AbortSignal,
  startedAt: number,
) {
  const { progress } = options;
  const { parties, networks } = stage;
  const { alice, bob, carol, observer: reader } = parties;
  const elapsed = () => performance.now() - startedAt;
  const titles = new Map<Hex32, string>();
  const observer = startObserver({
    party: reader,
    nowMs: elapsed,
    onFact: ({ fact }) => {
      progress.fact(titles.get(fact.swapId) ?? fact.swapId.slice(0, 10), fact);
    },
  });
  const swaps: PlannedSwap[] = [];
  const plan = async (
    title: string,
    initiator: OpenParty,
    order: Order,
    slackSec: bigint,
  ): Promise<TermsFile> => {
    const file = await agreeSwap(stage.networks, initiator, bob, order, {
      slackSec,
      finishDespiteReorg: title !== ABANDONED,
    });
    titles.set(swapIdOf(file.terms), title);
    swaps.push({ title, terms: file.terms, plannedAtMs: elapsed(), interrupted: false });
    return file;
  };
  try {
    progress.step('two agents and a relayer start; assets are issued');
    const agents = startAgents(processes, stage);
    const everything = [...FIRST_ORDERS, ...orders];
    // Allowances are given before the agents own their accounts' nonces.
    await Promise.all([
      ...[alice, bob].map((party) => party.ethereum.account.approve(networks.token, 10n ** 30n)),
      createFungibles([ABANDONED_ORDER, ...everything], carol).then(() =>
        handOut([ABANDONED_ORDER], carol, carol, bob),
      ),
    ]);
    const ready = agents.start();
    const provisioned = handOut(everything, carol, alice, bob);
    // Awaited below; until then a failure waits there.
    provisioned.catch(() => undefined);
    await ready;

    progress.step('a swap is abandoned: carol locks and walks away');
    const abandoned = await plan(ABANDONED, carol, ABANDONED_ORDER, ABANDONED_SLACK_SEC);
    agents.hand(abandoned);
    await carol.fabric.submit(
      await carol.fabric.prepare({ action: 'lock', terms: abandoned.terms }),
    );

    await provisioned;
    const counted = {
      ...assetIdsOf(everything),
      tokens: { ETH, [TOKEN_SYMBOL]: networks.token },
    };
    const before = await Promise.all(
      [alice, bob].map(({ accounts }) => holdingsOf(accounts, reader, counted)),
    );
    progress.step('a swap each way; one whose agent and relayer are killed');
    for (const [index, order] of FIRST_ORDERS.entries()) {
      agents.hand(await plan(FIRST_TITLES[index] ?? '', alice, order, SWAP_SLACK_SEC));
    }
    const victim = swaps.at(-1);
    if (victim === undefined) throw new Error('unreachable');
    await observer.until(swapIdOf(victim.terms), (fact) => fact.kind === 'locked', limit);
    // Both legs of the abandoned swap must stand, or there is nothing to refund on Ethereum.
    await observer.until(
      swapIdOf(abandoned.terms),
      (fact) => fact.kind === 'locked' && fact.ledger === 'ethereum',
      limit,
    );
    for (const swap of swaps) swap.interrupted = isOpen(observer, swap);
    progress.step("SIGKILL: bob's agent and the relayer die in the middle");
    await agents.killBobAndRelayer();
    await agents.restart();
    progress.step(
      `both are back; ${orders.length} orders from ${options.ordersFile ?? 'examples/orders.csv'}`,
    );
    for (const order of orders)
      agents.hand(await plan(orderTitle(order), alice, order, SWAP_SLACK_SEC));

    await observer.untilTerminal(
      swaps.map(({ terms }) => swapIdOf(terms)),
      limit,
    );
    progress.step('every outcome is read back from both ledgers');
    const reports = await Promise.all(
      swaps.map((swap) => reportSwap(swap, observer.facts(swapIdOf(swap.terms)), reader)),
    );
    const after = await Promise.all(
      [alice, bob].map(({ accounts }) => holdingsOf(accounts, reader, counted)),
    );
    const detail = await conservationOf(reader, counted);
    const expected = swaps.every(
      ({ title }, index) =>
        reports[index]?.outcome === (title === ABANDONED ? 'refunded' : 'settled'),
    );
    const { fabric, ethereum } = networks.description;
    return {
      ok:
        expected &&
        detail.fabric &&
        detail.ethereum &&
        reports.some(({ interrupted }) => interrupted),
      networks: {
        fabric: { kind: fabric.kind, version: fabric.version },
        ethereum: { kind: ethereum.kind, version: ethereum.version },
      },
      swaps: reports,
      conservation: { fabric: detail.fabric, ethereum: detail.ethereum },
      balances: { before, after },
      conservationDetail: detail,
      titles: Object.fromEntries(titles),
    };
  } finally {
    await observer.stop();
    for (const party of Object.values(parties)) party.close();
  }
}

const ABANDONED = 'abandoned';
const FIRST_TITLES = ['Fabric first', 'Ethereum first', 'killed midway'];

function isOpen(observer: Observer, { terms }: PlannedSwap): boolean {
  const facts = observer.facts(swapIdOf(terms));
  return (
    facts.some(({ fact }) => fact.kind === 'locked') &&
    facts.filter(({ fact }) => fact.kind !== 'locked').length < 2
  );
}

function orderTitle({ row, fabric, ethereum, direction }: Order): string {
  return `row ${row}: ${fabric.assetKind === 'fungible' ? `${String(fabric.amount)} ` : ''}${fabric.assetId} ${direction === 'fabric-first' ? 'for' : 'from'} ${ethereum.token}`;
}

function startAgents(processes: ProcessGroup, { folders, relayer: daemon }: Stage) {
  const inboxes = [folders.alice.inbox, folders.bob.inbox];
  const run = (name: 'alice' | 'bob' | 'relayer'): RunningProcess =>
    processes.start({
      name,
      file: process.execPath,
      args: [
        ...['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN],
        ...(name === 'relayer'
          ? ['relayer', 'start', '--config', daemon.configFile]
          : ['agent', 'start', '--config', folders[name].configFile]),
      ],
      logFile: folders[name].logFile,
      readyLine: (line) => (line.startsWith('{"ready":true') ? line : undefined),
    });
  let alice: RunningProcess | undefined;
  let bob: RunningProcess | undefined;
  let relayer: RunningProcess | undefined;
  return {
    async start() {
      [alice, bob, relayer] = [run('alice'), run('bob'), run('relayer')];
      await Promise.all([alice.ready, bob.ready, relayer.ready]);
    },
    /** Puts a signed terms file before both parties; their agents tell the relayer. */
    hand(file: TermsFile) {
      for (const inbox of inboxes) dropInto(inbox, file);
    },
    async killBobAndRelayer() {
      bob?.kill();
      relayer?.kill();
      await Promise.all([bob?.exited, relayer?.exited]);
    },
    async restart() {
      [bob, relayer] = [run('bob'), run('relayer')];
      await Promise.all([bob.ready, relayer.ready]);
    },
  };
}

function readOrders(file: string): readonly Order[] {
  if (!existsSync(file))
    throw new MidlockError('CONFIG_INVALID', { file, expected: 'an existing orders file' });
  return parseOrders(readFileSync(file, 'utf8'));
}

function keepFolder(): string {
  const folder = join(process.cwd(), '.midlock', 'demo');
  if (existsSync(join(folder, 'kept.json')))
    throw new MidlockError('PORT_IN_USE', { folder, next: 'stop it by "midlock network down"' });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function writeKeptFile(
  root: string,
  { networks, folders, relayer }: Stage,
  processes: ProcessGroup,
): string {
  const file = join(root, 'kept.json');
  const parties = Object.fromEntries(
    Object.values(folders).map(({ persona, configFile, config, inbox }) => [
      persona.name,
      {
        configFile,
        mspId: persona.mspId,
        user: persona.user,
        ethereumAddress: developmentWallet(persona.ethereumIndex).address.toLowerCase(),
        keys: {
          fabric: config.identity.fabric,
          ethereum: config.identity.ethereum.key,
          seed: config.seed,
        },
        inbox,
      },
    ]),
  );
  const content = {
    ...networks.description,
    networkId: networks.networkId,
    relayer,
    parties,
    pids: processes.release(),
  };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  return file;
}
