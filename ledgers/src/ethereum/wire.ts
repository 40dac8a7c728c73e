import { MidlockError, type Address, type Hex32 } from '@midlock/protocol';

/** A block header as far as swaps need it. */
export interface BlockHeader {
  readonly height: bigint;
  readonly hash: Hex32;
  readonly parentHash: Hex32;
  readonly timeSec: bigint;
  /** Absent on chains without EIP-1559. */
  readonly baseFeePerGas?: bigint;
}

/** A transaction inside a block that was read whole. */
export interface BlockTransaction {
  readonly to: Address | null;
  readonly input: string;
}

export interface WireLog {
  readonly address: Address;
  readonly topics: readonly Hex32[];
  readonly data: string;
  readonly blockHash: Hex32;
  readonly blockHeight: bigint;
  readonly txId: Hex32;
  readonly logIndex: bigint;
}

export interface Receipt {
  readonly txId: Hex32;
  readonly blockHash: Hex32;
  readonly blockHeight: bigint;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly effectiveGasPrice?: bigint;
  readonly contractAddress?: Address;
  readonly logs: readonly WireLog[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Parses a hex quantity of at most 256 bits. Throws ENDPOINT_LIED, like everything in this file. */
export function parseQuantity(value: unknown, what: string): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value);
  throw malformed(what);
}

/** Parses hex data of any length up to 1 MiB, lower-cased. */
export function parseData(value: unknown, what: string): string {
  if (
    typeof value === 'string' &&
    value.length <= 2_097_154 &&
    /^0x(?:[0-9a-fA-F]{2})*$/.test(value)
  )
    return value.toLowerCase();
  throw malformed(what);
}

function parseWord(value: unknown, what: string): Hex32 {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value))
    return value.toLowerCase() as Hex32;
  throw malformed(what);
}

function parseAccountAddress(value: unknown, what: string): Address {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value))
    return value.toLowerCase() as Address;
  throw malformed(what);
}

/** A header, or null where the node knows no such block. */
export function parseBlock(value: unknown): BlockHeader | null {
  if (value === null) return null;
  const block = fields(value, 'block');
  const baseFee = block['baseFeePerGas'];
  return {
    height: parseQuantity(block['number'], 'block.number'),
    hash: parseWord(block['hash'], 'block.hash'),
    parentHash: parseWord(block['parentHash'], 'block.parentHash'),
    timeSec: parseQuantity(block['timestamp'], 'block.timestamp'),
    ...(baseFee === undefined || baseFee === null
      ? {}
      : { baseFeePerGas: parseQuantity(baseFee, 'block.baseFeePerGas') }),
  };
}

/** The transactions of a block that was asked for whole; an empty list where the node knows no such block. */
export function parseBlockTransactions(value: unknown): readonly BlockTransaction[] {
  if (value === null) return [];
  return list(fields(value, 'block')['transactions'], 'block.transactions').map((item) => {
    const transaction = fields(item, 'transaction');
    const to = transaction['to'];
    return {
      to: to === null || to === undefined ? null : parseAccountAddress(to, 'transaction.to'),
      input: parseData(transaction['input'], 'transaction.input'),
    };
  });
}

export function parseLogs(value: unknown): readonly WireLog[] {
  return list(value, 'logs')
    .filter((item) => fields(item, 'log')['removed'] !== true)
    .map(parseLog);
}

export function parseLog(value: unknown): WireLog {
  const log = fields(value, 'log');
  const topics = list(log['topics'], 'log.topics');
  if (topics.length > 4) throw malformed('log.topics');
  return {
    address: parseAccountAddress(log['address'], 'log.address'),
    topics: topics.map((topic) => parseWord(topic, 'log.topic')),
    data: parseData(log['data'], 'log.data'),
    blockHash: parseWord(log['blockHash'], 'log.blockHash'),
    blockHeight: parseQuantity(log['blockNumber'], 'log.blockNumber'),
    txId: parseWord(log['transactionHash'], 'log.transactionHash'),
    logIndex: parseQuantity(log['logIndex'], 'log.logIndex'),
  };
}

/** A receipt, or null while the transaction is in no block. */
export function parseReceipt(value: unknown): Receipt | null {
  if (value === null) return null;
  const receipt = fields(value, 'receipt');
  const price = receipt['effectiveGasPrice'];
  const contract = receipt['contractAddress'];
  return {
    txId: parseWord(receipt['transactionHash'], 'receipt.transactionHash'),
    blockHash: parseWord(receipt['blockHash'], 'receipt.blockHash'),
    blockHeight: parseQuantity(receipt['blockNumber'], 'receipt.blockNumber'),
    succeeded: parseQuantity(receipt['status'], 'receipt.status') === 1n,
    gasUsed: parseQuantity(receipt['gasUsed'], 'receipt.gasUsed'),
    ...(typeof price === 'string'
      ? { effectiveGasPrice: parseQuantity(price, 'receipt.effectiveGasPrice') }
      : {}),
    ...(typeof contract === 'string'
      ? { contractAddress: parseAccountAddress(contract, 'receipt.contractAddress') }
      : {}),
    logs: parseLogs(receipt['logs']),
  };
}

function fields(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed(what);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length <= 100_000) return value as readonly unknown[];
  throw malformed(what);
}

function malformed(what: string): MidlockError {
  return new MidlockError('ENDPOINT_LIED', { what: `malformed ${what}` });
}
