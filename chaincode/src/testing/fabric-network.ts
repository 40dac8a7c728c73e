import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, signers, type Contract, type Gateway } from '@hyperledger/fabric-gateway';
import { createDevnode, type Devnode } from '@midlock/devnode';
import { createOrganization } from '@midlock/devnode/msp';
import { fabricAccount, formatAccount } from '@midlock/protocol';

export const CHANNEL = 'trade';
export const MSP_IDS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;
export type MspId = (typeof MSP_IDS)[number];

/** One user's connection by an unmodified fabric-gateway. */
export interface Session {
  readonly id: string;
  readonly gateway: Gateway;
  readonly contract: Contract;
}

/**
 * Three organisations on devnode, policy OutOf(2), one real chaincode process each, whose clocks follow files.
 * Org3's chaincode is served with TLS, the others' without.
 */
export class FabricNetwork {
  readonly #root: string;
  readonly #workDir = mkdtempSync(join(tmpdir(), 'midlock-chaincode-'));
  readonly #processes = new Map<MspId, ChildProcess>();
  readonly #ports = new Map<MspId, number>();
  readonly #clients: Client[] = [];
  readonly #chaincodeHost = createOrganization({
    mspId: 'ChaincodeMSP',
    domain: 'chaincode.example.com',
    peers: ['host'],
    users: [],
  });
  #devnode: Devnode | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  get devnode(): Devnode {
    if (this.#devnode === undefined) throw new Error('not started');
    return this.#devnode;
  }

  async start(): Promise<void> {
    const tsc = require.resolve('typescript/bin/tsc');
    const build = ['-p', join(this.#root, 'tsconfig.build.json'), '--outDir', this.#outDir];
    execFileSync(process.execPath, [tsc, ...build]);
    for (const mspId of MSP_IDS) {
      this.#ports.set(mspId, await freePort());
      await this.startChaincode(mspId);
    }
    const endpoints = Object.fromEntries(
      MSP_IDS.map((mspId) => {
        // By name: Node warns of an IP address as TLS server name.
        const address = `localhost:${this.#ports.get(mspId) ?? 0}`;
        const endpoint = { address, packageId: PACKAGE_ID };
        const tlsRootCert = this.#chaincodeHost.tlsCa.certificatePem;
        return [mspId, mspId === TLS_MSP_ID ? { ...endpoint, tlsRootCert } : endpoint];
      }),
    );
    this.#devnode = await createDevnode({
      channel: CHANNEL,
      organizations: MSP_IDS.map((mspId) => ({
        mspId,
        domain: `${mspId.slice(0, 4).toLowerCase()}.example.com`,
        users: ['User1'],
      })),
      chaincodes: [
        {
          name: 'midlock',
          version: '1.0',
          sequence: 1,
          endpoints,
          endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        },
      ],
      batch: { timeoutMs: 50 },
    });
  }

  async startChaincode(mspId: MspId): Promise<void> {
    const entry = join(this.#outDir, 'test-server.js');
    const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', entry], {
      env: {
        PATH: process.env['PATH'] ?? '',
        CHAINCODE_SERVER_ADDRESS: this.#addressOf(mspId),
        CHAINCODE_ID: PACKAGE_ID,
        CORE_PEER_LOCALMSPID: mspId,
        CORE_CHAINCODE_LOGGING_LEVEL: 'CRITICAL',
        MIDLOCK_CLOCK_FILE: this.#clockFile(mspId),
        ...(mspId === TLS_MSP_ID ? this.#tlsFiles() : {}),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#processes.set(mspId, child);
    await untilListening(this.#ports.get(mspId) ?? 0, child);
  }

  /** Ends an organisation's chaincode; its exit code, or the signal that killed it. */
  async endChaincode(mspId: MspId, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
    const child = this.#processes.get(mspId);
    if (child === undefined) throw new Error(`${mspId} does not run`);
    this.#processes.delete(mspId);
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    child.kill(signal);
    const [code, killedBy] = await exited;
    return code ?? killedBy ?? 'unknown';
  }

  /** Sets how far the clock of an organisation's chaincode is off. */
  skewClock(mspId: MspId, offsetMs: number): void {
    writeFileSync(this.#clockFile(mspId), String(offsetMs));
  }

  session(mspId: MspId, user: 'User1' | 'Admin' = 'User1'): Session {
    const organization = this.devnode.organizations[mspId];
    const files = organization?.users[user];
    if (organization === undefined || files === undefined)
      throw new Error(`no ${user} of ${mspId}`);
    const certificate = readFileSync(files.certPath);
    const client = new Client(
      organization.gateway,
      credentials.createSsl(readFileSync(organization.tlsCaCertPath)),
      { 'grpc.ssl_target_name_override': organization.tlsServerName },
    );
    this.#clients.push(client);
    const gateway = connect({
      client,
      identity: { mspId, credentials: certificate },
      signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(files.keyPath))),
    });
    const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
    const id = formatAccount(fabricAccount(mspId, key));
    return { id, gateway, contract: gateway.getNetwork(CHANNEL).getContract('midlock') };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#devnode?.close();
    for (const mspId of [...this.#processes.keys()]) await this.endChaincode(mspId, 'SIGKILL');
    rmSync(this.#workDir, { recursive: true, force: true });
    rmSync(this.#outDir, { recursive: true, force: true });
  }

  // Below the package, so that its imports resolve.
  get #outDir(): string {
    return join(this.#root, 'dist', `integration-${process.pid}`);
  }

  #tlsFiles(): Readonly<Record<string, string>> {
    const tls = this.#chaincodeHost.peers[0]?.tls;
    const keyFile = join(this.#workDir, 'tls-key.pem');
    const certFile = join(this.#workDir, 'tls-cert.pem');
    writeFileSync(keyFile, tls?.privateKeyPem ?? '', { mode: 0o600 });
    writeFileSync(certFile, tls?.certificatePem ?? '');
    return { CHAINCODE_TLS_KEY_FILE: keyFile, CHAINCODE_TLS_CERT_FILE: certFile };
  }

  #addressOf(mspId: MspId): string {
    return `127.0.0.1:${this.#ports.get(mspId) ?? 0}`;
  }

  #clockFile(mspId: MspId): string {
    return join(this.#workDir, `clock-${mspId}`);
  }
}

const TLS_MSP_ID: MspId = 'Org3MSP';
const PACKAGE_ID = 'midlock_1.0:test';
const START_TIMEOUT_MS = 20_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`chaincode ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('chaincode does not listen');
    await sleep(25);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connectSocket(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
