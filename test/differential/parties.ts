import { createHash } from 'node:crypto';
import { SigningKey, computeAddress } from 'ethers';
import type { Address } from '@midlock/protocol';
import { people, type Person } from '../../chaincode/src/testing/world.ts';

/** Somebody on both ledgers. */
export interface Party {
  readonly name: PartyName;
  readonly fabric: Person;
  readonly ethereum: Address;
  /** Undefined for a contract wallet, which answers by EIP-1271. */
  readonly key?: SigningKey;
}

export type PartyName = 'alice' | 'bob' | 'carol' | 'mallory';
export type SenderName = Exclude<PartyName, 'carol'>;

const withKey = (name: SenderName, fabric: Person): Party & { readonly key: SigningKey } => {
  const key = new SigningKey(`0x${createHash('sha256').update(`key of ${name}`).digest('hex')}`);
  return { name, fabric, key, ethereum: computeAddress(key).toLowerCase() as Address };
};

/** Alice and Bob trade with keys, Carol behind a contract wallet; Mallory is in no swap, and in no organisation of the channel. */
export const PARTIES = {
  alice: withKey('alice', people.alice),
  bob: withKey('bob', people.bob),
  carol: { name: 'carol', fabric: people.carol, ethereum: `0x${'ca'.repeat(20)}` as Address },
  mallory: withKey('mallory', people.stranger),
} as const satisfies Record<PartyName, Party>;

export const NAMES: readonly PartyName[] = ['alice', 'bob', 'carol', 'mallory'];
export const SENDERS: readonly SenderName[] = ['alice', 'bob', 'mallory'];
