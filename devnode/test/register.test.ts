import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { connect, signers, type Contract } from '@hyperledger/fabric-gateway';
import { expect, test } from 'vitest';
import { createDevnode } from '../src/index.ts';

test('a chaincode that dials the node registers, endorses and is refused once it is gone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'devnode-register-'));
  const node = await createDevnode({
    channel: 'dev',
    organizations: [{ mspId: 'Org1MSP' }],
    chaincodes: [
      {
        name: 'shelf',
        version: '1',
        sequence: 1,
        endorsementPolicy: "OR('Org1MSP.peer')",
        endpoints: { Org1MSP: 'register' },
      },
    ],
    batch: { timeoutMs: 20 },
  });
  const organization = node.organizations['Org1MSP'];
  const user = organization?.users['User1'];
  if (organization === undefined || user === undefined) throw new Error('no User1');
  // fabric-shim wants its TLS client pair as base64 of PEM.
  const base64 = (name: string, path: string): string => {
    const file = join(dir, name);
    writeFileSync(file, readFileSync(path).toString('base64'));
    return file;
  };
  const child = spawn(
    process.execPath,
    [
      new URL('./cli.js', import.meta.resolve('fabric-shim')).pathname,
      'start',
      ...['--module-path', new URL('../test-fixtures', import.meta.url).pathname],
      ...['--peer.address', organization.gateway],
      ...['--chaincode-id-name', 'shelf:1'],
      ...['--ssl-target-name-override', organization.tlsServerName],
    ],
    {
      env: {
        ...process.env,
        CORE_PEER_LOCALMSPID: 'Org1MSP',
        CORE_CHAINCODE_ID_NAME: 'shelf:1',
        CORE_PEER_TLS_ENABLED: 'true',
        CORE_PEER_TLS_ROOTCERT_FILE: organization.tlsCaCertPath,
        CORE_TLS_CLIENT_KEY_PATH: base64('key', user.keyPath),
        CORE_TLS_CLIENT_CERT_PATH: base64('cert', user.certPath),
      },
      stdio: 'ignore',
    },
  );
  const client = new grpc.Client(
    organization.gateway,
    grpc.credentials.createSsl(readFileSync(organization.tlsCaCertPath)),
    { 'grpc.ssl_target_name_override': organization.tlsServerName },
  );
  const gateway = connect({
    client,
    identity: { mspId: 'Org1MSP', credentials: readFileSync(user.certPath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath))),
  });
  try {
    const shelf = gateway.getNetwork('dev').getContract('shelf');
    await untilRegistered(shelf);
    await shelf.submitTransaction('put', 'a', 'registered');
    expect(Buffer.from(await shelf.evaluateTransaction('get', 'a')).toString()).toBe('registered');
    await ended(child);
    await expect(shelf.evaluateTransaction('get', 'a')).rejects.toMatchObject({
      code: grpc.status.ABORTED,
    });
  } finally {
    child.kill('SIGKILL');
    gateway.close();
    client.close();
    await node.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

async function untilRegistered(shelf: Contract): Promise<void> {
  for (;;) {
    try {
      await shelf.evaluateTransaction('get', 'a');
      return;
    } catch {
      await sleep(100);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
