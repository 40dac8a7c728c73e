import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMidlockError, parseHex32, type Hex32, type LedgerName } from '@midlock/protocol';
import { parseTermsFile, type TermsFile } from '../terms-file/terms-file.ts';
import type { Logger } from './logger.ts';

/** What an agent does with the files of its inbox. */
export interface InboxHandlers {
  /** Resolves once the terms are durable. */
  take(file: TermsFile): Promise<void>;
  /** The operator wants out of a swap. */
  abandon(swapId: Hex32): Promise<void>;
  /** The operator has inspected the ledger whose finality went backwards. */
  resume(ledger: LedgerName): Promise<void>;
}

/**
 * Takes files from a folder: terms (`*.json`), wishes to get out of a swap (`<swapId>.abandon`) and words to go on with a
 * ledger that was halted (`ethereum.resume`, `fabric.resume`); of the latter two the content is ignored. Each
 * goes to `taken/` once that is durable, or to `refused/` beside a file with the reason; what may succeed later stays.
 * Write elsewhere and rename into the folder, so that no half file is read.
 */
export async function emptyInbox(
  folder: string,
  handlers: InboxHandlers,
  logger: Logger,
): Promise<void> {
  await mkdir(join(folder, 'taken'), { recursive: true });
  await mkdir(join(folder, 'refused'), { recursive: true });
  // Terms come first: what is taken can be abandoned in the same round.
  const names = (await readdir(folder)).sort();
  for (const name of [...names.filter(isTerms), ...names.filter(isAbandon), ...RESUMES.keys()]) {
    try {
      const resumed = RESUMES.get(name);
      if (resumed !== undefined && !names.includes(name)) continue;
      if (resumed !== undefined) await handlers.resume(resumed);
      else if (isTerms(name))
        await handlers.take(parseTermsFile(await readFile(join(folder, name), 'utf8')));
      else await handlers.abandon(parseHex32(name.slice(0, -ABANDON.length), 'swapId'));
      await rename(join(folder, name), join(folder, 'taken', name));
    } catch (error) {
      if (!isMidlockError(error)) throw error;
      // An operator is told at once, and asks again when something has changed.
      if (error.retry !== 'never' && !RESUMES.has(name)) continue;
      logger.warn('refused', { file: name, code: error.code });
      await writeFile(
        join(folder, 'refused', `${name}.reason`),
        `${JSON.stringify(error.toJSON())}\n`,
      );
      await rename(join(folder, name), join(folder, 'refused', name));
    }
  }
}

const ABANDON = '.abandon';
const RESUMES: ReadonlyMap<string, LedgerName> = new Map([
  ['ethereum.resume', 'ethereum'],
  ['fabric.resume', 'fabric'],
]);

function isTerms(name: string): boolean {
  return name.endsWith('.json');
}

function isAbandon(name: string): boolean {
  return name.endsWith(ABANDON);
}
