import { NetworkError } from '../network-error.ts';
import type { Consensus } from './layout.ts';

/**
 * Lets an orderer join the channel by its channel participation API.
 * @throws {NetworkError} DEPLOY_FAILED with the orderer's reason; fetch's TypeError while nobody listens yet.
 */
export async function joinOrderer(adminPort: number, genesisBlock: Uint8Array): Promise<void> {
  const form = new FormData();
  form.append('config-block', new Blob([Uint8Array.from(genesisBlock)]), 'genesis.block');
  const response = await fetch(`http://127.0.0.1:${adminPort}/participation/v1/channels`, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (response.status !== 201) {
    throw new NetworkError('DEPLOY_FAILED', 'An orderer refused the channel.', {
      status: response.status,
      reason: text.slice(0, 300),
    });
  }
}

/**
 * Resolves when ordering has a leader, and with BFT when every orderer knows it; until then submitting fails.
 * @throws {Error} while there is no leader or somebody does not listen yet.
 */
export async function assertLeader(
  operationsPorts: readonly number[],
  channel: string,
  consensus: Consensus,
): Promise<void> {
  const name = consensus === 'bft' ? 'consensus_BFT_leader_id' : 'consensus_etcdraft_is_leader';
  const knows = new RegExp(`^${name}\\{[^}]*channel="${channel}"[^}]*\\} [1-9]`, 'm');
  for (const port of operationsPorts) {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    if (!knows.test(await response.text())) throw new Error(`${channel} has no leader yet`);
  }
}
