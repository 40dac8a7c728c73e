import { sign, type KeyObject } from 'node:crypto';
import { der, derUnsigned, TAG } from './der.ts';
import { toLowS } from './verify-signature.ts';

/** Signs as Fabric's clients do: ECDSA over SHA-256 as DER with low S, or Ed25519 over the message itself. */
export function signMessage(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  if (privateKey.asymmetricKeyType === 'ed25519') return sign(null, message, privateKey);
  const signature = sign('sha256', message, privateKey);
  const low = toLowS(privateKey, signature);
  return low === undefined ? signature : der(TAG.sequence, unsigned(low.r), unsigned(low.s));
}

function unsigned(value: bigint): Uint8Array {
  const digits = value.toString(16);
  return derUnsigned(Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'));
}
