import { SigningKey, Wallet, computeAddress, decryptKeystoreJson, getBytes, hexlify } from 'ethers';
import { MidlockError, type Address } from '@midlock/protocol';
import {
  attachSignature,
  toEthersTransaction,
  type EthereumSigner,
} from '../ethereum/transaction.ts';
import { readKeyFile } from './key-file.ts';

/** A signer over 32 raw bytes of a secp256k1 key. Throws IDENTITY_INVALID for bytes that are no key. */
export function createMemorySigner(privateKey: Uint8Array): EthereumSigner {
  const key = signingKey(privateKey);
  const sign = (digest: Uint8Array): Uint8Array => {
    const { r, s, v } = key.sign(digest);
    return Uint8Array.of(...getBytes(r), ...getBytes(s), v);
  };
  return {
    address: computeAddress(key.publicKey).toLowerCase() as Address,
    signDigest: (digest) => Promise.resolve(sign(digest)),
    signTransaction: (transaction) => {
      const unsigned = toEthersTransaction(transaction);
      return Promise.resolve(attachSignature(unsigned, sign(getBytes(unsigned.unsignedHash))));
    },
  };
}

/**
 * A signer from a file with one private key as 64 hex digits (`0x` optional), mode 0600.
 * @throws {MidlockError} SECRET_FILE_EXPOSED, IDENTITY_INVALID.
 */
export async function loadKeyFileSigner(path: string): Promise<EthereumSigner> {
  const match = /^(?:0x)?([0-9a-fA-F]{64})$/.exec((await readKeyFile(path)).trim());
  if (match?.[1] === undefined)
    throw new MidlockError('IDENTITY_INVALID', { path, reason: 'expected 64 hex digits' });
  return createMemorySigner(getBytes(`0x${match[1]}`));
}

/**
 * A signer from a keystore file, version 3 (geth, Foundry, Hardhat's export). Decryption takes about a second.
 * @throws {MidlockError} SECRET_FILE_EXPOSED, IDENTITY_INVALID (also for a wrong password).
 */
export async function loadKeystoreSigner(path: string, password: string): Promise<EthereumSigner> {
  const json = await readKeyFile(path);
  try {
    const { privateKey } = await decryptKeystoreJson(json, password);
    return createMemorySigner(getBytes(privateKey));
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { path, reason: 'wrong password or no keystore' });
  }
}

/** The text of a keystore file, version 3, for a 32-byte key. Takes about a second. */
export function encryptKeystore(privateKey: Uint8Array, password: string): Promise<string> {
  return new Wallet(signingKey(privateKey)).encrypt(password);
}

function signingKey(privateKey: Uint8Array): SigningKey {
  try {
    const key = new SigningKey(hexlify(privateKey));
    // The public key is computed on first use, and only then is the range checked.
    computeAddress(key.publicKey);
    return key;
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { reason: 'not a secp256k1 key' });
  }
}
