import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { agentSchema } from '@midlock/client';
import { readNetworkDescription } from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import { stringify } from 'yaml';
import { z } from 'zod';
import { developmentFinality } from '../networks/kinds.ts';
import { toJson, type Output } from '../output.ts';
import { DEFAULT_CONFIG_FILE, loadPartyConfig } from '../party/open-party.ts';

export interface ConfigInitOptions {
  readonly network: string;
  readonly msp?: string;
  readonly user: string;
  readonly key: string;
  readonly home: string;
  readonly profile: string;
  readonly force?: boolean;
}

/** `midlock config init`: a party's configuration for a described network. */
export function configInitCommand(
  file = DEFAULT_CONFIG_FILE,
  options: ConfigInitOptions,
  output: Output,
): void {
  if (existsSync(file) && options.force !== true)
    throw new MidlockError('ARGUMENT_INVALID', {
      file,
      expected: 'a file that does not exist yet, or --force',
    });
  const { fabric, ethereum } = readNetworkDescription(options.network);
  const mspId = options.msp ?? Object.keys(fabric.organizations)[0] ?? '';
  const user = fabric.organizations[mspId]?.users[options.user];
  if (user === undefined)
    throw new MidlockError('CONFIG_INVALID', {
      key: '--msp',
      missing: `${mspId}/${options.user}`,
      known: Object.keys(fabric.organizations),
    });
  const home = resolve(options.home);
  const config = {
    name: `${mspId}-${options.user}`,
    profile: options.profile,
    network: { file: resolve(options.network) },
    ...(ethereum.kind === 'geth' ? { ethereum: developmentFinality(ethereum.kind) } : {}),
    identity: {
      fabric: { mspId, certPath: user.certPath, key: { file: user.keyPath } },
      ethereum: { key: { file: resolve(options.key) } },
    },
    seed: { file: `${home}/seed` },
    store: { path: `${home}/journal.sqlite` },
    inbox: `${home}/inbox`,
  };
  writeFileSync(
    file,
    `# A party's configuration. Every key can be overridden: MIDLOCK_TICKMS=100, MIDLOCK_ETHEREUM__POLLMS=200.\n${stringify(config)}`,
  );
  output.result(
    { file, config },
    `${file} written.\nNext: midlock keys new ${options.key}\n      midlock doctor`,
  );
}

/** `midlock config validate`: exit code 0 when every key fits. */
export function configValidateCommand(file: string | undefined, output: Output): void {
  loadPartyConfig(file);
  output.result(
    { ok: true, file: file ?? DEFAULT_CONFIG_FILE },
    `${file ?? DEFAULT_CONFIG_FILE}: fits.`,
  );
}

/** `midlock config show`: what is in force, environment and defaults included; keys appear by reference only. */
export function configShowCommand(file: string | undefined, output: Output): void {
  const config = loadPartyConfig(file);
  output.result(config, stringify(JSON.parse(toJson(config))));
}

/** `midlock config schema`: the JSON Schema of the file, for editors. */
export function configSchemaCommand(output: Output): void {
  const schema = z.toJSONSchema(agentSchema, { io: 'input', unrepresentable: 'any' });
  output.result(schema, JSON.stringify(schema, null, 2));
}
