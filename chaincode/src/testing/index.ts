export { checkAssetLedger, requireAssetLedger, type PromiseReport } from './check-asset-ledger.ts';
export { LEDGER_PROMISES, type LedgerPromise, type PromiseId } from './ledger-promises.ts';
export { type LedgerUnderTest, type TestNetwork } from './ledger-scene.ts';
export { type Person } from './world.ts';
