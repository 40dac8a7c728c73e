import { writePoint, type CrashPort, type ShellWrite } from '../shell/crash-points.ts';
import type { Store } from './port.ts';

/** A store with crash points around every write that is no commit of sessions; those are the runtime's. */
export function crashingStore<S extends Store>(store: S, crashPoint: CrashPort): S {
  const around = async <T>(write: ShellWrite, work: () => Promise<T>): Promise<T> => {
    crashPoint(writePoint(write, 'before'));
    const result = await work();
    crashPoint(writePoint(write, 'after'));
    return result;
  };
  const { nonces } = store;
  return {
    ...store,
    acquireEpoch: () => around('lease', () => store.acquireEpoch()),
    dropOrphanNonces: () => around('orphans', () => store.dropOrphanNonces()),
    putDocument: (scope: string, key: string, text: string, keep: number) =>
      around('document', () => store.putDocument(scope, key, text, keep)),
    dropDocuments: (scope: string, keys: readonly string[]) =>
      around('document', () => store.dropDocuments(scope, keys)),
    nonces: {
      load: (account) => nonces.load(account),
      put: (account, entry) => around('lane-put', () => nonces.put(account, entry)),
      delete: (account, nonce) => around('lane-delete', () => nonces.delete(account, nonce)),
    },
  };
}
