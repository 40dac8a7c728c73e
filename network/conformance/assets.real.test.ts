import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ASSETS,
  ASSETS_LINES,
  assetsCommand,
  runAssetsApplication,
} from '@midlock/devnode/conformance';
import { expect, test } from 'vitest';
import { findFabricBinaries } from '../src/native/binaries.ts';
import { startNativeFabric } from '../src/native/start-native-fabric.ts';

const binaries = await findFabricBinaries().catch((error: unknown) => {
  console.log(
    `tutorial not run on native Fabric: ${error instanceof Error ? error.message : String(error)}`,
  );
  return undefined;
});

test.skipIf(binaries === undefined)(
  `a tutorial's application and chaincode work on Fabric ${binaries?.version ?? ''} as they are`,
  async () => {
    const workDir = mkdtempSync(join(tmpdir(), 'midlock-assets-'));
    const network = await startNativeFabric({
      workDir,
      consensus: 'raft',
      channel: 'mychannel',
      organizations: [1, 2].map((number) => ({
        mspId: `Org${number}MSP`,
        domain: `org${number}.example.com`,
        users: ['User1'],
      })),
      chaincodes: [
        {
          name: ASSETS,
          version: '1',
          endorsementPolicy: "AND('Org1MSP.peer','Org2MSP.peer')",
          command: assetsCommand(),
        },
      ],
    });
    try {
      expect(await runAssetsApplication(network.description)).toEqual(ASSETS_LINES);
    } finally {
      await network.stop();
      rmSync(workDir, { recursive: true, force: true });
    }
  },
  120_000,
);
