import { keccak_256 } from '@noble/hashes/sha3.js';
import { check } from '../internal/check.ts';
import { asRlpBytes, asRlpInteger, asRlpList, decodeRlp } from './rlp.ts';

/** What Midlock reads of a block header. */
export interface EthereumHeader {
  /** The block's hash: keccak256 of the header's RLP. */
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly number: bigint;
  readonly timestampSec: bigint;
}

/** Fields of a header from London on (EIP-1559) to the largest that is taken; Prague has 21. */
const [FEWEST_FIELDS, MOST_FIELDS] = [16, 32];

/**
 * Reads a header's RLP. Whoever calls it compares `hash` with one that he trusts.
 * @throws {CryptoError} CRYPTO_ENCODING.
 */
export function parseEthereumHeader(rlp: Uint8Array): EthereumHeader {
  const fields = asRlpList(decodeRlp(rlp));
  check(
    'header.field-count',
    fields.length >= FEWEST_FIELDS && fields.length <= MOST_FIELDS,
    'CRYPTO_ENCODING',
    { fields: fields.length },
  );
  return {
    hash: keccak_256(rlp),
    parentHash: asRlpBytes(fields[0], 32),
    stateRoot: asRlpBytes(fields[3], 32),
    receiptsRoot: asRlpBytes(fields[5], 32),
    number: asRlpInteger(fields[8]),
    timestampSec: asRlpInteger(fields[11]),
  };
}
