import { chmod, link, open, readFile, stat, unlink } from 'node:fs/promises';
import {
  MidlockError,
  deriveSecret,
  hashLockOf,
  secretDomain,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import type { RandomPort } from '../ports.ts';
import type { SecretsPort } from './executor.ts';

/** A party's seed: from it and the terms follows the secret of each of its swaps. Never leaves the process. */
export interface SeedPort {
  /** The 32-byte secret for a nonce on these networks. */
  secret(domain: Hex32, nonce: Hex32): Uint8Array;
}

/** A seed of 32 bytes in memory. Throws SECRET_INVALID for another length. */
export function createSeed(seed: Uint8Array): SeedPort {
  if (seed.length !== 32) throw new MidlockError('SECRET_INVALID', { bytes: seed.length });
  const kept = seed.slice();
  return { secret: (domain, nonce) => deriveSecret(kept, domain, nonce) };
}

/**
 * Reads the seed file, mode 0600; makes it from the CSPRNG when there is none. The file is complete before it appears
 * under its name, so that a crash leaves either none or a whole one.
 * @throws {MidlockError} SECRET_FILE_EXPOSED, SECRET_INVALID (not 32 bytes), STORE_UNWRITABLE.
 */
export async function openSeedFile(path: string, random: RandomPort): Promise<SeedPort> {
  const known = await readSeed(path);
  if (known !== undefined) return createSeed(known);
  const seed = new Uint8Array(32);
  random(seed);
  const draft = `${path}.${String(process.pid)}.new`;
  try {
    const file = await open(draft, 'wx', 0o600);
    await file.writeFile(seed);
    await file.sync();
    await file.close();
    await chmod(draft, 0o600);
    // Fails when another process was faster; its seed stands.
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await unlink(draft);
  } catch (cause) {
    throw new MidlockError('STORE_UNWRITABLE', { path, what: 'seed' }, { cause });
  }
  return createSeed((await readSeed(path)) ?? seed);
}

/** The secrets of an initiator's swaps. Throws SECRET_INVALID when the seed is another's. */
export function secretsFrom(seed: SeedPort): SecretsPort {
  return {
    secretOf: ({ terms }) =>
      new Promise((resolve) => {
        resolve(secretOfTerms(seed, terms));
      }),
  };
}

/** The secret of terms, checked against their hash lock. Throws SECRET_INVALID. */
export function secretOfTerms(seed: SeedPort, terms: SwapTerms): Uint8Array {
  const secret = seed.secret(secretDomain(terms), terms.nonce);
  if (hashLockOf(secret) !== terms.hashLock)
    throw new MidlockError('SECRET_INVALID', { what: 'the seed does not belong to these terms' });
  return secret;
}

async function readSeed(path: string): Promise<Uint8Array | undefined> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new MidlockError('SECRET_FILE_EXPOSED', { path, mode: (mode & 0o777).toString(8) });
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
