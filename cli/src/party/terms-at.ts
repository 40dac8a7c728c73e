import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseTermsFile, termsFileText, type TermsFile } from '@midlock/client';
import { MidlockError, swapIdOf } from '@midlock/protocol';

/** Reads a terms file given by path. Throws TERMS_* and CONFIG_INVALID. */
export function readTermsAt(path: string): TermsFile {
  if (!existsSync(path))
    throw new MidlockError('CONFIG_INVALID', { file: path, expected: 'an existing terms file' });
  return parseTermsFile(readFileSync(path, 'utf8'));
}

/** Writes a terms file; whole or not at all. */
export function writeTermsAt(path: string, file: TermsFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${termsFileText(file)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Puts a terms file into an agent's inbox folder, named by its swap id. */
export function dropInto(inbox: string, file: TermsFile): void {
  writeTermsAt(join(inbox, `${swapIdOf(file.terms)}.json`), file);
}
