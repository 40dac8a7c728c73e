import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a run of the command left behind. */
export interface Run {
  readonly code: number | null;
  /** The folder of findings stands in it as OUT. */
  readonly stdout: string;
  /** Inputs that found something. */
  readonly written: readonly Buffer[];
}

/** `npm run fuzz`, as a user runs it: V8's flags and its coverage belong to a process of their own. */
export function fuzz(...args: readonly string[]): Promise<Run> {
  const out = mkdtempSync(join(tmpdir(), 'midlock-fuzz-test-'));
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('main.ts', import.meta.url)),
      ...args,
      '--out',
      out,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let stdout = '';
  child.stdout.on('data', (data) => (stdout += String(data)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const names = existsSync(out) ? readdirSync(out) : [];
      const written = names.map((name) => readFileSync(join(out, name)));
      rmSync(out, { recursive: true, force: true });
      resolve({ code, stdout: stdout.replaceAll(out, 'OUT'), written });
    });
  });
}
