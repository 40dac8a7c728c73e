import { spawn } from 'node:child_process';
import { createDevnode, type DevnodeOptions } from '../src/index.ts';
import { expect, test } from 'vitest';
import { freePort, untilListening } from '../test/shelf-network.ts';
import { ASSETS, ASSETS_LINES, assetsCommand, runAssetsApplication } from './assets.ts';

test.each(['2.5', '3.x'] satisfies DevnodeOptions['profile'][])(
  'a tutorial’s application and chaincode work on profile %s as they are',
  async (profile) => {
    const mspIds = ['Org1MSP', 'Org2MSP'];
    const { file, args } = assetsCommand();
    const processes = await Promise.all(
      mspIds.map(async (mspId) => {
        const port = await freePort();
        const address = `127.0.0.1:${port}`;
        const child = spawn(file, args, {
          env: {
            ...process.env,
            CHAINCODE_SERVER_ADDRESS: address,
            CHAINCODE_ID: 'basic_1:x',
            CORE_PEER_LOCALMSPID: mspId,
          },
          stdio: 'ignore',
        });
        await untilListening(port);
        return { mspId, child, endpoint: { address, packageId: 'basic_1:x' } };
      }),
    );
    const node = await createDevnode({
      channel: 'mychannel',
      profile,
      organizations: mspIds.map((mspId, index) => ({
        mspId,
        domain: `org${index + 1}.example.com`,
      })),
      chaincodes: [
        {
          name: ASSETS,
          version: '1',
          sequence: 1,
          endorsementPolicy: "AND('Org1MSP.peer','Org2MSP.peer')",
          endpoints: Object.fromEntries(processes.map(({ mspId, endpoint }) => [mspId, endpoint])),
        },
      ],
    });
    try {
      expect(await runAssetsApplication(node)).toEqual(ASSETS_LINES);
    } finally {
      await node.close();
      for (const { child } of processes) child.kill('SIGKILL');
    }
  },
);
