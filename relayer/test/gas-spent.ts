import { parseAddress, type Address } from '@midlock/protocol';

interface Receipt {
  readonly from: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
}

/** What an account paid for gas since the genesis, wei: summed over the receipts of every block. */
export async function gasSpentBy(account: Address, url: string): Promise<bigint> {
  const call = async <T>(method: string, params: readonly unknown[]): Promise<T> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return ((await response.json()) as { readonly result: T }).result;
  };
  const head = Number(await call<string>('eth_blockNumber', []));
  let spent = 0n;
  for (let height = 0; height <= head; height += 1) {
    const receipts = await call<readonly Receipt[]>('eth_getBlockReceipts', [
      `0x${height.toString(16)}`,
    ]);
    for (const { from, gasUsed, effectiveGasPrice } of receipts) {
      if (parseAddress(from.toLowerCase(), 'from') === account)
        spent += BigInt(gasUsed) * BigInt(effectiveGasPrice);
    }
  }
  return spent;
}
