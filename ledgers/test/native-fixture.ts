import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFabricBinaries, startNativeFabric, type NativeFabric } from '@midlock/network';
import {
  createFabricLedger,
  loadFabricIdentity,
  type FabricLedger,
  type FabricLedgerOptions,
} from '../src/index.ts';
import { CHAINCODE, CHANNEL, ORGANIZATIONS } from './fabric-fixture.ts';

const TEST_SERVER = fileURLToPath(new URL('../../chaincode/dist/test-server.js', import.meta.url));

/** Three organisations of an official Fabric, any two endorse; one clock for all chaincode processes, which a test can move. */
export interface NativeNetwork {
  readonly fabric: NativeFabric;
  skewChaincode(offsetMs: number): void;
  ledger(
    mspId: string,
    user?: string,
    options?: Partial<FabricLedgerOptions>,
  ): Promise<FabricLedger>;
  stop(): Promise<void>;
}

/** Whether Fabric's binaries are there, of a major version that will do; prints the reason where they are not. */
export async function findsFabric(suite: string, leastMajor = 2): Promise<boolean> {
  try {
    const { version, major } = await findFabricBinaries();
    if (major >= leastMajor) return true;
    console.log(`${suite} not run: Fabric ${version}`);
  } catch (error) {
    console.log(`${suite} not run: ${error instanceof Error ? error.message : String(error)}`);
  }
  return false;
}

export async function startNative(
  options: Pick<
    Parameters<typeof startNativeFabric>[0],
    'consensus' | 'gateway' | 'batchTimeoutMs'
  >,
): Promise<NativeNetwork> {
  const dir = mkdtempSync(join(tmpdir(), 'midlock-ledgers-native-'));
  const clockFile = join(dir, 'clock');
  writeFileSync(clockFile, '0');
  const fabric = await startNativeFabric({
    batchTimeoutMs: 50,
    ...options,
    workDir: join(dir, 'network'),
    channel: CHANNEL,
    organizations: ORGANIZATIONS.map((mspId) => ({
      mspId,
      domain: `${mspId.toLowerCase()}.example.com`,
      users: ['User1'],
    })),
    chaincodes: [
      {
        name: CHAINCODE,
        version: '1',
        endorsementPolicy: "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
        command: {
          file: process.execPath,
          args: ['--conditions=source', '--disable-warning=ExperimentalWarning', TEST_SERVER],
          env: { MIDLOCK_CLOCK_FILE: clockFile },
        },
      },
    ],
  });
  const ledgers: FabricLedger[] = [];
  return {
    fabric,
    skewChaincode: (offsetMs) => {
      writeFileSync(clockFile, String(offsetMs));
    },
    ledger: async (mspId, user = 'User1', more = {}) => {
      const { organizations, orderers = {} } = fabric.description;
      const { certPath, keyPath } = organizations[mspId]!.users[user]!;
      const created = await createFabricLedger({
        channel: CHANNEL,
        chaincode: CHAINCODE,
        organizations: Object.entries(organizations).map(([name, organization]) => ({
          mspId: name,
          ...organization,
        })),
        orderers: Object.values(orderers),
        identity: await loadFabricIdentity(mspId, certPath, keyPath),
        endorsements: 2,
        ...more,
      });
      ledgers.push(created);
      return created;
    },
    stop: async () => {
      for (const opened of ledgers) opened.close();
      await fabric.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
