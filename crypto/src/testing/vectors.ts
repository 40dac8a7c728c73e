import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file of the public vector sets, parsed. The folder is named by MIDLOCK_VECTORS; without it, or without the file, undefined
 * is returned and the reason printed, so that a missing set is seen and never replaced by one of our own making.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names what the file holds
export function loadVectors<T>(file: string): T | undefined {
  const folder = process.env['MIDLOCK_VECTORS'];
  const path = folder === undefined ? undefined : join(folder, file);
  if (path === undefined || !existsSync(path)) {
    const reason = folder === undefined ? 'MIDLOCK_VECTORS is not set' : 'not in the folder';
    process.stderr.write(`vectors absent: ${file} (${reason})\n`);
    return undefined;
  }
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** Bytes of hex digits, with or without 0x. */
export function unhex(hex: string): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Lower-case hex digits of bytes, without 0x. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
