import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MidlockError } from '@midlock/protocol';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { partyConfigSchema, type PartyConfig } from './schema.ts';

export const DEFAULT_CONFIG_FILE = 'midlock.config.yaml';
const ENV_PREFIX = 'MIDLOCK_';
const PATHS = ['network', 'home', 'seedFile'] as const;

/**
 * Reads a party's configuration: the file, then MIDLOCK_* variables (double underscore nests:
 * MIDLOCK_ETHEREUM__POLLMS=200), then defaults. Paths become absolute.
 * @throws {MidlockError} CONFIG_INVALID naming file, key and what was expected.
 */
export function loadPartyConfig(
  file = DEFAULT_CONFIG_FILE,
  env: NodeJS.ProcessEnv = process.env,
): PartyConfig {
  if (!existsSync(file)) {
    throw new MidlockError('CONFIG_INVALID', {
      file,
      expected: 'an existing file; "midlock config init" writes one',
    });
  }
  const text = readFileSync(file, 'utf8');
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new MidlockError('CONFIG_INVALID', { file, expected: 'YAML or JSON', line });
  }
  return resolvePaths(parsePartyConfig(withEnvironment(value, env), file), dirname(resolve(file)));
}

/** Checks a configuration value. Throws CONFIG_INVALID with the first key that does not fit. */
export function parsePartyConfig(value: unknown, file = '(value)'): PartyConfig {
  const result = partyConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new MidlockError('CONFIG_INVALID', {
    file,
    key: issue?.path.map(String).join('.') ?? '',
    expected: issue?.message ?? '',
  });
}

/** The configuration's JSON Schema, for editors. */
export function partyConfigJsonSchema(): object {
  return z.toJSONSchema(partyConfigSchema, { io: 'input' });
}

function resolvePaths(config: PartyConfig, base: string): PartyConfig {
  const absolute = Object.fromEntries(PATHS.map((name) => [name, resolve(base, config[name])]));
  const { key } = config.ethereum;
  const resolvedKey =
    'keyFile' in key
      ? { keyFile: resolve(base, key.keyFile) }
      : { keystore: resolve(base, key.keystore), passwordFile: resolve(base, key.passwordFile) };
  const profile = config.profile.endsWith('.json') ? resolve(base, config.profile) : config.profile;
  return { ...config, ...absolute, profile, ethereum: { ...config.ethereum, key: resolvedKey } };
}

/** Sets what MIDLOCK_A__B=value names; keys match without regard to case, values are read as JSON where they are JSON. */
function withEnvironment(value: unknown, env: NodeJS.ProcessEnv): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const root = structuredClone(value) as Record<string, unknown>;
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || text === undefined) continue;
    const keys = name.slice(ENV_PREFIX.length).split('__');
    const known = knownPath(keys);
    if (known !== undefined) assign(root, known, text);
  }
  return root;
}

function knownPath(keys: readonly string[]): readonly string[] | undefined {
  let shape: unknown = partyConfigSchema;
  const path: string[] = [];
  for (const key of keys) {
    const members =
      unwrap(shape) instanceof z.ZodObject ? (unwrap(shape) as z.ZodObject).shape : {};
    const name = Object.keys(members).find(
      (candidate) => candidate.toLowerCase() === key.toLowerCase(),
    );
    if (name === undefined) return undefined;
    path.push(name);
    shape = (members as Record<string, unknown>)[name];
  }
  return path;
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap())
    : schema;
}

function assign(root: Record<string, unknown>, path: readonly string[], text: string): void {
  let target = root;
  for (const key of path.slice(0, -1)) {
    target[key] ??= {};
    target = target[key] as Record<string, unknown>;
  }
  target[path.at(-1) ?? ''] = jsonOr(text);
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
