import { ESCROW } from '@midlock/evm';
import { fromHex, type Address } from '@midlock/protocol';
import {
  execute,
  hashOf,
  hex,
  isOf,
  nextBlock,
  type EthereumChain,
  type ModelBlock,
  type ModelLog,
  type ModelTransaction,
} from './ethereum-chain.ts';
import { CHAIN_ID, ESCROW_ADDRESS, FOREIGN_ADDRESS, SWAPS } from './ethereum-swaps.ts';

/** A node's own error. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly data?: string;
}

export type NodeAnswer = { readonly result: unknown } | { readonly error: Refusal };

const RICH = 10n ** 24n;

/** What an honest node of the chain answers. */
export function askNode(
  chain: EthereumChain,
  method: string,
  params: readonly unknown[],
): NodeAnswer {
  const head = chain.blocks.at(-1) as ModelBlock;
  switch (method) {
    case 'eth_chainId':
      return { result: hex(CHAIN_ID) };
    case 'eth_getBlockByNumber':
    case 'eth_getBlockByHash':
      return { result: blockAnswer(chain, params) };
    case 'eth_getLogs':
      return { result: logsIn(chain, params[0] as LogFilter) };
    case 'eth_call':
      return call(params[0] as CallRequest, blockOf(chain, params[1]) ?? head);
    case 'eth_getBalance':
      return { result: hex(RICH) };
    case 'eth_getTransactionCount':
      return { result: hex(countOf(chain, head, String(params[0]) as Address, params[1])) };
    case 'eth_getTransactionReceipt':
      return { result: receipt(chain, String(params[0])) };
    case 'eth_getTransactionByHash':
      return { result: known(chain, String(params[0])) };
    case 'eth_sendRawTransaction':
      return send(chain, String(params[0]));
    case 'eth_gasPrice':
    case 'eth_maxPriorityFeePerGas':
      return { result: '0x3b9aca00' };
    default:
      return { error: { code: -32_601, message: `no method ${method}` } };
  }
}

function send(chain: EthereumChain, raw: string): NodeAnswer {
  const message = chain.send(fromHex(raw));
  return message === undefined ? { result: hashOf(raw) } : { error: { code: -32_000, message } };
}

function blockAnswer(chain: EthereumChain, [key, full]: readonly unknown[]): unknown {
  if (key === 'pending') return wireBlock(chain.blocks.at(-1) as ModelBlock, full, chain.pool);
  const block = blockOf(chain, key);
  return block === undefined ? null : wireBlock(block, full, block.transactions);
}

function blockOf({ blocks, finalized }: EthereumChain, key: unknown): ModelBlock | undefined {
  if (key === 'latest') return blocks.at(-1);
  if (key === 'finalized' || key === 'safe') return blocks[finalized];
  if (typeof key === 'object' && key !== null && 'blockHash' in key)
    return blocks.find(({ hash }) => hash === key.blockHash);
  const text = String(key);
  return text.length === 66 ? blocks.find(({ hash }) => hash === text) : blocks[Number(text)];
}

export function wireBlock(
  { height, hash, parentHash, timeSec }: ModelBlock,
  full: unknown,
  transactions: readonly ModelTransaction[],
): unknown {
  return {
    number: hex(height),
    hash,
    parentHash,
    timestamp: hex(timeSec),
    baseFeePerGas: '0x7',
    transactions: transactions.map(({ txId, from, to, input }) =>
      full === true ? { hash: txId, from, to, input } : txId,
    ),
  };
}

interface LogFilter {
  readonly address: string;
  readonly topics?: readonly (string | readonly string[])[];
  readonly blockHash?: string;
  readonly fromBlock?: string;
  readonly toBlock?: string;
}

function logsIn({ blocks }: EthereumChain, filter: LogFilter): readonly ModelLog[] {
  const { topics = [], blockHash, fromBlock = '0x0', toBlock = '0xffffff' } = filter;
  return blocks
    .filter(({ height, hash }) =>
      blockHash === undefined
        ? height >= Number(fromBlock) && height <= Number(toBlock)
        : hash === blockHash,
    )
    .flatMap(({ logs }) => logs)
    .filter((log) => log.address === filter.address)
    .filter((log) =>
      topics.every((wanted, i) =>
        Array.isArray(wanted) ? wanted.includes(log.topics[i]) : wanted === log.topics[i],
      ),
    );
}

interface CallRequest {
  readonly from?: Address;
  readonly to: Address;
  readonly data: string;
}

function call({ from, to, data }: CallRequest, { after, timeSec }: ModelBlock): NodeAnswer {
  if (from !== undefined) {
    const done = execute({ from, to, input: data }, after, timeSec);
    if (typeof done !== 'string') return { result: '0x' };
    const selector = ESCROW.getError(done)?.selector ?? '0x';
    const words = ESCROW.getError(done)?.inputs.length ?? 0;
    return {
      error: {
        code: 3,
        message: 'execution reverted',
        data: `${selector}${'00'.repeat(32 * words)}`,
      },
    };
  }
  if (to !== ESCROW_ADDRESS) return { result: hex(RICH).replace('0x', '0x'.padEnd(46, '0')) };
  const parsed = ESCROW.parseTransaction({ data });
  const args = (parsed?.args.toArray() ?? []) as unknown[];
  const answer = (values: readonly unknown[]): NodeAnswer => ({
    result: ESCROW.encodeFunctionResult(parsed?.name ?? '', values),
  });
  switch (parsed?.name) {
    case 'limits':
      return answer([[60n, 86_400n, 50_000n, 20_000n]]);
    case 'balanceOf':
      return answer([RICH]);
    case 'statusOf': {
      const lock = after.locks.find((one) => isOf(one, args[2] as never));
      return answer([lock === undefined ? 0 : lock.open ? 1 : 2]);
    }
    case 'freeSlots':
      return answer(freeSlots(after.locks, args));
    default:
      return { error: { code: 3, message: 'execution reverted' } };
  }
}

function freeSlots(
  locks: ModelBlock['after']['locks'],
  [owner, from, count]: readonly unknown[],
): readonly unknown[] {
  const own = locks.filter((lock) => lock.owner === String(owner).toLowerCase());
  const indices: bigint[] = [];
  for (let slot = from as bigint; indices.length < Number(count) && slot < 64n; slot += 1n)
    if (!own.some((lock) => lock.open && lock.slot === slot)) indices.push(slot);
  const ended = (slot: bigint): bigint => BigInt(own.filter((lock) => lock.slot === slot).length);
  return [indices, indices.map(ended)];
}

function countOf(
  { pool }: EthereumChain,
  head: ModelBlock,
  account: Address,
  tag: unknown,
): bigint {
  const mined = head.after.counts.get(account) ?? 0n;
  const waiting = pool.filter(({ from, nonce }) => from === account && nonce === mined).length;
  return tag === 'pending' ? mined + BigInt(waiting) : mined;
}

function receipt({ blocks }: EthereumChain, txId: string): unknown {
  const block = blocks.find(({ transactions }) => transactions.some((one) => one.txId === txId));
  if (block === undefined) return null;
  return {
    transactionHash: txId,
    blockHash: block.hash,
    blockNumber: hex(block.height),
    status: block.failed.has(txId) ? '0x0' : '0x1',
    gasUsed: '0x5208',
    effectiveGasPrice: '0x7',
    contractAddress: null,
    logs: block.logs.filter(({ transactionHash }) => transactionHash === txId),
  };
}

function known({ blocks, pool }: EthereumChain, txId: string): unknown {
  const all = [...blocks.flatMap(({ transactions }) => transactions), ...pool];
  const found = all.find((one) => one.txId === txId);
  return found === undefined ? null : { hash: txId, from: found.from };
}

/** What a liar may put in the place of something true: each of it would fit in form. */
export function piecesOf(chain: EthereumChain): readonly unknown[] {
  const logs = chain.blocks.flatMap((block) => block.logs);
  const parent = chain.blocks.at(-3) as ModelBlock;
  const other = nextBlock(parent, [], 9);
  const [secret, swap] = [`0x${'66'.repeat(32)}`, SWAPS[0]];
  const at = logs[0] as ModelLog;
  const forged = (name: string, values: readonly unknown[]): unknown => ({
    ...at,
    ...ESCROW.encodeEventLog(name, values),
  });
  return [
    ...logs,
    ...chain.blocks.map((block) => wireBlock(block, false, [])),
    wireBlock(other, false, []),
    forged('Claimed', [swap?.swapId, 0n, secret]),
    forged('Refunded', [swap?.swapId, 0n]),
    forged('Locked', [swap?.swapId, FOREIGN_ADDRESS, 7n, 9n, secret]),
    { ...at, address: FOREIGN_ADDRESS },
    { ...at, removed: true },
    other.hash,
    ...chain.blocks.map(({ hash }) => hash),
    at.transactionHash,
    FOREIGN_ADDRESS,
    null,
    `0x${'f'.repeat(64)}`,
    '0x0',
    '0x20000000000000',
    '0xffffffffffffffff',
    [],
    {},
  ];
}
