import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { createDevnode, type Devnode } from '@midlock/devnode';
import {
  DEVELOPMENT,
  hashLockOf,
  marginSec,
  toHex32,
  type Address,
  type ChaincodeConfigInput,
  type Cursor,
  type Direction,
  type FabricAccount,
  type Hex32,
  type LedgerUpdate,
  type LegFact,
  type SignedTransaction,
  type SwapTerms,
} from '@midlock/protocol';
import {
  createFabricLedger,
  loadFabricIdentity,
  type FabricLedger,
  type FabricLedgerOptions,
} from '../src/index.ts';

const CHAINCODE_DIR = fileURLToPath(new URL('../../chaincode', import.meta.url));
export const CHANNEL = 'swaps';
export const CHAINCODE = 'midlock';
export const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;
type MspId = (typeof ORGANIZATIONS)[number];

/** Three organisations, any two endorse, each with a chaincode process of its own whose clock the test can move. */
export interface FabricNetwork {
  readonly devnode: Devnode;
  /** Moves the clock of one organisation's chaincode against the system's. */
  skewChaincode(mspId: MspId, offsetMs: number): void;
  ledger(
    mspId: MspId,
    user?: string,
    options?: Partial<FabricLedgerOptions>,
  ): Promise<FabricLedger>;
  stop(): Promise<void>;
}

export async function startFabric(
  endorsementPolicy = "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
): Promise<FabricNetwork> {
  buildChaincode();
  const dir = mkdtempSync(join(tmpdir(), 'midlock-ledgers-'));
  const packageId = 'midlock_1:test';
  const clockFile = (mspId: string): string => join(dir, `${mspId}.clock`);
  const ports = await freePorts(ORGANIZATIONS.length);
  const processes = ORGANIZATIONS.map((mspId, i) => {
    writeFileSync(clockFile(mspId), '0');
    return startChaincode({
      CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${String(ports[i])}`,
      CHAINCODE_ID: packageId,
      CORE_PEER_LOCALMSPID: mspId,
      MIDLOCK_CLOCK_FILE: clockFile(mspId),
    });
  });
  await Promise.all(ports.map(untilListening));
  const devnode = await createDevnode({
    channel: CHANNEL,
    organizations: ORGANIZATIONS.map((mspId) => ({ mspId, users: ['Admin', 'User1', 'User2'] })),
    chaincodes: [
      {
        name: CHAINCODE,
        version: '1',
        sequence: 1,
        endorsementPolicy,
        endpoints: Object.fromEntries(
          ORGANIZATIONS.map((mspId, i) => [
            mspId,
            { address: `127.0.0.1:${String(ports[i])}`, packageId },
          ]),
        ),
      },
    ],
    batch: { timeoutMs: 20 },
  });
  const ledgers: FabricLedger[] = [];
  const ledger: FabricNetwork['ledger'] = async (mspId, user = 'User1', options = {}) => {
    const { certPath, keyPath } = devnode.organizations[mspId]!.users[user]!;
    const created = await createFabricLedger({
      channel: CHANNEL,
      chaincode: CHAINCODE,
      organizations: ORGANIZATIONS.map((name) => ({
        mspId: name,
        ...devnode.organizations[name]!,
      })),
      identity: await loadFabricIdentity(mspId, certPath, keyPath),
      endorsements: 2,
      ...options,
    });
    ledgers.push(created);
    return created;
  };
  return {
    devnode,
    ledger,
    skewChaincode: (mspId, offsetMs) => writeFileSync(clockFile(mspId), String(offsetMs)),
    stop: async () => {
      for (const opened of ledgers) opened.close();
      await devnode.close();
      await Promise.all(processes.map(endProcess));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The development profile as on-ledger configuration. */
export function developmentConfig(networkId: Hex32): ChaincodeConfigInput {
  const { fabric, party } = DEVELOPMENT;
  return {
    networkId,
    channel: CHANNEL,
    chaincode: CHAINCODE,
    organizations: [...ORGANIZATIONS],
    maxPastSec: String(fabric.maxPastSec),
    maxFutureSec: String(fabric.maxFutureSec),
    gapSec: String(fabric.gapSec),
    skewSec: '0',
    minDurationSec: String(fabric.commitSec),
    maxDurationSec: '86400',
    fabricFirstMarginSec: String(marginSec('fabric-first', DEVELOPMENT)),
    ethereumFirstMarginSec: String(marginSec('ethereum-first', DEVELOPMENT)),
    rotateDelaySec: '60',
    ...(party.skewSec > 0n ? { skewSec: '0' } : {}),
  };
}

export async function kindOf(
  ledger: FabricLedger,
  transaction: SignedTransaction,
): Promise<string> {
  return (await ledger.outcome(transaction)).kind;
}

/** Submits and waits until the transaction is valid. */
export async function settle(ledger: FabricLedger, transaction: SignedTransaction): Promise<void> {
  await ledger.submit(transaction);
  await expect
    .poll(() => kindOf(ledger, transaction), { timeout: 10_000, interval: 10 })
    .toBe('valid');
}

/** Watches until what was seen is enough. */
export async function watchUntil(
  ledger: FabricLedger,
  cursor: Cursor | undefined,
  done: (updates: readonly LedgerUpdate[]) => boolean,
): Promise<readonly LedgerUpdate[]> {
  const stop = new AbortController();
  const updates: LedgerUpdate[] = [];
  for await (const update of ledger.watch(cursor, stop.signal)) {
    updates.push(update);
    if (done(updates)) stop.abort();
  }
  return updates;
}

export function factsIn(updates: readonly LedgerUpdate[]): readonly LegFact[] {
  return updates.flatMap((update) => (update.kind === 'block' ? update.block.facts : []));
}

let serial = 0;

export function newFabricSwap(wish: {
  readonly networkId: Hex32;
  readonly owner: FabricAccount;
  readonly beneficiary: FabricAccount;
  readonly expiresAtSec: bigint;
  readonly amount?: bigint;
  readonly direction?: Direction;
  readonly asset?: Pick<SwapTerms['fabric'], 'assetKind' | 'assetId'>;
}): { terms: SwapTerms; secret: Uint8Array } {
  serial += 1;
  const secret = Uint8Array.from({ length: 32 }, (_, i) =>
    i === 0 ? serial & 0xff : i === 1 ? serial >> 8 : 9,
  );
  const direction = wish.direction ?? 'ethereum-first';
  const margin = marginSec(direction, DEVELOPMENT) + 5n;
  const address = (byte: string): Address => `0x${byte.repeat(20)}` as Address;
  return {
    secret,
    terms: {
      version: 1,
      direction,
      hashLock: hashLockOf(secret),
      nonce: toHex32(
        Uint8Array.from({ length: 32 }, (_, i) =>
          i === 0 ? serial & 0xff : i === 1 ? serial >> 8 : 1,
        ),
      ),
      fabric: {
        networkId: wish.networkId,
        channel: CHANNEL,
        chaincode: CHAINCODE,
        assetKind: 'fungible',
        assetId: 'EUR',
        ...wish.asset,
        amount: wish.amount ?? 10n,
        owner: wish.owner,
        beneficiary: wish.beneficiary,
        expiresAtSec: wish.expiresAtSec,
      },
      ethereum: {
        chainId: 31_337n,
        escrow: address('aa'),
        token: address('00'),
        amount: 5n,
        owner: address('bb'),
        beneficiary: address('cc'),
        expiresAtSec:
          direction === 'ethereum-first' ? wish.expiresAtSec + margin : wish.expiresAtSec - margin,
      },
    },
  };
}

function buildChaincode(): void {
  if (existsSync(join(CHAINCODE_DIR, 'dist/test-server.js'))) return;
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: CHAINCODE_DIR,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`chaincode does not build:\n${built.stdout}`);
}

function startChaincode(env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      join(CHAINCODE_DIR, 'dist/test-server.js'),
    ],
    {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: [
        'ignore',
        'ignore',
        process.env['MIDLOCK_TEST_VERBOSE'] === undefined ? 'ignore' : 'inherit',
      ],
    },
  );
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await sleep(25);
  }
  throw new Error(`nothing listens on port ${String(port)}`);
}
