import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createProcessGroup,
  findFabricBinaries,
  startEmbeddedFabric,
  startNativeFabric,
  type Consensus,
  type FabricDescription,
  type ProcessGroup,
} from '@midlock/network';
import type { Direction } from '@midlock/protocol';
import { measureInTurn, openLoad, type Load, type LoadTarget } from '../devnode/load.ts';
import type { BenchOptions, Row } from '../row.ts';
import { agentsSwap } from '../swap/bench.ts';
import { openTheatre } from '../swap/theatre.ts';
import { mean } from '../timing.ts';

const CHANNEL = 'bench';
const CHAINCODE = {
  name: 'neutral',
  version: '1',
  endorsementPolicy: "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
  command: {
    file: process.execPath,
    args: [fileURLToPath(new URL('../devnode/chaincode.cjs', import.meta.url))],
  },
};
const ORGANIZATIONS = ['Org1', 'Org2', 'Org3'].map((name) => ({
  mspId: `${name}MSP`,
  domain: `${name.toLowerCase()}.example.com`,
  users: ['User1'],
}));
const BATCH_TIMEOUT_MS = 100;
const CONCURRENCIES = [1, 16, 64];
const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];

type Kind = 'devnode' | 'native-raft';
const CONSENSUS: readonly Consensus[] = ['raft', 'bft'];
/** What an operator may wait for at most, in ms (issue 4, point 3). */
const GOALS = { 'cold start': 6_000, restart: 3_000 };
interface Figure {
  readonly name: string;
  readonly unit: string;
  /** One for each kind, in their order. */
  readonly values: readonly number[];
}

/**
 * devnode beside native Fabric in one run: cold start to the first commit, calls per second, swaps by agents as processes.
 * Without Fabric's binaries the native column stays empty.
 */
export async function run(options: BenchOptions): Promise<Row[]> {
  const binaries = await findFabricBinaries().catch((error: unknown) => {
    options.progress(error instanceof Error ? error.message : String(error));
    return undefined;
  });
  const kinds: readonly Kind[] = binaries === undefined ? ['devnode'] : ['devnode', 'native-raft'];
  const figures = [
    ...(await coldStarts(kinds, options)),
    ...(await throughput(kinds, options)),
    ...(await swapLatencies(kinds, options)),
  ];
  const how = `native Fabric ${binaries?.version ?? ''} (Raft) in this run`;
  const compared = figures.map(({ name, unit, values: [ours = Number.NaN, native] }) => ({
    ...{ name, unit, value: ours, reference: null },
    limit: native === undefined ? null : { value: native, how },
    ratio: native === undefined ? null : ours / native,
  }));
  return binaries === undefined ? compared : [...compared, ...(await nativeStarts(options))];
}

/** How long native Fabric takes to its first commit, from nothing and from the folder that a stopped network left. */
async function nativeStarts({ quick, progress }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const consensus of CONSENSUS) {
    const times = { 'cold start': [] as number[], restart: [] as number[] };
    for (let index = 0; index < (quick ? 1 : 3); index += 1) {
      progress(`native ${consensus}: cold start and restart ${String(index + 1)}`);
      const workDir = mkdtempSync(join(tmpdir(), 'midlock-bench-fabric-'));
      try {
        for (const start of ['cold start', 'restart'] as const) {
          const network = await startNetwork('native-raft', { workDir, consensus });
          times[start].push(network.startMs);
          await network.stop();
        }
      } finally {
        rmSync(workDir, { recursive: true, force: true });
      }
    }
    for (const start of ['cold start', 'restart'] as const) {
      const value = Math.round(mean(times[start]));
      rows.push({
        ...{ name: `native ${consensus}: ${start} to first commit`, unit: 'ms', value },
        ...{ reference: null, limit: { value: GOALS[start], how: 'goal' } },
        ratio: value / GOALS[start],
      });
    }
  }
  return rows;
}

async function coldStarts(
  kinds: readonly Kind[],
  { quick, progress }: BenchOptions,
): Promise<readonly Figure[]> {
  const values: number[] = [];
  for (const kind of kinds) {
    const times: number[] = [];
    for (let index = 0; index < (quick ? 1 : 3); index += 1) {
      progress(`${kind}: cold start ${String(index + 1)}`);
      const network = await startNetwork(kind);
      times.push(network.startMs);
      await network.stop();
    }
    values.push(Math.round(mean(times)));
  }
  return [{ name: 'cold start to first commit', unit: 'ms', values }];
}

async function throughput(
  kinds: readonly Kind[],
  { quick, progress }: BenchOptions,
): Promise<readonly Figure[]> {
  const networks: Network[] = [];
  try {
    for (const kind of kinds) networks.push(await startNetwork(kind));
    const loads = networks.map(({ load }) => load);
    const figures: Figure[] = [];
    for (const call of ['evaluate', 'submit'] as const) {
      for (const concurrency of CONCURRENCIES) {
        const name = `${call} at concurrency ${String(concurrency)}`;
        progress(`${kinds.join(' and ')} in turn: ${name}`);
        const values = await measureInTurn(loads, call, concurrency, quick ? 1_400 : 7_000);
        figures.push({ name, unit: '/s', values });
      }
    }
    return figures;
  } finally {
    for (const network of networks) await network.stop();
  }
}

interface Network {
  readonly startMs: number;
  readonly load: Load;
  stop(): Promise<void>;
}

interface Place {
  /** Left as it is by `stop`. */
  readonly workDir: string;
  readonly consensus: Consensus;
}

/** A network after its first commit; without a place, one of its own that leaves nothing. */
async function startNetwork(kind: Kind, place?: Place): Promise<Network> {
  const workDir = place?.workDir ?? mkdtempSync(join(tmpdir(), 'midlock-bench-fabric-'));
  const processes = createProcessGroup();
  const stop = async (): Promise<void> => {
    await processes.stopAll();
    if (place === undefined) rmSync(workDir, { recursive: true, force: true });
  };
  try {
    const startedAt = performance.now();
    const load = openLoad(targetOf(await startFabric(kind, processes, workDir, place?.consensus)));
    await load.run('submit', 1, 1);
    const startMs = performance.now() - startedAt;
    return {
      startMs,
      load,
      stop: async () => {
        load.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startFabric(
  kind: Kind,
  processes: ProcessGroup,
  workDir: string,
  consensus: Consensus = 'raft',
): Promise<FabricDescription> {
  const common = {
    ...{ processes, workDir, channel: CHANNEL, organizations: ORGANIZATIONS },
    batchTimeoutMs: BATCH_TIMEOUT_MS,
  };
  const fabric =
    kind === 'devnode'
      ? await startEmbeddedFabric({ ...common, chaincode: CHAINCODE })
      : await startNativeFabric({
          ...common,
          consensus,
          chaincodes: [CHAINCODE],
          maxMessageCount: 500,
        });
  return fabric.description;
}

function targetOf({ organizations }: FabricDescription): LoadTarget {
  const organization = organizations['Org1MSP'];
  const user = organization?.users['User1'];
  if (organization === undefined || user === undefined) throw new Error('no User1 of Org1MSP');
  return {
    ...organization,
    ...user,
    channel: CHANNEL,
    chaincode: CHAINCODE.name,
    mspId: 'Org1MSP',
  };
}

async function swapLatencies(
  kinds: readonly Kind[],
  { quick, progress }: BenchOptions,
): Promise<readonly Figure[]> {
  const values = DIRECTIONS.map((): number[] => []);
  for (const kind of kinds) {
    const theatre = await openTheatre(kind);
    try {
      for (const [index, direction] of DIRECTIONS.entries()) {
        progress(`${kind}: swaps ${direction}`);
        const times: number[] = [];
        for (let count = 0; count < (quick ? 2 : 6); count += 1)
          times.push((await agentsSwap(theatre, direction)).at(-1) ?? Number.NaN);
        values[index]?.push(Math.round(mean(times)));
      }
    } finally {
      await theatre.close();
    }
  }
  return DIRECTIONS.map((direction, index) => ({
    name: `swap ${direction}, by agents, anvil with 1 s blocks`,
    unit: 'ms',
    values: values[index] ?? [],
  }));
}
