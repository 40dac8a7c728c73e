/** One JSON-RPC call. Throws with the node's words, or why it did not answer. */
export async function rpc(
  url: string,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(5_000),
  });
  const answer = (await response.json()) as {
    readonly result?: unknown;
    readonly error?: { readonly message?: unknown };
  };
  if (answer.error !== undefined) throw new Error(String(answer.error.message).slice(0, 200));
  return answer.result;
}

/** What doctor reads of a block. */
export interface Block {
  readonly height: bigint;
  readonly timeSec: bigint;
}

/** A block by number or tag; undefined where the node has none or refuses the tag, as geth does. */
export async function blockAt(url: string, at: bigint | string): Promise<Block | undefined> {
  const tag = typeof at === 'string' ? at : `0x${at.toString(16)}`;
  const block = (await rpc(url, 'eth_getBlockByNumber', [tag, false]).catch((error: unknown) => {
    if (tag.startsWith('0x') || tag === 'latest') throw error;
    return undefined;
  })) as { readonly number: string; readonly timestamp: string } | null | undefined;
  return block === null || block === undefined
    ? undefined
    : { height: BigInt(block.number), timeSec: BigInt(block.timestamp) };
}
