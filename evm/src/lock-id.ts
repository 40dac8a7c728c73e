import type { Address, Hex32 } from '@midlock/protocol';
import { AbiCoder, keccak256 } from 'ethers';

/** What a lock's id is made of. */
export interface LockPlace {
  readonly chainId: bigint;
  readonly escrow: Address;
  readonly owner: Address;
  readonly slot: bigint;
  readonly generation: bigint;
  readonly swapId: Hex32;
}

/** The id of a lock, 32 bytes: never used twice, because settlement raises the slot's generation. Equals the contract's `lockIdOf`. */
export function lockIdOf(place: LockPlace): Hex32 {
  const { chainId, escrow, owner, slot, generation, swapId } = place;
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['uint256', 'address', 'address', 'uint256', 'uint256', 'bytes32'],
      [chainId, escrow, owner, slot, generation, swapId],
    ),
  ) as Hex32;
}
