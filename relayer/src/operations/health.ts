import type { LedgerPort, Store } from '@midlock/client';
import { MidlockError, isMidlockError, type LedgerName } from '@midlock/protocol';
import type { Relayer } from '../relayer.ts';

export interface FailedCheck {
  readonly component: string;
  readonly reason: string;
}

export interface HealthModules {
  readonly relayer: Relayer;
  readonly store: Store;
  readonly ports: Readonly<Record<LedgerName, LedgerPort>>;
}

const CHECK_MS = 3_000;

/** Can it do its work: the store answers and both ledgers answer. */
export async function healthChecks({
  store,
  ports,
}: HealthModules): Promise<readonly FailedCheck[]> {
  const checks: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['store', () => store.journal({ afterSeq: 0, limit: 1 })],
    ['fabric', () => ports.fabric.head()],
    ['ethereum', () => ports.ethereum.head()],
  ];
  const results = await Promise.all(checks.map(([component, work]) => failure(component, work)));
  return results.filter((result) => result !== undefined);
}

/** May it be given work: healthy, caught up on both ledgers, not draining. */
export async function readinessChecks(modules: HealthModules): Promise<readonly FailedCheck[]> {
  const { relayer } = modules;
  const lagging = relayer
    .world()
    .halted.map((ledger): FailedCheck => ({ component: ledger, reason: 'catching up or halted' }));
  const draining: FailedCheck[] = relayer.draining
    ? [{ component: 'relayer', reason: 'draining' }]
    : [];
  return [...(await healthChecks(modules)), ...lagging, ...draining];
}

async function failure(
  component: string,
  work: () => Promise<unknown>,
): Promise<FailedCheck | undefined> {
  try {
    await Promise.race([work(), timeout()]);
    return undefined;
  } catch (error) {
    return { component, reason: isMidlockError(error) ? error.code : 'INTERNAL' };
  }
}

function timeout(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => {
      reject(new MidlockError('TIMED_OUT'));
    }, CHECK_MS).unref();
  });
}
