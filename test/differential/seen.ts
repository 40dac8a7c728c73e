/** Outcomes that life cycles must meet, by ledger, command and code; without them the comparison would prove less than it says. */
export const SEEN: readonly string[] = Object.entries({
  'ethereum lock':
    'accepted AMOUNT_INVALID BALANCE_INSUFFICIENT DEADLINE_TOO_CLOSE DEADLINE_TOO_FAR',
  'ethereum claim': 'accepted CLAIM_TOO_LATE LOCK_SETTLED LOCK_UNKNOWN',
  'ethereum refund': 'accepted REFUND_TOO_EARLY LOCK_SETTLED LOCK_UNKNOWN',
  'ethereum consent': 'accepted CONSENT_EXPIRED NOT_BENEFICIARY LOCK_SETTLED LOCK_UNKNOWN',
  'ethereum lockMany': 'accepted DEADLINE_TOO_CLOSE',
  'ethereum claimMany': 'accepted CLAIM_TOO_LATE LOCK_SETTLED LOCK_UNKNOWN',
  'ethereum refundMany': 'accepted REFUND_TOO_EARLY LOCK_SETTLED LOCK_UNKNOWN',
  'fabric lock':
    'VALID BALANCE_INSUFFICIENT DEADLINE_ORDER DEADLINE_TOO_CLOSE LOCK_EXISTS NETWORK_MISMATCH NOT_OWNER STAMP_OUTSIDE_WINDOW ASSET_UNKNOWN ASSET_LOCKED',
  'fabric claim': 'VALID CLAIM_TOO_LATE LOCK_SETTLED LOCK_UNKNOWN SECRET_INVALID',
  'fabric refund': 'VALID REFUND_TOO_EARLY LOCK_SETTLED LOCK_UNKNOWN',
  'fabric release': 'VALID NOT_BENEFICIARY LOCK_SETTLED LOCK_UNKNOWN',
  'fabric decline': 'VALID LOCK_EXISTS NOT_OWNER',
  'fabric delivered': 'VALID MVCC_READ_CONFLICT',
}).flatMap(([command, codes]) => codes.split(' ').map((code) => `${command} ${code}`));
