import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDevnode, type Devnode } from '@midlock/devnode';
import type { FabricAccount } from '@midlock/protocol';
import { CHANNEL } from '../../../chaincode/src/testing/world.ts';
import { parseBlock } from '../../../ledgers/src/fabric/block.ts';
import { translateGatewayError } from '../../../ledgers/src/fabric/gateway-error.ts';
import { accountOf, createFabricIdentity } from '../../../ledgers/src/fabric/identity.ts';
import { createGatewayTransport } from '../../../ledgers/src/fabric/organization-gateway.ts';
import { validationName } from '../../../ledgers/src/fabric/transaction-outcome.ts';
import type { FabricTransport } from '../../../ledgers/src/fabric/transport.ts';

const CHAINCODE = 'midlock';
/** Two of them endorse everything; Mallory's is on the channel and not in the chaincode's configuration. */
const ENDORSERS = ['Org1MSP', 'Org2MSP'] as const;
const ORGANIZATIONS = [...ENDORSERS, 'Org3MSP', 'Org4MSP'] as const;
const PATIENCE = { evaluateMs: 60_000, endorseMs: 60_000, submitMs: 60_000 };

export interface Endorsed {
  readonly txId: string;
  readonly bytes: Uint8Array;
}

/** Somebody with a certificate of the network, calling the chaincode through the gateway of Org1. */
export interface Caller {
  readonly account: FabricAccount;
  /** Throws the MidlockError with which the chaincode refuses. */
  endorse(name: string, args: readonly string[], stampMs: bigint): Promise<Endorsed>;
  evaluate(name: string, args: readonly string[]): Promise<Uint8Array>;
}

/** Devnode with the chaincode behind two organisations, all on one clock that the test sets. */
export interface FabricNetwork {
  nowMs: bigint;
  caller(mspId: (typeof ORGANIZATIONS)[number], user: string): Caller;
  /** Orders transactions in one block; each one's validation code. */
  commit(transactions: readonly Endorsed[]): Promise<readonly string[]>;
  /** Keeps the state as it is for {@link FabricNetwork.reset}. */
  mark(): void;
  reset(): void;
  close(): Promise<void>;
}

export async function startFabricNetwork(startMs: bigint): Promise<FabricNetwork> {
  // Certificates must be valid by the system's clock, which TLS goes by; everything else then begins at the start.
  const clock = { nowMs: BigInt(Date.now()) };
  const folder = mkdtempSync(join(tmpdir(), 'midlock-differential-'));
  const clockFile = join(folder, 'clock');
  const setClock = (nowMs: bigint): void => {
    clock.nowMs = nowMs;
    // Whole at any moment: a server may read while it is written.
    writeFileSync(`${clockFile}.new`, String(nowMs));
    renameSync(`${clockFile}.new`, clockFile);
  };
  const servers = await Promise.all(ENDORSERS.map((mspId) => serveChaincode(mspId, clockFile)));
  const devnode = await createDevnode({
    channel: CHANNEL,
    clock: () => Number(clock.nowMs),
    organizations: ORGANIZATIONS.map((mspId) => ({
      mspId,
      users: ['Admin', 'alice', 'bob', 'carol'],
    })),
    chaincodes: [
      {
        name: CHAINCODE,
        version: '1',
        sequence: 1,
        endorsementPolicy: "AND('Org1MSP.peer', 'Org2MSP.peer')",
        endpoints: Object.fromEntries(
          servers.map(({ mspId, address }) => [mspId, { address, packageId: PACKAGE_ID }]),
        ),
      },
    ],
    // Blocks are cut by the test alone.
    batch: { timeoutMs: 86_400_000, maxMessages: 1_000 },
  });
  setClock(startMs);
  const transports: FabricTransport[] = [];
  let marked = devnode.snapshot();
  const network: FabricNetwork = {
    get nowMs() {
      return clock.nowMs;
    },
    set nowMs(nowMs) {
      setClock(nowMs);
    },
    caller: (mspId, user) => openCaller(devnode, transports, mspId, user, () => clock.nowMs),
    commit: async (transactions) => {
      const [transport] = transports;
      if (transactions.length === 0 || transport === undefined) return [];
      const height = BigInt(devnode.height());
      for (const { bytes } of transactions) {
        const [submitter] = transport.submitters({ endorsers: ENDORSERS, revealsSecret: true });
        await submitter?.submit(bytes);
      }
      devnode.cutBlock();
      return codesOf(transport, height, transactions);
    },
    mark: () => {
      marked = devnode.snapshot();
    },
    reset: () => {
      devnode.revert(marked);
    },
    close: async () => {
      for (const transport of transports) transport.close();
      await devnode.close();
      await Promise.all(servers.map(({ stop }) => stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return network;
}

const PACKAGE_ID = 'midlock_1:differential';

const SERVER = new URL('chaincode-server.cjs', import.meta.url).pathname;

/** The chaincode in a process of its own, behind the real protocol, in one organisation's name. */
async function serveChaincode(
  mspId: string,
  clockFile: string,
): Promise<{
  readonly mspId: string;
  readonly address: string;
  readonly stop: () => Promise<unknown>;
}> {
  const port = await freePort();
  const address = `127.0.0.1:${String(port)}`;
  const child = spawn(process.execPath, ['--conditions=source', '--no-deprecation', SERVER], {
    env: {
      PATH: process.env['PATH'],
      CORE_PEER_LOCALMSPID: mspId,
      CORE_CHAINCODE_LOGGING_LEVEL: 'CRITICAL',
      CHAINCODE_ID: PACKAGE_ID,
      CHAINCODE_SERVER_ADDRESS: address,
      DIFFERENTIAL_CLOCK_FILE: clockFile,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = (): Promise<unknown> => {
    child.kill('SIGKILL');
    return ended;
  };
  for (let attempt = 0; !(await isListening(port)); attempt += 1) {
    if (attempt === 600 || child.exitCode !== null) {
      await stop();
      throw new Error(`the chaincode server of ${mspId} does not listen; is chaincode/dist built?`);
    }
    await sleep(50);
  }
  return { mspId, address, stop };
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

function openCaller(
  devnode: Devnode,
  transports: FabricTransport[],
  mspId: string,
  user: string,
  nowMs: () => bigint,
): Caller {
  const paths = devnode.organizations[mspId]?.users[user];
  const org1 = devnode.organizations['Org1MSP'];
  if (paths === undefined || org1 === undefined) throw new Error(`no ${user} in ${mspId}`);
  const read = (path: string): string => readFileSync(path, 'utf8');
  const identity = createFabricIdentity(mspId, read(paths.certPath), read(paths.keyPath));
  const { gateway: address, tlsServerName, tlsCaCertPath } = org1;
  const transport = createGatewayTransport(
    [{ mspId: 'Org1MSP', gateway: address, tlsServerName, tlsCaCert: read(tlsCaCertPath) }],
    identity,
    CHANNEL,
    PATIENCE,
  );
  transports.push(transport);
  const gateway = transport.gateways[0];
  if (gateway === undefined) throw new Error('no gateway');
  const translated = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw translateGatewayError(error, 'Org1MSP');
    }
  };
  return {
    account: accountOf(identity),
    endorse: (name, args, stampMs) =>
      translated(
        gateway.endorse({
          chaincode: CHAINCODE,
          name,
          arguments: args,
          stampMs,
          organizations: ENDORSERS,
        }),
      ),
    evaluate: (name, args) =>
      translated(
        gateway.evaluate({
          chaincode: CHAINCODE,
          name,
          arguments: args,
          stampMs: nowMs(),
          organizations: ['Org1MSP'],
        }),
      ),
  };
}

/** Reads the block of a height, which must hold exactly these transactions. */
async function codesOf(
  { gateways: [gateway] }: FabricTransport,
  height: bigint,
  transactions: readonly Endorsed[],
): Promise<readonly string[]> {
  const enough = new AbortController();
  for await (const raw of gateway?.blocks(height, enough.signal) ?? []) {
    enough.abort();
    const block = parseBlock(raw);
    if (block.transactions.length !== transactions.length)
      throw new Error(`block ${String(height)} has ${String(block.transactions.length)}`);
    return block.transactions.map(({ validationCode }) => validationName(validationCode));
  }
  throw new Error(`no block ${String(height)}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
