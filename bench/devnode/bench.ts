import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createProcessGroup,
  freePorts,
  startChaincode,
  startEmbeddedFabric,
  type ProcessGroup,
} from '@midlock/network';
import type { BenchOptions, Row } from '../row.ts';
import { measureInTurn, openLoad, type LoadTarget } from './load.ts';

const CHANNEL = 'bench';
const CHAINCODE = 'neutral';
const CHAINCODE_COMMAND = {
  file: process.execPath,
  args: [fileURLToPath(new URL('chaincode.cjs', import.meta.url))],
};
const CONCURRENCIES = [1, 16, 64];
/** Fabric 3.1.5, two organisations, one Raft orderer, idle machine of two cores (shared figures of the field, 2026). */
const REAL_PEER: Record<string, number> = {
  'evaluate 1': 337,
  'evaluate 16': 760,
  'evaluate 64': 923,
  'submit 1': 4.6,
  'submit 16': 170,
  'submit 64': 214,
};

/** Start-up time and throughput of devnode beside a stub that only forwards, with the same client and chaincode. */
export async function run({ quick, progress }: BenchOptions): Promise<Row[]> {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-bench-'));
  const processes = createProcessGroup();
  try {
    const startedAt = performance.now();
    const fabric = await startEmbeddedFabric({
      processes,
      workDir,
      channel: CHANNEL,
      organizations: ['Org1', 'Org2', 'Org3'].map((name) => ({
        mspId: `${name}MSP`,
        domain: `${name.toLowerCase()}.example.com`,
        users: ['User1'],
      })),
      chaincode: {
        name: CHAINCODE,
        version: '1',
        endorsementPolicy: "OutOf(1, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
        command: CHAINCODE_COMMAND,
      },
    });
    const startMs = performance.now() - startedAt;
    const organization = fabric.description.organizations['Org1MSP'];
    const user = organization?.users['User1'];
    if (organization === undefined || user === undefined)
      throw new Error('devnode described no User1 of Org1MSP');
    const devnode: LoadTarget = {
      ...organization,
      ...user,
      channel: CHANNEL,
      chaincode: CHAINCODE,
      mspId: 'Org1MSP',
    };
    const stub: LoadTarget = {
      ...user,
      gateway: await startStub(processes, workDir),
      channel: CHANNEL,
      chaincode: CHAINCODE,
      mspId: 'Org1MSP',
    };

    const rows: Row[] = [
      {
        name: 'start: devnode and three chaincode processes',
        unit: 'ms',
        value: Math.round(startMs),
        reference: null,
        limit: null,
        ratio: null,
      },
    ];
    const loads = [openLoad(stub), openLoad(devnode)];
    try {
      for (const kind of ['evaluate', 'submit'] as const) {
        for (const concurrency of CONCURRENCIES) {
          progress(`${kind} at concurrency ${concurrency}`);
          const durationMs = quick ? 1500 : 7000;
          const [ceiling = 0, ours = 0] = await measureInTurn(loads, kind, concurrency, durationMs);
          const published = REAL_PEER[`${kind} ${concurrency}`];
          rows.push({
            name: `${kind} at concurrency ${concurrency}`,
            unit: '/s',
            value: ours,
            reference:
              published === undefined
                ? null
                : { value: published, source: 'Fabric 3.1.5, idle machine' },
            limit: { value: ceiling, how: 'same client and chaincode, forwarding stub' },
            ratio: ours / ceiling,
          });
        }
      }
    } finally {
      for (const load of loads) load.close();
    }
    progress('server capacity');
    const [ceiling, ours] = [await capacityOf(stub, quick), await capacityOf(devnode, quick)];
    for (const kind of ['evaluate', 'endorse', 'commit'] as const)
      rows.push({
        name: `server capacity: ${kind}, signed before, 64 in flight`,
        unit: '/s',
        value: ours[kind],
        reference: null,
        limit: { value: ceiling[kind], how: 'forwarding stub' },
        ratio: ours[kind] / ceiling[kind],
      });
    return rows;
  } finally {
    await processes.stopAll();
    rmSync(workDir, { recursive: true, force: true });
  }
}

interface Capacity {
  readonly evaluate: number;
  readonly endorse: number;
  /** Submit and the wait for the status. */
  readonly commit: number;
}

/** Requests signed beforehand, sent by a process of its own. */
async function capacityOf(target: LoadTarget, quick: boolean): Promise<Capacity> {
  const script = fileURLToPath(new URL('replay.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--conditions=source', '--disable-warning=ExperimentalWarning', script],
    ...[JSON.stringify(target), quick ? '200' : '1500', '64'],
  ]);
  return JSON.parse(stdout) as Capacity;
}

async function startStub(processes: ProcessGroup, workDir: string): Promise<string> {
  const [port] = await freePorts(1);
  const { address } = await startChaincode({
    processes,
    command: CHAINCODE_COMMAND,
    mspId: 'StubMSP',
    packageId: 'neutral:1',
    port: port ?? 0,
    logFile: join(workDir, 'stub-chaincode.log'),
  });
  const stub = processes.start({
    name: 'forwarding stub',
    file: process.execPath,
    args: [
      '--conditions=source',
      fileURLToPath(new URL('forwarding-stub.ts', import.meta.url)),
      address,
    ],
    logFile: join(workDir, 'stub.log'),
    readyLine: (line) => /"gateway":"([^"]+)"/.exec(line)?.[1],
  });
  return String(await stub.ready);
}
