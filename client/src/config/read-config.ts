import { readFileSync } from 'node:fs';
import { MidlockError, isMidlockError } from '@midlock/protocol';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { withDescription } from './network-schema.ts';

const MAX_BYTES = 1024 * 1024;
const PREFIX = 'MIDLOCK_';

/**
 * Reads a YAML or JSON file, lays the environment over it (`MIDLOCK_STORE__PATH` is `store.path`) and checks it.
 * @throws {MidlockError} CONFIG_INVALID naming the key; the value never enters the error.
 */
export function readConfig<S extends z.ZodType>(
  path: string,
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<S> {
  const raw = withDescription(overlay(readFileOrThrow(path), environment));
  return parseConfig(raw, schema, path);
}

/** Checks parsed configuration. Throws CONFIG_INVALID naming the first wrong key. */
export function parseConfig<S extends z.ZodType>(
  raw: unknown,
  schema: S,
  path = '(given)',
): z.output<S> {
  let result: z.ZodSafeParseResult<z.output<S>>;
  try {
    result = schema.safeParse(raw);
  } catch (error) {
    // Transforms use protocol's parsers, which throw by code.
    if (isMidlockError(error))
      throw new MidlockError('CONFIG_INVALID', { path, reason: error.code, ...error.data });
    throw new MidlockError('CONFIG_INVALID', { path });
  }
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  throw new MidlockError('CONFIG_INVALID', {
    path,
    key: key === '' ? '(document)' : key,
    expected: issue?.message,
  });
}

function readFileOrThrow(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_BYTES) throw new RangeError('too long');
    value = parseYaml(text, { maxAliasCount: 10 });
  } catch {
    throw new MidlockError('CONFIG_INVALID', {
      path,
      expected: 'a readable file with YAML or JSON',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MidlockError('CONFIG_INVALID', { path, key: '(document)', expected: 'a mapping' });
  return value as Record<string, unknown>;
}

/** `MIDLOCK_FABRIC__NETWORK_ID` sets `fabric.networkId`; values that are JSON are read as JSON. Unknown first keys are left alone. */
function overlay(
  file: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const result = structuredClone(file);
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(PREFIX) || !name.includes('__')) continue;
    const path = name.slice(PREFIX.length).split('__').map(camelCase);
    let place = result;
    for (const key of path.slice(0, -1)) {
      const next =
        Object.hasOwn(place, key) && typeof place[key] === 'object' && place[key] !== null
          ? place[key]
          : {};
      place[key] = next;
      place = next as Record<string, unknown>;
    }
    const last = path.at(-1);
    if (last !== undefined && last !== '') place[last] = readValue(value);
  }
  return result;
}

function camelCase(segment: string): string {
  return segment
    .toLowerCase()
    .replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
