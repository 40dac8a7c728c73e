import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openTransport } from './open-transport.ts';
import type { FabricLedgerOptions } from './options.ts';

const OPTIONS: FabricLedgerOptions = {
  channel: 'swaps',
  chaincode: 'midlock',
  organizations: [{ mspId: 'A', gateway: '127.0.0.1:1' }],
  identity: {
    mspId: 'A',
    certificate: 'certificate',
    signer: { sign: (digest) => Promise.resolve(digest) },
  },
  endorsements: 1,
};

/** Modules of fabric-network's kind that a process has after it opened a transport. */
function loadedBy(client: 'gateway' | 'legacy'): readonly string[] {
  const script = `
    import { createRequire } from 'node:module';
    await import('@midlock/ledgers');
    const { openTransport } = await import(${JSON.stringify(new URL('open-transport.ts', import.meta.url).href)});
    const transport = await openTransport({
      ...${JSON.stringify(OPTIONS)},
      client: ${JSON.stringify(client)},
      orderers: [{ address: '127.0.0.1:1' }],
    });
    transport.close();
    const modules = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify(
      ['fabric-gateway', 'fabric-network', 'fabric-common', 'fabric-protos']
        .filter((name) => modules.some((file) => file.includes('/node_modules/' + name + '/') ||
          (name === 'fabric-gateway' && file.includes('/@hyperledger/fabric-gateway/')))),
    ));
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '--eval',
      script,
    ],
    { cwd: new URL('../..', import.meta.url), encoding: 'utf8', timeout: 30_000 },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout) as readonly string[];
}

describe('openTransport', () => {
  it('loads fabric-network only for the legacy client, which writes nothing to the console', () => {
    expect(loadedBy('gateway')).toEqual(['fabric-gateway']);
    expect(loadedBy('legacy')).toEqual([
      'fabric-gateway',
      'fabric-network',
      'fabric-common',
      'fabric-protos',
    ]);
  });

  it('asks for orderers where the legacy client is configured', async () => {
    await expect(openTransport({ ...OPTIONS, client: 'legacy' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      data: { key: 'fabric.orderers' },
    });
    (await openTransport(OPTIONS)).close();
  });

  it('refuses plain text beyond loopback, and CA files that cannot be read', async () => {
    for (const orderer of [
      { address: 'orderer.example.com:7050' },
      { address: 'orderer.example.com:7050', tlsCaCertPath: '/nowhere' },
    ])
      await expect(
        openTransport({ ...OPTIONS, client: 'legacy', orderers: [orderer] }),
      ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const organizations = [{ mspId: 'A', gateway: 'peer.example.com:7051' }];
    for (const client of ['gateway', 'legacy'] as const)
      await expect(
        openTransport({
          ...OPTIONS,
          client,
          organizations,
          orderers: [{ address: 'localhost:1' }],
        }),
      ).rejects.toMatchObject({ data: { key: 'fabric.organizations.tlsCaCert' } });
  });
});
