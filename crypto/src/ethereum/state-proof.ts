import { keccak_256 } from '@noble/hashes/sha3.js';
import { integerBytes } from '../encoding/bytes.ts';
import { asRlpBytes, asRlpInteger, asRlpList, decodeRlp } from './rlp.ts';
import { readTrie } from './trie.ts';

/** An account as the state trie holds it. */
export interface EthereumAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

/**
 * The account of `address` (20 bytes) under a header's state root, or undefined when the proof shows that there is none.
 * @param nodes `accountProof` of eth_getProof. @throws {CryptoError} CRYPTO_ENCODING, CRYPTO_INVALID.
 */
export function readAccount(
  stateRoot: Uint8Array,
  address: Uint8Array,
  nodes: readonly Uint8Array[],
): EthereumAccount | undefined {
  const value = readTrie(stateRoot, keccak_256(address), nodes);
  if (value === undefined) return undefined;
  const [nonce, balance, storageRoot, codeHash] = asRlpList(decodeRlp(value), 4);
  return {
    nonce: asRlpInteger(nonce),
    balance: asRlpInteger(balance),
    storageRoot: asRlpBytes(storageRoot, 32),
    codeHash: asRlpBytes(codeHash, 32),
  };
}

/**
 * The word in storage slot `slot` under an account's storage root; 0 when the proof shows that the slot is empty.
 * @param nodes `storageProof[i].proof` of eth_getProof. @throws {CryptoError} CRYPTO_ENCODING, CRYPTO_INVALID.
 */
export function readStorage(
  storageRoot: Uint8Array,
  slot: bigint,
  nodes: readonly Uint8Array[],
): bigint {
  const value = readTrie(storageRoot, keccak_256(integerBytes(slot, 32)), nodes);
  return value === undefined ? 0n : asRlpInteger(decodeRlp(value));
}
