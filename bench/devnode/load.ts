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

/** A connection that load can be sent over. */
export interface Load {
  /** Finished calls and the seconds they took, at a fixed number in flight. */
  run(kind: LoadKind, concurrency: number, durationMs: number): Promise<Finished>;
  close(): void;
}

export type LoadKind = 'evaluate' | 'submit';

export interface Finished {
  readonly calls: number;
  readonly seconds: number;
}

export function openLoad(target: LoadTarget): Load {
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
  const contract = gateway.getNetwork(target.channel).getContract(target.chaincode);
  return {
    async run(kind, concurrency, durationMs) {
      const startedAt = performance.now();
      const calls = await runFor(callOf(contract, kind), concurrency, durationMs);
      return { calls, seconds: (performance.now() - startedAt) / 1000 };
    },
    close() {
      gateway.close();
      client.close();
    },
  };
}

const SLICE_MS = 700;

/**
 * Calls per second of several targets, in slices that alternate between them: what else the machine does meanwhile
 * falls on all alike, so their ratio means something where their figures do not.
 */
export async function measureInTurn(
  targets: readonly Load[],
  kind: LoadKind,
  concurrency: number,
  durationMs: number,
): Promise<number[]> {
  for (const target of targets) await target.run(kind, concurrency, SLICE_MS);
  const totals = targets.map(() => ({ calls: 0, seconds: 0 }));
  for (let slice = 0; slice < Math.max(1, Math.round(durationMs / SLICE_MS)); slice += 1) {
    for (const [index, target] of targets.entries()) {
      const { calls, seconds } = await target.run(kind, concurrency, SLICE_MS);
      const total = totals[index];
      if (total === undefined) continue;
      total.calls += calls;
      total.seconds += seconds;
    }
  }
  return totals.map(({ calls, seconds }) => calls / seconds);
}

function callOf(contract: Contract, kind: LoadKind): () => Promise<unknown> {
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

export function credentials({ tlsCaCertPath }: LoadTarget): grpc.ChannelCredentials {
  return tlsCaCertPath === undefined
    ? grpc.credentials.createInsecure()
    : grpc.credentials.createSsl(readFileSync(tlsCaCertPath));
}
