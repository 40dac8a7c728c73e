import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMidlockError } from '@midlock/protocol';
import { parseTermsFile, type TermsFile } from '../terms-file/terms-file.ts';
import type { Logger } from './logger.ts';

/**
 * Takes terms files (`*.json`) from a folder: each goes to `taken/` once `take` has made it durable, or to `refused/`
 * beside a file with the reason. Write elsewhere and rename into the folder, so that no half file is read.
 */
export async function emptyInbox(
  folder: string,
  take: (file: TermsFile) => Promise<void>,
  logger: Logger,
): Promise<void> {
  await mkdir(join(folder, 'taken'), { recursive: true });
  await mkdir(join(folder, 'refused'), { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  for (const name of names) {
    try {
      await take(parseTermsFile(await readFile(join(folder, name), 'utf8')));
      await rename(join(folder, name), join(folder, 'taken', name));
    } catch (error) {
      if (!isMidlockError(error)) throw error;
      if (error.retry !== 'never') continue;
      logger.warn('terms refused', { file: name, code: error.code });
      await writeFile(
        join(folder, 'refused', `${name}.reason`),
        `${JSON.stringify(error.toJSON())}\n`,
      );
      await rename(join(folder, name), join(folder, 'refused', name));
    }
  }
}
