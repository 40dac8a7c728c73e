import { concat } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import {
  asRlpBytes,
  asRlpInteger,
  asRlpList,
  decodeRlp,
  encodeRlp,
  rlpInteger,
  type Rlp,
} from './rlp.ts';
import { readTrie } from './trie.ts';

/** One event. */
export interface EthereumLog {
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** Up to four times 32 bytes. */
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** What a receipt says (EIP-2718, EIP-658). */
export interface EthereumReceipt {
  /** 0 for a legacy transaction, else the type byte. */
  readonly type: number;
  readonly succeeded: boolean;
  readonly cumulativeGas: bigint;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  readonly logs: readonly EthereumLog[];
}

/**
 * The receipt of transaction number `index` under a header's receipts root.
 * @param nodes From buildTrieProof over all receipts of the block. @throws {CryptoError} CRYPTO_ENCODING, CRYPTO_INVALID (also when absent).
 */
export function readReceipt(
  receiptsRoot: Uint8Array,
  index: number,
  nodes: readonly Uint8Array[],
): EthereumReceipt {
  const value = readTrie(receiptsRoot, receiptKey(index), nodes);
  if (value === undefined)
    throw new CryptoError('CRYPTO_INVALID', { check: 'receipt.absent', index });
  return parseReceipt(value);
}

/** The trie key of transaction number `index`: its RLP. Throws CRYPTO_RANGE. */
export function receiptKey(index: number): Uint8Array {
  check('receipt.index', Number.isSafeInteger(index) && index >= 0, 'CRYPTO_RANGE', {
    field: 'index',
  });
  return encodeRlp(rlpInteger(BigInt(index)));
}

/** Reads a receipt's bytes: a list, or a type byte below 0x80 and a list. Throws CRYPTO_ENCODING. */
export function parseReceipt(bytes: Uint8Array): EthereumReceipt {
  const [first = 0] = bytes;
  const typed = first < 0x80;
  check('receipt.type', !typed || first > 0, 'CRYPTO_ENCODING', { type: first });
  const [status, gas, bloom, logs] = asRlpList(decodeRlp(typed ? bytes.subarray(1) : bytes), 4);
  const flag = asRlpInteger(status);
  check('receipt.status', flag <= 1n, 'CRYPTO_ENCODING');
  return {
    type: typed ? first : 0,
    succeeded: flag === 1n,
    cumulativeGas: asRlpInteger(gas),
    logsBloom: asRlpBytes(bloom, 256),
    logs: asRlpList(logs).map(parseLog),
  };
}

/** The bytes of a receipt, as the trie holds them. */
export function encodeReceipt({
  type,
  succeeded,
  cumulativeGas,
  logsBloom,
  logs,
}: EthereumReceipt): Uint8Array {
  const content: Rlp = [
    rlpInteger(succeeded ? 1n : 0n),
    rlpInteger(cumulativeGas),
    logsBloom,
    logs.map(({ address, topics, data }) => [address, topics, data]),
  ];
  return concat(type === 0 ? new Uint8Array(0) : Uint8Array.of(type), encodeRlp(content));
}

function parseLog(item: Rlp): EthereumLog {
  const [address, topics, data] = asRlpList(item, 3);
  const list = asRlpList(topics);
  check('receipt.topic-count', list.length <= 4, 'CRYPTO_ENCODING');
  return {
    address: asRlpBytes(address, 20),
    topics: list.map((topic) => asRlpBytes(topic, 32)),
    data: asRlpBytes(data),
  };
}
