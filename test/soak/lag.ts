/** How far a relayer is behind both ledgers, blocks, and what waits for each of them. */
export interface Lag {
  readonly fabricLag: number;
  readonly ethereumLag: number;
  readonly fabricWaiting: number;
  readonly ethereumWaiting: number;
}

/** Reads a relayer's metrics. */
export async function readLag(operationsUrl: string): Promise<Lag> {
  const text = await (await fetch(`${operationsUrl}/metrics`)).text();
  const gauge = (name: string, chain: string): number =>
    Number(new RegExp(`^${name}\\{chain="${chain}"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  const behind = (chain: string): number =>
    Math.max(0, gauge('midlock_chain_head', chain) - gauge('midlock_chain_processed', chain));
  return {
    fabricLag: behind('fabric'),
    ethereumLag: behind('ethereum'),
    fabricWaiting: gauge('midlock_backpressure', 'fabric'),
    ethereumWaiting: gauge('midlock_backpressure', 'ethereum'),
  };
}
