import { MidlockError, type ErrorCode, type ErrorData } from '@midlock/protocol';

/** Every rule that refuses a transaction, with the code it refuses with. Each is removed in turn by rules.test.ts. */
export const RULES = {
  'stamp-not-too-old': 'STAMP_OUTSIDE_WINDOW',
  'stamp-not-ahead': 'STAMP_OUTSIDE_WINDOW',
  'stamp-well-formed': 'STAMP_OUTSIDE_WINDOW',
  initialized: 'NOT_INITIALIZED',
  'known-organization': 'NETWORK_MISMATCH',

  'lock-network': 'NETWORK_MISMATCH',
  'lock-channel': 'NETWORK_MISMATCH',
  'lock-chaincode': 'NETWORK_MISMATCH',
  'lock-not-open': 'LOCK_EXISTS',
  'lock-not-used': 'LOCK_EXISTS',
  'lock-min-duration': 'DEADLINE_TOO_CLOSE',
  'lock-max-duration': 'DEADLINE_TOO_FAR',
  'lock-margin': 'DEADLINE_ORDER',
  'lock-ledger': 'ASSET_UNKNOWN',

  'mid-account-settled': 'LOCK_SETTLED',
  'mid-account-known': 'LOCK_UNKNOWN',
  'claim-secret': 'SECRET_INVALID',
  'claim-in-time': 'CLAIM_TOO_LATE',
  'refund-after-gap': 'REFUND_TOO_EARLY',

  'right-owner': 'NOT_OWNER',
  'right-holder': 'NOT_OWNER',
  'right-beneficiary': 'NOT_BENEFICIARY',
  'right-issuer': 'NOT_AUTHORIZED',
  'right-member': 'NOT_AUTHORIZED',
  'right-admin': 'NOT_AUTHORIZED',

  'note-known': 'NOTE_UNKNOWN',
  'notes-distinct': 'ARGUMENT_INVALID',
  'notes-count': 'ARGUMENT_INVALID',
  'notes-cover': 'BALANCE_INSUFFICIENT',
  'note-amount': 'AMOUNT_INVALID',
  'split-equal': 'AMOUNT_INVALID',

  'asset-new': 'ASSET_EXISTS',
  'asset-known': 'ASSET_UNKNOWN',
  'asset-kind': 'ASSET_UNKNOWN',
  'asset-free': 'ASSET_LOCKED',
  'asset-no-inputs': 'ARGUMENT_INVALID',
  'asset-held-by-swap': 'INTERNAL',

  'config-once': 'CONFIG_INVALID',
  'config-channel': 'CONFIG_INVALID',
  'config-fields': 'CONFIG_INVALID',
  'config-organizations': 'CONFIG_INVALID',
  'config-gap': 'CONFIG_INVALID',
  'config-window-commit': 'CONFIG_INVALID',
  'config-durations': 'CONFIG_INVALID',
  'config-margin-fabric-first': 'CONFIG_INVALID',
  'config-margin-ethereum-first': 'CONFIG_INVALID',
  'config-rotate-delay': 'CONFIG_INVALID',
  'config-immutable': 'CONFIG_INVALID',
  'proposal-known': 'ARGUMENT_INVALID',
  'proposal-current': 'CONFIG_INVALID',

  'rotate-same-organization': 'ARGUMENT_INVALID',
  'rotate-once': 'NOT_AUTHORIZED',
  'rotate-target-active': 'ARGUMENT_INVALID',
  'rotate-right': 'NOT_AUTHORIZED',
  'rotate-owner-first': 'NOT_AUTHORIZED',
  'rotate-delay': 'NOT_AUTHORIZED',

  'argument-form': 'ARGUMENT_INVALID',
  'page-size': 'ARGUMENT_INVALID',
  bookmark: 'ARGUMENT_INVALID',
  'schema-known': 'INTERNAL',
} as const satisfies Record<string, ErrorCode>;

export type RuleId = keyof typeof RULES;

/**
 * Refuses the transaction unless `holds`; the only way in which this package says no.
 * @throws {MidlockError} with the rule's code and `data`, which must hold no secret.
 */
export function requireRule(rule: RuleId, holds: boolean, data: ErrorData = {}): asserts holds {
  if (!holds) throw new MidlockError(RULES[rule], data);
}
