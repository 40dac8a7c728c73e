import { LedgerScene, type LedgerUnderTest } from './ledger-scene.ts';
import { BrokenPromise, LEDGER_PROMISES, type PromiseId } from './ledger-promises.ts';

/** What came of one promise. */
export interface PromiseReport {
  readonly promise: PromiseId;
  readonly title: string;
  readonly kept: boolean;
  /** What the ledger did instead, where the promise is broken. */
  readonly why?: string;
}

/**
 * Runs every promise of {@link AssetLedger} against an operator's implementation, each on a ledger in memory of its own,
 * with fabric-shim's own dispatcher and Fabric's rules at commit. Takes about a second and starts no process.
 * A check that cannot be carried out, because the operator's own calls fail, counts as broken and says so.
 */
export async function checkAssetLedger(tested: LedgerUnderTest): Promise<readonly PromiseReport[]> {
  const reports: PromiseReport[] = [];
  for (const promise of Object.keys(LEDGER_PROMISES) as PromiseId[]) {
    const { title } = LEDGER_PROMISES[promise];
    const why = await broken(promise, tested);
    reports.push({
      promise,
      title,
      kept: why === undefined,
      ...(why === undefined ? {} : { why }),
    });
  }
  return reports;
}

/** {@link checkAssetLedger}, as an assertion. Throws an Error with one line for each broken promise. */
export async function requireAssetLedger(tested: LedgerUnderTest): Promise<void> {
  const lines = (await checkAssetLedger(tested))
    .filter(({ kept }) => !kept)
    .map(({ promise, title, why = '' }) => `${promise}: ${title}; but ${why}`);
  if (lines.length > 0) throw new Error(`the asset ledger breaks\n${lines.join('\n')}`);
}

async function broken(promise: PromiseId, tested: LedgerUnderTest): Promise<string | undefined> {
  try {
    await LEDGER_PROMISES[promise].check(await LedgerScene.open(tested), tested);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return error instanceof BrokenPromise ? message : `it could not be tried: ${message}`;
  }
}
