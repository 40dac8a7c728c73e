import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from './target.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const MAX_WORD = 64;

/** What breaks parsers of any kind: names that objects inherit, numbers at the ends of their types, YAML and JSON oddities. */
const GENERAL = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'hasOwnProperty',
  'length',
  'then',
  'null',
  'true',
  'undefined',
  '-1',
  '-0',
  '1e999',
  '0.1',
  '1e21',
  '9007199254740993',
  '18446744073709551616',
  '340282366920938463463374607431768211456',
  '0x',
  '0x0',
  '\u0000',
  '\ufeff',
  '\u2028',
  '\\ud800',
  '\r\n',
  '"',
  "'",
  '{}',
  '[]',
  '&a',
  '*a',
  '<<: *a',
  '!!binary ',
  '!!js/function ',
  '---\n',
  '%YAML 1.1\n',
  '? ',
  '| ',
] as const;

/** String and number constants of the target's own sources, and words that trouble every parser. */
export function harvestDictionary(sources: readonly string[]): readonly Uint8Array[] {
  const words = new Set<string>(GENERAL);
  for (const path of sources.flatMap(filesUnder)) {
    const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [, , word] of text.matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.){1,64})\1/g))
      if (
        word !== undefined &&
        word.length <= MAX_WORD &&
        !word.startsWith('.') &&
        !word.includes('/')
      )
        words.add(word);
    for (const [word] of text.matchAll(/\b(?:0x[0-9a-f]+|\d[\d_]*)n?\b/gi))
      words.add(word.replaceAll('_', '').replace(/n$/, ''));
  }
  return [...[...words].map(bytesOf), ...[...words].flatMap(asNumber)];
}

/** A number constant as the bytes in which a binary format holds it, big-endian. */
function asNumber(word: string): readonly Uint8Array[] {
  if (!/^(?:0x[0-9a-f]{1,16}|\d{1,18})$/i.test(word)) return [];
  const hex = BigInt(word).toString(16);
  return [Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')];
}

/** Source files below a path from the repository's root, tests left out. */
export function filesUnder(source: string): readonly string[] {
  const path = join(ROOT, source);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !/\.(test|d)\.[jt]s$/.test(name))
    .sort()
    .map((name) => join(path, name));
}
