import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Medians of one case in milliseconds; GMP's only where its header is. */
export interface Limits {
  readonly opensslUnit: number;
  readonly opensslUnitVariableTime: number;
  readonly opensslDecrypt: number;
  readonly gmpUnit?: number;
  readonly gmpDecrypt?: number;
  readonly gmpReadyEncryption?: number;
}

/** The compiled limit program. */
export interface LimitProgram {
  readonly about: string;
  measure(repetitions: number, p: bigint, q: bigint, base: bigint): Limits;
  remove(): void;
}

/** Compiles limit.c with the machine's compiler; undefined, with the reason in `progress`, where that fails. */
export function buildLimitProgram(progress: (line: string) => void): LimitProgram | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-paillier-'));
  const program = join(folder, 'limit');
  const source = new URL('limit.c', import.meta.url).pathname;
  for (const withGmp of [true, false]) {
    const args = [
      '-O2',
      '-o',
      program,
      ...(withGmp ? ['-DWITH_GMP'] : []),
      source,
      '-lcrypto',
      ...(withGmp ? ['-lgmp'] : []),
    ];
    const made = spawnSync('cc', args, { encoding: 'utf8', timeout: 60_000 });
    if (made.status !== 0) {
      progress(
        `no C limit ${withGmp ? 'with GMP' : 'with OpenSSL'}: ${made.error?.message ?? made.stderr}`,
      );
      continue;
    }
    const version = spawnSync(program, ['version'], { encoding: 'utf8' }).stdout;
    return {
      about: `C, ${version.split(' ').slice(0, 2).join(' ')}`,
      measure: (repetitions, p, q, base) => {
        const input = `${repetitions} ${p.toString(16)} ${q.toString(16)} ${base.toString(16)}\n`;
        const { stdout, status } = spawnSync(program, {
          input,
          encoding: 'utf8',
          timeout: 300_000,
        });
        if (status !== 0) throw new Error(`limit program ended with ${String(status)}`);
        return JSON.parse(stdout) as Limits;
      },
      remove: () => {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}
