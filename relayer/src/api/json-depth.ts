import { MidlockError } from '@midlock/protocol';

/** Refuses text whose brackets nest deeper than `limit`, before it is parsed. Throws REQUEST_INVALID. */
export function checkDepth(text: string, limit: number): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > limit)
        throw new MidlockError('REQUEST_INVALID', {
          where: 'body',
          expected: `at most ${String(limit)} levels`,
        });
    } else if (char === '}' || char === ']') depth -= 1;
  }
}
