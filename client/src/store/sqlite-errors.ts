import { MidlockError } from '@midlock/protocol';

const BUSY = new Set([5, 6]);
const UNWRITABLE = new Set([3, 8, 10, 13, 14]);
const CORRUPT = new Set([11, 26]);

/** SQLite's result codes as Midlock's: a full or read-only disk, a damaged file, another writer. */
export function storeError(error: unknown): unknown {
  if (error instanceof MidlockError || !(error instanceof Error)) return error;
  const code = 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  if (code === undefined) return error;
  const data = { sqlite: code };
  if (BUSY.has(code))
    return new MidlockError(
      'STORE_VERSION',
      { ...data, what: 'another process writes' },
      { cause: error },
    );
  if (UNWRITABLE.has(code)) return new MidlockError('STORE_UNWRITABLE', data, { cause: error });
  if (CORRUPT.has(code)) return new MidlockError('STORE_CORRUPT', data, { cause: error });
  return new MidlockError('INTERNAL', { ...data, what: 'store' }, { cause: error });
}
