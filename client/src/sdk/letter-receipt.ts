import { createHash } from 'node:crypto';
import { fromHex, parseAccount, toHex } from '@midlock/protocol';
import type { FabricDigestSigner } from '../terms-file/signers.ts';
import { fabricPublicKeyOf } from '../terms-file/terms-file.ts';
import { verifyFabricSignature } from '../terms-file/verify-signature.ts';

/** A recipient's word that letters of its box were read and may go; nobody else can give it. */
export interface LetterReceipt {
  /** The recipient's Fabric account in text form. */
  readonly account: string;
  readonly ids: readonly string[];
  /** SubjectPublicKeyInfo in DER as 0x and hex. */
  readonly fabricPublicKey: string;
  /** DER, low s, over {@link receiptDigest}, as 0x and hex. */
  readonly fabricSignature: string;
}

const DOMAIN = 'midlock letters read v1';

/** SHA-256 over domain, account and ids, a line each. */
function receiptDigest(account: string, ids: readonly string[]): Uint8Array {
  return createHash('sha256')
    .update([DOMAIN, account, ...ids].join('\n'))
    .digest();
}

/** Signs with the recipient's Fabric key. Throws IDENTITY_INVALID for an unreadable certificate. */
export async function signReceipt(
  account: string,
  ids: readonly string[],
  signer: FabricDigestSigner,
): Promise<LetterReceipt> {
  const signature = await signer.signer.sign(receiptDigest(account, ids));
  return {
    account,
    ids,
    fabricPublicKey: toHex(fabricPublicKeyOf(signer)),
    fabricSignature: toHex(signature),
  };
}

/** True iff the account's own key has signed these ids. Throws TERMS_FIELD_INVALID for a malformed account. */
export function verifyReceipt(receipt: LetterReceipt): boolean {
  const { account, ids, fabricPublicKey, fabricSignature } = receipt;
  return verifyFabricSignature(
    parseAccount(account, 'account'),
    receiptDigest(account, ids),
    fabricPublicKey,
    fromHex(fabricSignature),
  );
}
