import { readFile, stat } from 'node:fs/promises';
import { MidlockError } from '@midlock/protocol';

/**
 * Reads a file with a private key.
 * @throws {MidlockError} SECRET_FILE_EXPOSED when group or others may read it; IDENTITY_INVALID when it cannot be read.
 */
export async function readKeyFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits and reports 0666.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new MidlockError('SECRET_FILE_EXPOSED', {
        path,
        mode: (mode & 0o777).toString(8).padStart(4, '0'),
      });
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof MidlockError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new MidlockError('IDENTITY_INVALID', { path, reason: code });
  }
}
