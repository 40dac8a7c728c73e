import type { Address, Hex32 } from '@midlock/protocol';
import { TypedDataEncoder, type TypedDataDomain } from 'ethers';

/** EIP-712 types of a beneficiary's consent to an early refund. */
export const REFUND_CONSENT_TYPES = {
  RefundConsent: [
    { name: 'lockId', type: 'bytes32' },
    { name: 'expiresAtSec', type: 'uint256' },
  ],
};

/** A beneficiary's consent: valid for one lock, while block.timestamp < expiresAtSec. */
export interface RefundConsent {
  readonly lockId: Hex32;
  readonly expiresAtSec: bigint;
}

/** The EIP-712 domain of all signatures of an escrow. */
export function escrowDomain(
  chainId: bigint,
  escrow: Address,
): TypedDataDomain & { readonly name: string; readonly version: string } {
  return { name: 'Midlock', version: '1', chainId, verifyingContract: escrow };
}

/** The digest that the beneficiary signs, 32 bytes. Equals the contract's `consentDigest`. */
export function consentDigest(chainId: bigint, escrow: Address, consent: RefundConsent): Hex32 {
  return TypedDataEncoder.hash(
    escrowDomain(chainId, escrow),
    REFUND_CONSENT_TYPES,
    consent,
  ) as Hex32;
}
