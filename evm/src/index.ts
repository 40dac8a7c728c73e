export { DEMO_TOKEN_ABI } from './abi/demo-token.ts';
export { MIDLOCK_ESCROW_ABI } from './abi/midlock-escrow.ts';
export { DEMO_TOKEN_ARTIFACT, ESCROW_ARTIFACT, type Artifact } from './artifacts.ts';
export {
  REFUND_CONSENT_TYPES,
  consentDigest,
  escrowDomain,
  type RefundConsent,
} from './consent.ts';
export {
  DEFAULT_LIMITS,
  DEVELOPMENT_LIMITS,
  deployDemoToken,
  deployEscrow,
  readDeployment,
  writeDeployment,
  type Deployment,
} from './deploy.ts';
export {
  encodeClaim,
  encodeClaimMany,
  encodeDeposit,
  encodeDepositWithPermit,
  encodeLock,
  encodeLockMany,
  encodeLockWithPermit,
  encodeRefund,
  encodeRefundMany,
  encodeRefundWithConsent,
  encodeWithdraw,
  secretsOf,
  type Calldata,
  type LockChoice,
  type Permit,
  type SignedConsent,
} from './escrow-calls.ts';
export { inspectEscrowCode, type EscrowCode } from './escrow-code.ts';
export { errorCode, escrowError } from './escrow-errors.ts';
export { decodeEscrowLog, escrowTopic, type EscrowEvent, type EscrowLog } from './escrow-events.ts';
export { ESCROW } from './escrow-interface.ts';
export {
  readBalance,
  readFreeSlots,
  readLimits,
  readLockId,
  readSlot,
  readStatus,
  type EscrowCall,
  type EscrowLimits,
  type FreeSlot,
} from './escrow-reads.ts';
export { lockIdOf, type LockPlace } from './lock-id.ts';
export { obligationsOf, surplusOf } from './obligations.ts';
export { packTicket, unpackTicket, type TicketFields } from './ticket.ts';
export { MAX_LOCK_AMOUNT, packStake, unpackAsset, unpackPlace } from './words.ts';
