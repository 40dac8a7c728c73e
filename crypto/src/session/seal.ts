import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, lengthPrefixed, sameBytes, utf8 } from '../encoding/bytes.ts';
import { SEAL_COMMITMENT_TAG, SEAL_TAG } from '../encoding/domains.ts';
import { check } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import { hpkeRecipient, hpkeSender } from './hpke.ts';
import type { BoundKemKey, KemBinding } from './kem-binding.ts';
import type { KemKeyPair } from './x25519.ts';

/** A data index sealed to one identity, and what the ledger stores of it. */
export interface Seal {
  /** Encapsulated key and ciphertext: 80 bytes more than the index. */
  readonly sealed: Uint8Array;
  /** keccak256 over tag, salt, identity and index, 32 bytes; the salt travels inside the seal. */
  readonly commitment: Uint8Array;
}

/** Longest data index in bytes. */
export const MAX_DATA_INDEX = 1_024;

/**
 * Seals a data index to the identity that `recipient` is bound to (the paper's identity-bound data identifier): only that
 * identity reads it, only the holder of `sender` can have made it, and the commitment on the ledger fixes it without telling it.
 * @param trade The trade's id, 32 bytes: a seal does not open in another trade.
 * @throws {CryptoError} CRYPTO_RANGE. Cost: four scalar multiplications.
 */
export function seal(
  recipient: BoundKemKey,
  dataIndex: Uint8Array,
  trade: Uint8Array,
  sender: KemKeyPair,
  random: RandomSource = platformRandom,
): Seal {
  check(
    'seal.index-length',
    dataIndex.length > 0 && dataIndex.length <= MAX_DATA_INDEX,
    'CRYPTO_RANGE',
    { field: 'dataIndex' },
  );
  check('seal.trade-length', trade.length === 32, 'CRYPTO_RANGE', { field: 'trade' });
  const salt = random.bytes(32);
  const commitment = sealCommitment(recipient.identity, salt, dataIndex);
  const context = hpkeSender(recipient.key, { info: sealInfo(recipient, trade) }, sender, random);
  return {
    sealed: concat(context.enc, context.seal(commitment, concat(salt, dataIndex))),
    commitment,
  };
}

/**
 * Opens a seal made for `own` (the key pair of `binding`) by the holder of `sender`, and checks it against the ledger's commitment.
 * @returns the data index. @throws {CryptoError} CRYPTO_ENCODING, CRYPTO_INVALID.
 */
export function openSeal(
  sealed: Uint8Array,
  commitment: Uint8Array,
  own: KemKeyPair,
  binding: KemBinding,
  trade: Uint8Array,
  sender: Uint8Array,
): Uint8Array {
  check(
    'seal.length',
    sealed.length > 80 && sealed.length <= 80 + MAX_DATA_INDEX,
    'CRYPTO_ENCODING',
    { field: 'sealed' },
  );
  const context = hpkeRecipient(
    sealed.slice(0, 32),
    own,
    { info: sealInfo(binding, trade) },
    sender,
  );
  const content = context.open(commitment, sealed.subarray(32));
  const dataIndex = content.slice(32);
  check(
    'seal.commitment',
    sameBytes(sealCommitment(binding.identity, content.subarray(0, 32), dataIndex), commitment),
    'CRYPTO_INVALID',
  );
  return dataIndex;
}

/** The ledger's commitment to a data index for an identity. */
export function sealCommitment(
  identity: Uint8Array,
  salt: Uint8Array,
  dataIndex: Uint8Array,
): Uint8Array {
  return keccak_256(lengthPrefixed(utf8(SEAL_COMMITMENT_TAG), salt, identity, dataIndex));
}

function sealInfo({ domain, identity }: KemBinding, trade: Uint8Array): Uint8Array {
  return lengthPrefixed(utf8(SEAL_TAG), domain, identity, trade);
}
