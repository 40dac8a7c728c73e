import { createHash, createPrivateKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { connect, signers, type Contract } from '@hyperledger/fabric-gateway';

/** Where to send the load and as whom. Without `tlsCaCertPath` the connection is plain. */
export interface LoadTarget {
  readonly gateway: string;
  readonly tlsServerName?: string;
  readonly tlsCaCertPath?: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly mspId: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** Finished calls per second of wall-clock time at a fixed number in flight. */
export async function measureLoad(
  target: LoadTarget,
  kind: 'evaluate' | 'submit',
  concurrency: number,
  durationMs: number,
): Promise<number> {
  const client = new grpc.Client(target.gateway, credentials(target), {
    ...(target.tlsServerName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': target.tlsServerName }),
  });
  const gateway = connect({
    client,
    identity: { mspId: target.mspId, credentials: readFileSync(target.certPath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(target.keyPath))),
    hash: (message) => createHash('sha256').update(message).digest(),
  });
  try {
    const contract = gateway.getNetwork(target.channel).getContract(target.chaincode);
    const one = callOf(contract, kind);
    await runFor(one, concurrency, Math.min(1000, durationMs / 3));
    const startedAt = performance.now();
    const finished = await runFor(one, concurrency, durationMs);
    return finished / ((performance.now() - startedAt) / 1000);
  } finally {
    gateway.close();
    client.close();
  }
}

function callOf(contract: Contract, kind: 'evaluate' | 'submit'): () => Promise<unknown> {
  // Each submit has a key of its own: the figure is the peer's, not that of read conflicts.
  return kind === 'evaluate'
    ? () => contract.evaluateTransaction('get', 'key')
    : () => contract.submitTransaction('put', randomUUID(), 'value');
}

async function runFor(
  call: () => Promise<unknown>,
  concurrency: number,
  durationMs: number,
): Promise<number> {
  const until = performance.now() + durationMs;
  let finished = 0;
  const worker = async () => {
    while (performance.now() < until) {
      await call();
      finished += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return finished;
}

function credentials({ tlsCaCertPath }: LoadTarget): grpc.ChannelCredentials {
  return tlsCaCertPath === undefined
    ? grpc.credentials.createInsecure()
    : grpc.credentials.createSsl(readFileSync(tlsCaCertPath));
}
