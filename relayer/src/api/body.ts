import { MidlockError } from '@midlock/protocol';
import { checkDepth } from './json-depth.ts';

/** JSON from a body's bytes: UTF-8 without a mark, at most `maxDepth` levels. Throws REQUEST_INVALID. */
export function parseBody(bytes: Uint8Array, maxDepth: number): unknown {
  const text = decode(bytes);
  checkDepth(text, maxDepth);
  try {
    // A member named __proto__ becomes an own property here and is refused as unknown by every schema.
    return JSON.parse(text);
  } catch {
    throw new MidlockError('REQUEST_INVALID', { where: 'body', expected: 'JSON' });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MidlockError('REQUEST_INVALID', { where: 'body', expected: 'UTF-8' });
  }
}
