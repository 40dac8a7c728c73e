import { Signature, Transaction, getBytes, hexlify } from 'ethers';
import { MidlockError, type Address } from '@midlock/protocol';
import type { Fees } from './fees.ts';

/** Everything that a signature covers. `data` is calldata in hex. */
export interface UnsignedTransaction {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly to: Address | null;
  readonly value: bigint;
  readonly data: string;
  readonly gasLimit: bigint;
  readonly fees: Fees;
}

/** A key that signs for one account: in memory, in a file, or far away. */
export interface EthereumSigner {
  readonly address: Address;
  /** Signs a 32-byte digest; returns r, s, v as 65 bytes, v = 27 or 28, s low. */
  signDigest(digest: Uint8Array): Promise<Uint8Array>;
  /** Signs a transaction; returns its serialized bytes (EIP-2718). Remote signers may show or refuse it. */
  signTransaction(transaction: UnsignedTransaction): Promise<Uint8Array>;
}

/** The unsigned ethers transaction; its `unsignedHash` is the digest to sign. */
export function toEthersTransaction(transaction: UnsignedTransaction): Transaction {
  const { fees } = transaction;
  return Transaction.from({
    type: fees.kind === 'legacy' ? 0 : 2,
    chainId: transaction.chainId,
    nonce: Number(transaction.nonce),
    to: transaction.to,
    value: transaction.value,
    data: transaction.data,
    gasLimit: transaction.gasLimit,
    ...(fees.kind === 'legacy'
      ? { gasPrice: fees.gasPrice }
      : {
          maxFeePerGas: fees.maxFeePerGas,
          maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
          accessList: [],
        }),
  });
}

/** Serializes a transaction with a 65-byte signature over its digest. */
export function attachSignature(transaction: Transaction, signature: Uint8Array): Uint8Array {
  transaction.signature = Signature.from(hexlify(signature));
  return getBytes(transaction.serialized);
}

/** A signed transaction read back from its bytes. */
export interface DecodedTransaction extends UnsignedTransaction {
  readonly txId: string;
  readonly from: Address;
}

/** Reads a serialized signed transaction. Throws INTERNAL for bytes that are none: they come from our own store. */
export function decodeTransaction(bytes: Uint8Array): DecodedTransaction {
  try {
    return decode(Transaction.from(hexlify(bytes)));
  } catch (error) {
    if (error instanceof MidlockError) throw error;
    // The cause would quote the bytes, which may hold a secret.
    throw new MidlockError('INTERNAL', { what: 'unreadable Ethereum transaction' });
  }
}

/** Account and fees are computed from the fields when they are asked for, and throw what the library throws. */
function decode(transaction: Transaction): DecodedTransaction {
  const { hash, from, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (hash === null || from === null)
    throw new MidlockError('INTERNAL', { what: 'unsigned Ethereum transaction' });
  return {
    txId: hash,
    from: from.toLowerCase() as Address,
    chainId: transaction.chainId,
    nonce: BigInt(transaction.nonce),
    to: (transaction.to?.toLowerCase() ?? null) as Address | null,
    value: transaction.value,
    data: transaction.data,
    gasLimit: transaction.gasLimit,
    fees:
      maxFeePerGas === null
        ? { kind: 'legacy', gasPrice: gasPrice ?? 0n }
        : { kind: 'eip1559', maxFeePerGas, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n },
  };
}

/**
 * Signs and reads back what the signer returned, so that a faulty remote signer cannot slip in another transaction.
 * Throws IDENTITY_INVALID when account or content differ.
 */
export async function signChecked(
  signer: EthereumSigner,
  wanted: UnsignedTransaction,
): Promise<{ txId: string; bytes: Uint8Array }> {
  const bytes = await signer.signTransaction(wanted);
  const signed = decodeTransaction(bytes);
  const same =
    signed.from === signer.address &&
    toEthersTransaction(signed).unsignedHash === toEthersTransaction(wanted).unsignedHash;
  if (!same)
    throw new MidlockError('IDENTITY_INVALID', { account: signer.address, what: 'signer' });
  return { txId: signed.txId, bytes };
}
