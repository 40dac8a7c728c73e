export {
  fabricAccount,
  formatAccount,
  parseAccount,
  sameAccount,
  type FabricAccount,
} from './account.ts';
export { MAX_AMOUNT, parseAmount, parseDecimal } from './amount.ts';
export {
  ETH,
  concatBytes,
  fromHex,
  parseAddress,
  parseHex32,
  toHex,
  toHex32,
  type Address,
  type Hex32,
} from './bytes.ts';
export { canonicalJson, type Canonical } from './canonical-json.ts';
export { CATALOGUE, type ErrorCode, type ErrorEntry } from './errors/catalogue.ts';
export {
  MidlockError,
  isMidlockError,
  parseErrorText,
  type ErrorData,
} from './errors/midlock-error.ts';
export type {
  Cursor,
  EthereumLock,
  LedgerBlock,
  LedgerHead,
  LedgerIntent,
  LedgerName,
  LedgerUpdate,
  LegFact,
  LegView,
  Position,
  SignedTransaction,
  TransactionOutcome,
} from './ledger.ts';
export {
  FABRIC_EVENT,
  FABRIC_SCHEMA,
  FABRIC_TX,
  type AssetEvent,
  type ChaincodeConfigJson,
  type ConservationJson,
  type FabricEventPayload,
  type FabricTimeJson,
  type LockRules,
  type MidAccountEvent,
  type MidAccountJson,
  type MidAccountState,
  type NoteJson,
  type Page,
  type UniqueAssetJson,
} from './mid-account.ts';
export {
  DEVELOPMENT,
  MAINNET_LIKE,
  PROFILES,
  TESTNET,
  checkProfile,
  defaultGapSec,
  type EthereumProfile,
  type FabricProfile,
  type PartyProfile,
  type SwapProfile,
} from './profile.ts';
export { deriveSecret, hashLockOf, parseSecret, verifySecret } from './secret.ts';
export {
  SWAP_TYPES,
  acceptanceDigest,
  counterpartHash,
  domainSeparator,
  ethereumLegHash,
  fabricLegHash,
  secretDomain,
  swapIdOf,
  typeString,
} from './swap-id.ts';
export {
  SWAP_EVENTS,
  SWAP_STATES,
  SWAP_TABLE,
  isTerminal,
  nextSwapState,
  swapDiagram,
  swapStateOf,
  type LegOutcome,
  type SwapEvent,
  type SwapRow,
  type SwapState,
} from './swap-state.ts';
export {
  parseFabricLeg,
  parseName,
  parseTerms,
  parseTermsText,
  termsText,
  termsToJson,
  type AssetKind,
  type Direction,
  type EthereumLeg,
  type FabricLeg,
  type SwapTerms,
  type SwapTermsJson,
} from './terms.ts';
export {
  checkTimelocks,
  describePlan,
  ethereumSettleSec,
  fabricActSec,
  lockGuardSec,
  marginSec,
  planTimelocks,
  revealGuardSec,
  type Obligation,
  type PlanInput,
  type TimelockPlan,
} from './timelocks.ts';
