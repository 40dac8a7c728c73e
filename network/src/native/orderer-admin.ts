import { NetworkError } from '../network-error.ts';

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
