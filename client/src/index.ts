export type { ClockPort, LedgerPort, PrepareOptions, RandomPort } from './ports.ts';

export {
  claimWhileOpen,
  refundWhenDue,
  PARTY_DUTIES,
  type Duty,
  type Verdict,
} from './core/duties.ts';
export type {
  SendEffect,
  SessionEffect,
  SessionEvent,
  SessionNote,
  StepResult,
} from './core/events.ts';
export { explainSession, type Explanation } from './core/explain.ts';
export {
  finalOutcome,
  visibleOutcome,
  type LegEnd,
  type LegRecord,
  type Mark,
} from './core/leg.ts';
export { isDone } from './core/done.ts';
export { stepParty } from './core/party.ts';
export {
  expiresAtSec,
  longLedger,
  openSession,
  planOf,
  refundFromSec,
  secretIsOut,
  shortLedger,
  stateOf,
  type Action,
  type Alarm,
  type Operation,
  type Role,
  type Session,
} from './core/session.ts';
export { createReducer, type Reducer } from './core/step.ts';
export { latestSec, type World } from './core/world.ts';

export { crashingStore } from './store/crashing-store.ts';
export { createMemoryStore, type MemoryStore } from './store/memory-store.ts';
export type {
  JournalEntry,
  JournalRow,
  LedgerMark,
  SessionFilter,
  Store,
  StoreCommit,
  StoredEffect,
  StoredSession,
} from './store/port.ts';
export { STORE_SCHEMA } from './store/sqlite-schema.ts';
export { openSqliteStore, type SqliteStore } from './store/sqlite-store.ts';

export { createAgent, type Agent, type AgentModules, type AgentOptions } from './shell/agent.ts';
export { listCrashPoints, noCrash, type CrashPort } from './shell/crash-points.ts';
export { crashSwitch } from './shell/crash-switch.ts';
export type { SecretsPort } from './shell/executor.ts';
export { silentLogger, type LogContext, type Logger } from './shell/logger.ts';
export { createRecent } from '@midlock/ledgers';
export { runProcess, untilAborted, type ProcessBody } from './shell/run-process.ts';
export { createSeed, openSeedFile, secretOfTerms, type SeedPort } from './shell/seed.ts';
export { createTelling, type Telling, type TellingOptions } from './shell/telling.ts';
export {
  createSwapService,
  type ServiceModules,
  type ServiceOptions,
  type SwapService,
} from './shell/service.ts';
export { createSystemClock, systemRandom } from './shell/system-clock.ts';
export { createLoggerFamily, parseLogSpec, type LoggerFamily } from './shell/winston-logger.ts';

export type {
  EthereumDigestSigner,
  FabricDigestSigner,
  PartySigners,
} from './terms-file/signers.ts';
export {
  accountsOf,
  isAccepted,
  mergeTermsFiles,
  parseTermsFile,
  partyOf,
  readTermsFile,
  roleIn,
  signTerms,
  termsFileText,
  termsFileToJson,
  verifyAcceptance,
  type Acceptance,
  type PartyAccounts,
  type PartyRole,
  type TermsFile,
} from './terms-file/terms-file.ts';

export {
  acceptSwap,
  createSwap,
  planSwap,
  type CreateSwapInput,
  type CreateSwapModules,
  type PlanSwapInput,
  type SwapPlan,
} from './sdk/create-swap.ts';
export {
  conservationOf,
  holdingsOf,
  type Conservation,
  type CountedAssets,
  type Holdings,
  type LedgerReader,
} from './sdk/holdings.ts';
export { ORDER_COLUMNS, parseOrders, type Order } from './sdk/orders.ts';
export { recoverSwaps, type RecoveredSwap } from './sdk/recover-swaps.ts';
export {
  LETTERS_PER_RECEIPT,
  createRelayerClient,
  type Letter,
  type RelayerClient,
  type RelayerClientOptions,
} from './sdk/relayer-client.ts';
export { signReceipt, verifyReceipt, type LetterReceipt } from './sdk/letter-receipt.ts';
export { runSwap, verifyTerms, watchSwap } from './sdk/run-swap.ts';
export {
  claimSwap,
  explainSwap,
  refundLock,
  refundSwap,
  type SettleInput,
  type SettleModules,
  type Settled,
} from './sdk/settle-once.ts';

export {
  isLoopback,
  refuseConfiguration,
  type Listener,
  type Outfit,
} from './start-up/check-configuration.ts';
export { isKnownAccount } from './start-up/known-keys.ts';
export { refuseNetworks, type Networks } from './start-up/check-networks.ts';
export { nextStepOf, REFUSALS, type Refusal, type RefusalId } from './start-up/refusals.ts';
export { identitySecrets, partySecrets } from './start-up/secret-files.ts';

export { agentProcess } from './agent-main.ts';
export {
  agentSchema,
  ethereumKeySchema,
  fileReference,
  identitySchema,
  loggingSchema,
  type AgentConfig,
} from './config/agent-schema.ts';
export { ethereumSchema, fabricSchema, withDescription } from './config/network-schema.ts';
export {
  openEthereumSigner,
  openIdentity,
  fabricNodesOf,
  openLedgers,
  type OpenLedgers,
} from './config/open-ledgers.ts';
export { profileSchema } from './config/profile-schema.ts';
export { parseConfig, readConfig } from './config/read-config.ts';
