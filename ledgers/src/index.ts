export {
  createMemorySigner,
  encryptKeystore,
  loadKeyFileSigner,
  loadKeystoreSigner,
} from './signers/ethereum-signer.ts';
export type { EthereumSigner, UnsignedTransaction } from './ethereum/transaction.ts';
export type { Finality } from './ethereum/finality.ts';
export { DEFAULT_FEE_POLICY, type FeePolicy, type Fees } from './ethereum/fees.ts';
export { unheardEntry } from './ethereum/nonce-lane.ts';
export { createMemoryNonceStore, type LaneEntry, type NonceStore } from './ethereum/nonce-store.ts';
export {
  createEthereumLedger,
  type EthereumLedger,
  type EthereumLedgerOptions,
} from './ethereum/ledger.ts';
export type { EscrowAccount } from './ethereum/account.ts';
export type { Batches } from './ethereum/batch.ts';
export type { EthereumConservation } from './ethereum/conservation.ts';
export type { Funding } from './ethereum/prepare.ts';
export { createFabricLedger, type FabricLedger } from './fabric/ledger.ts';
export type { FabricAssets } from './fabric/assets.ts';
export type { FabricLedgerOptions, FabricOrganizationConfig } from './fabric/options.ts';
export {
  accountOf,
  createFabricIdentity,
  loadFabricIdentity,
  type FabricIdentity,
  type FabricSigner,
} from './fabric/identity.ts';
export { createRecent, type Recent } from './recent.ts';
export { isRetriable } from './fabric/transaction-outcome.ts';
export type { ClockOffset } from './fabric/clock-book.ts';
export type { StampGuard, StampProbe } from './fabric/stamp-guards.ts';
export { readBoundedText } from './bounded-text.ts';
