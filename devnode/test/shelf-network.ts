import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import {
  connect,
  signers,
  type Contract,
  type Gateway,
  type Network,
} from '@hyperledger/fabric-gateway';
import { createDevnode, type Devnode, type DevnodeOptions } from '../src/index.ts';

const PACKAGE_ID = 'shelf_1:test';

/** A process of the neutral chaincode. */
export interface ShelfProcess {
  readonly mspId: string;
  readonly address: string;
  readonly child: ChildProcess;
}

/** Runs devnodes with the chaincode of test-fixtures, one process per organisation, and stops whatever it started. */
export class ShelfNetwork {
  readonly mspIds: readonly string[];
  readonly endpoints: Record<string, { address: string; packageId: string }> = {};
  readonly #processes: ShelfProcess[] = [];
  #opened: (() => Promise<void> | void)[] = [];

  constructor(mspIds: readonly string[]) {
    this.mspIds = mspIds;
  }

  async launch(): Promise<void> {
    for (const mspId of this.mspIds) {
      const { address } = await this.startChaincode(mspId);
      this.endpoints[mspId] = { address, packageId: PACKAGE_ID };
    }
  }

  async startChaincode(mspId: string): Promise<ShelfProcess> {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const args = [
      new URL('./cli.js', import.meta.resolve('fabric-shim')).pathname,
      'server',
      ...['--module-path', new URL('../test-fixtures', import.meta.url).pathname],
      ...['--chaincode-address', address],
      ...['--chaincode-id', PACKAGE_ID],
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, CORE_PEER_LOCALMSPID: mspId },
      stdio: 'ignore',
    });
    const started = { mspId, address, child };
    this.#processes.push(started);
    await untilListening(port);
    return started;
  }

  options(): DevnodeOptions {
    return {
      channel: 'test',
      organizations: this.mspIds.map((mspId) => ({ mspId })),
      chaincodes: [
        {
          name: 'shelf',
          version: '1',
          sequence: 1,
          endorsementPolicy: `OutOf(2,${this.mspIds.map((mspId) => `'${mspId}.peer'`).join(',')})`,
          endpoints: this.endpoints,
        },
      ],
      batch: { timeoutMs: 20 },
    };
  }

  async start(more: Partial<DevnodeOptions> = {}): Promise<Devnode> {
    const node = await createDevnode({ ...this.options(), ...more });
    this.#opened.push(() => node.close());
    return node;
  }

  /** The channel through the gateway of one peer, `peer0` of the organisation if none is named. */
  network(node: Devnode, mspId: string, peer = 'peer0'): Network {
    const organization = node.organizations[mspId];
    const reached = organization?.peers[peer];
    const user = organization?.users['User1'];
    if (organization === undefined || reached === undefined || user === undefined)
      throw new Error(`no ${peer} of ${mspId}`);
    const client = new grpc.Client(
      reached.gateway,
      grpc.credentials.createSsl(readFileSync(organization.tlsCaCertPath)),
      { 'grpc.ssl_target_name_override': reached.tlsServerName },
    );
    const gateway: Gateway = connect({
      client,
      identity: { mspId, credentials: readFileSync(user.certPath) },
      signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath))),
    });
    this.#opened.push(() => {
      gateway.close();
      client.close();
    });
    return gateway.getNetwork(node.channel);
  }

  contract(node: Devnode, mspId: string, peer = 'peer0'): Contract {
    return this.network(node, mspId, peer).getContract('shelf');
  }

  /** Closes nodes and clients, not the chaincode. */
  async close(): Promise<void> {
    for (const end of this.#opened.splice(0).toReversed()) await end();
  }

  async stop(): Promise<void> {
    await this.close();
    for (const { child } of this.#processes) child.kill('SIGKILL');
  }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

export async function untilListening(port: number): Promise<void> {
  while (!(await isListening(port))) await sleep(50);
}
