import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseTermsFile, termsFileText, type TermsFile } from '@midlock/client';
import { MidlockError, isMidlockError, swapIdOf } from '@midlock/protocol';

/** Terms files by swap id in one folder: how swaps reach an agent that runs as a process. */
export interface Inbox {
  /** Writes a terms file; whole or not at all. Overwrites a copy with fewer signatures. */
  put(file: TermsFile): string;
  /** Hands every file that has not been taken to `take`; a file that is refused is set aside with the reason beside it. */
  drain(take: (file: TermsFile) => Promise<unknown>): Promise<void>;
}

const LATER = ['ENDPOINT_UNREACHABLE', 'STORE_UNWRITABLE', 'TIMED_OUT'] as const;

export function openInbox(folder: string): Inbox {
  mkdirSync(join(folder, 'taken'), { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, 'refused'), { recursive: true, mode: 0o700 });
  return {
    put(file) {
      const path = join(folder, `${swapIdOf(file.terms)}.json`);
      writeFileSync(`${path}.new`, `${termsFileText(file)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      return path;
    },
    async drain(take) {
      for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.json'))) {
        const path = join(folder, name);
        try {
          await take(parseTermsFile(readFileSync(path, 'utf8')));
          renameSync(path, join(folder, 'taken', name));
        } catch (error) {
          if (!isMidlockError(error) || LATER.some((code) => code === error.code)) throw error;
          writeFileSync(join(folder, 'refused', `${name}.reason`), `${error.message}\n`);
          renameSync(path, join(folder, 'refused', name));
        }
      }
    },
  };
}

/** Reads a terms file given by path. Throws TERMS_* and CONFIG_INVALID. */
export function readTermsAt(path: string): TermsFile {
  if (!existsSync(path))
    throw new MidlockError('CONFIG_INVALID', { file: path, expected: 'an existing terms file' });
  return parseTermsFile(readFileSync(path, 'utf8'));
}
