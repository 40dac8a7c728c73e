import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { encryptKeystore, loadKeyFileSigner } from '@midlock/ledgers';
import { MidlockError, formatAccount } from '@midlock/protocol';
import { readFileSync } from 'node:fs';
import type { Output } from '../output.ts';
import { loadPartyConfig, openParty } from '../party/open-party.ts';

/** `midlock keys new`: a fresh Ethereum key in a file of mode 0600, or as a keystore when a password file is given. */
export async function keysNewCommand(
  file: string,
  options: { readonly passwordFile?: string },
  output: Output,
): Promise<void> {
  if (existsSync(file))
    throw new MidlockError('ARGUMENT_INVALID', {
      argument: 'file',
      expected: 'a file that does not exist yet',
      file,
    });
  const key = randomBytes(32);
  const text =
    options.passwordFile === undefined
      ? `${key.toString('hex')}\n`
      : await encryptKeystore(key, readFileSync(options.passwordFile, 'utf8').trimEnd());
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  const address =
    options.passwordFile === undefined ? (await loadKeyFileSigner(file)).address : undefined;
  output.result(
    { file, address },
    `${file}${address === undefined ? ' (keystore)' : `: ${address}`}`,
  );
}

/** `midlock keys show`: the accounts that the configured keys stand for; never a key. */
export async function keysShowCommand(
  configFile: string | undefined,
  output: Output,
): Promise<void> {
  const party = await openParty(loadPartyConfig(configFile));
  const { fabric, ethereum } = party.accounts;
  party.close();
  output.result(
    { fabric: formatAccount(fabric), ethereum },
    `Fabric    ${formatAccount(fabric)}\nEthereum  ${ethereum}`,
  );
}
