import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;

/** A folder of this process for readers that take a path; removed when the process ends. */
export function scratchFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), 'midlock-fuzz-'));
  process.on('exit', () => {
    rmSync(made, { recursive: true, force: true });
  });
  folder = made;
  return made;
}

/** Path of a file, mode 0600, that holds the input until the next call with the same name. */
export function inputFile(input: Uint8Array, name = 'input'): string {
  const path = join(scratchFolder(), name);
  writeFileSync(path, input, { mode: 0o600 });
  return path;
}
