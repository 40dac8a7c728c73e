import { createHash } from 'node:crypto';
import { canonicalJson } from '@midlock/protocol';
import type { JournalEntry } from './port.ts';

export const GENESIS_HASH = '0'.repeat(64);

/** SHA-256 over the predecessor's hash and the line's content, in hex. */
export function journalHash(previous: string, seq: number, entry: JournalEntry): string {
  const { atMs, swapId, kind, data } = entry;
  return createHash('sha256')
    .update(`${previous}\n${canonicalJson({ seq, atMs, swapId, kind, data })}`)
    .digest('hex');
}

/** SHA-256 of a stored text, in hex. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
