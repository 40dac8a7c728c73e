import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createDevnode, type Devnode, type DevnodeOptions } from '../src/index.ts';
import { CHAINCODES, CHANNEL, ORGANIZATIONS, probeCommand } from './target.ts';

export type Profile = NonNullable<DevnodeOptions['profile']>;

/** A devnode with its own probe processes, all stopped by `stop`. */
export interface DevnodeTarget {
  readonly node: Devnode;
  stop(): Promise<void>;
}

/** A fifth of a real network's: results do not depend on it, and most of the suite is waiting for blocks. */
const BATCH_TIMEOUT_MS = 20;

/** Starts devnode as the suite wants its target: one process per chaincode and organisation, as with real peers. */
export async function startDevnodeTarget(
  profile: Profile,
  executeTimeoutMs: number,
): Promise<DevnodeTarget> {
  const probes = await Promise.all(
    CHAINCODES.flatMap(({ name, version }) =>
      ORGANIZATIONS.map(({ mspId }) => startProbe(name, `${name}_${version}:${mspId}`, mspId)),
    ),
  );
  const node = await createDevnode({
    channel: CHANNEL,
    organizations: ORGANIZATIONS,
    chaincodes: CHAINCODES.map((chaincode) => ({
      ...chaincode,
      endpoints: Object.fromEntries(
        probes
          .filter(({ chaincode: name }) => name === chaincode.name)
          .map(({ mspId, address, packageId }) => [mspId, { address, packageId }]),
      ),
    })),
    profile,
    batch: { timeoutMs: BATCH_TIMEOUT_MS, maxMessages: 50 },
    executeTimeoutMs,
  });
  return {
    node,
    async stop() {
      await node.close();
      await Promise.all(probes.map((probe) => probe.stop()));
    },
  };
}

interface Probe {
  readonly chaincode: string;
  readonly mspId: string;
  readonly packageId: string;
  readonly address: string;
  stop(): Promise<void>;
}

/** Runs one probe process and starts it again when it ends, since cases let it crash. */
async function startProbe(chaincode: string, packageId: string, mspId: string): Promise<Probe> {
  const port = await freePort();
  const address = `127.0.0.1:${String(port)}`;
  const { file, args } = probeCommand();
  let stopped = false;
  const start = (): ChildProcess => {
    const child = spawn(file, args, {
      env: {
        ...process.env,
        CHAINCODE_SERVER_ADDRESS: address,
        CHAINCODE_ID: packageId,
        CORE_PEER_LOCALMSPID: mspId,
      },
      stdio: 'ignore',
    });
    child.once('exit', () => {
      if (!stopped) current = start();
    });
    return child;
  };
  let current = start();
  while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    chaincode,
    mspId,
    packageId,
    address,
    async stop() {
      stopped = true;
      if (current.exitCode !== null) return;
      const exited = new Promise((resolve) => current.once('exit', resolve));
      current.kill('SIGKILL');
      await exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
