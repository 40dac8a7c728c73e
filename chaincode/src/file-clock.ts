import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';

/**
 * A clock for tests: the system's clock plus the offset in milliseconds that stands in a file, read at every call.
 * A missing file is offset 0, so that a network starts before its clocks are moved; anything but a whole number throws.
 */
export function fileClock(path: string): Clock {
  return { nowMs: () => BigInt(Date.now()) + offsetMs(path) };
}

function offsetMs(path: string): bigint {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0n;
    throw error;
  }
  return text === '' ? 0n : BigInt(text);
}
