import { readFileSync } from 'node:fs';
import { DevnodeError } from './devnode-error.ts';
import type { DevnodeOptions } from './options.ts';

/** Options from a JSON file; `createDevnode` checks what they say. @throws {DevnodeError} CONFIG_INVALID. */
export function readConfig(path: string): DevnodeOptions {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DevnodeError('CONFIG_INVALID', `${path} cannot be read (${reason})`);
  }
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DevnodeError('CONFIG_INVALID', `${path} is no JSON (${reason})`);
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new DevnodeError('CONFIG_INVALID', `${path} must hold one JSON object`);
  if ('clock' in options)
    throw new DevnodeError('CONFIG_INVALID', `${path}: clock is for programs only; use setClock`);
  return options as DevnodeOptions;
}
