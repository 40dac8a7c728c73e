import {
  counterpartHash,
  termsText,
  verifySecret,
  type EthereumLock,
  type LedgerUpdate,
  type LegFact,
  type SwapTerms,
} from '@midlock/protocol';
import type { Mark } from './leg.ts';
import type { Session } from './session.ts';

type SecretUpdate = Extract<LedgerUpdate, { kind: 'secret' }>;
type FabricLock = Extract<LegFact, { kind: 'locked'; ledger: 'fabric' }>;
type LockField = (lock: EthereumLock, terms: SwapTerms) => boolean;

/** Each field of a lock on Ethereum against the terms (H6); the ids end in the field's name. */
const LOCK_FIELDS = {
  'fact.ethereum.token': (lock, { ethereum }) => lock.token === ethereum.token,
  'fact.ethereum.amount': (lock, { ethereum }) => lock.amount === ethereum.amount,
  'fact.ethereum.owner': (lock, { ethereum }) => lock.owner === ethereum.owner,
  'fact.ethereum.beneficiary': (lock, { ethereum }) => lock.beneficiary === ethereum.beneficiary,
  'fact.ethereum.expiresAtSec': (lock, { ethereum }) => lock.expiresAtSec === ethereum.expiresAtSec,
  'fact.ethereum.hashLock': (lock, { hashLock }) => lock.hashLock === hashLock,
  'fact.ethereum.counterpart': (lock, terms) =>
    lock.counterpart === undefined || lock.counterpart === counterpartHash(terms),
} as const satisfies Record<string, LockField>;

export type LockFieldId = keyof typeof LOCK_FIELDS;
export const LOCK_FIELD_IDS = Object.keys(LOCK_FIELDS) as readonly LockFieldId[];

/** Every condition under which something seen on a ledger is believed. */
export const FACT_GUARDS = {
  ...LOCK_FIELDS,
  'fact.fabric.terms': (fact: FabricLock, terms: SwapTerms): boolean =>
    termsText(fact.terms) === termsText(terms),
  'fact.own-swap': (fact: LegFact, { swapId }: Session): boolean => fact.swapId === swapId,
  'secret.own-lock': (update: SecretUpdate, { terms }: Session): boolean =>
    update.hashLock === terms.hashLock,
  'secret.opens-lock': (secret: Uint8Array, { terms }: Session): boolean =>
    verifySecret(secret, terms.hashLock),
  // A Fabric block is final when it exists.
  'leg.final-when-seen': (fact: LegFact): boolean => fact.ledger === 'fabric',
  'leg.above-rollback': (mark: Mark, height: bigint): boolean => mark.at.height > height,
  'leg.within-finality': (mark: Mark, height: bigint): boolean => mark.at.height <= height,
  'leg.open-to-change': (mark: Mark): boolean => !mark.final,
} as const;

export type FactGuards = typeof FACT_GUARDS;
