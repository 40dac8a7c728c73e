import { stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { MidlockError, type Address, type ErrorData } from '@midlock/protocol';
import { isKnownAccount } from './known-keys.ts';
import { REFUSALS, type RefusalId } from './refusals.ts';

/** Where a process will listen. */
export interface Listener {
  readonly name: string;
  readonly host: string;
  readonly tls: boolean;
  readonly tokens: boolean;
}

/** What a process is about to start with, as far as it needs no network to judge it. */
export interface Outfit {
  /** Files with keys, seeds, passwords, tokens; those that do not exist are passed over. */
  readonly secretFiles: readonly (string | undefined)[];
  readonly listeners?: readonly Listener[];
  readonly chainId: bigint;
  readonly ethereumAddress: Address;
}

/** Refuses by the rows of {@link REFUSALS} that are seen in the configuration. Throws their codes. */
export async function refuseConfiguration(outfit: Outfit): Promise<void> {
  const { secretFiles, listeners = [], chainId, ethereumAddress } = outfit;
  for (const path of secretFiles) if (path !== undefined) await refuseExposed(path);
  for (const { name, host, tls, tokens } of listeners)
    if (!isLoopback(host) && !(tls && tokens))
      throw refusal('open-listener', { listener: name, host });
  if (isKnownAccount(ethereumAddress, chainId))
    throw refusal('development-key', { account: ethereumAddress, chainId });
}

/** True for 127.0.0.0/8, ::1 and the name localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The error of a row, with what was seen. */
export function refusal(id: RefusalId, data: ErrorData): MidlockError {
  return new MidlockError(REFUSALS[id].code, data);
}

async function refuseExposed(path: string): Promise<void> {
  // Windows has no such bits and reports 0666.
  if (process.platform === 'win32') return;
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0,
  );
  if ((mode & 0o077) !== 0)
    throw refusal('secret-exposed', { path, mode: mode.toString(8).padStart(4, '0') });
}
