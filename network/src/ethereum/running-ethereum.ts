/** A development chain that runs on this machine. */
export interface RunningEthereum {
  readonly kind: 'anvil' | 'geth';
  readonly version: string;
  readonly url: string;
  readonly chainId: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** One JSON-RPC call of a node that is trusted because we started it. Throws an Error with the node's words. */
export async function rpcCall(
  url: string,
  method: string,
  params: readonly unknown[] = [],
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as {
    result?: unknown;
    error?: { message: string };
  };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}
