import { CATALOGUE, isMidlockError, type ErrorCode } from '@midlock/protocol';
import { isMisshapen } from './judge.ts';

/** How an input is built, so that mutations keep enough of its structure to get past the first check. */
export type Format =
  'bytes' | 'text' | 'json' | 'yaml' | 'csv' | 'pem' | 'der' | 'rlp' | 'protobuf';

/** One parser of something that comes from outside. Data: the engine, the tests and the list are generic. */
export interface Target {
  /** `package/what`, unique. */
  readonly name: string;
  /** Whose input it is: one line for the list. */
  readonly about: string;
  readonly format: Format;
  /** Sources whose branches count as feedback and whose string constants make the dictionary; paths from the repository's root. */
  readonly sources: readonly string[];
  /** Valid inputs made by the real writers: the corpus starts with them, and `parse` must take each. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads one input. May throw what `accepts` takes. */
  readonly parse: (input: Uint8Array) => unknown;
  /** Where a writer exists: parse(write(parse(input))) must equal parse(input). */
  readonly write?: (value: never) => Uint8Array;
  /** True where an accepted input is the only one with its meaning: write(parse(input)) is the input itself. */
  readonly canonical?: boolean;
  /** True for the package's own error with a stable code; everything else is a finding. */
  readonly accepts: (error: unknown) => boolean;
  /** Longest input that is tried; default 16 KiB. */
  readonly maxBytes?: number;
  /** True where an input is a whole story that takes tens of milliseconds: fewer of them in default tests and in shrinking. */
  readonly dear?: true;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** An input as a parser of text gets it: malformed UTF-8 arrives as replacement characters, as from a file or socket. */
export function textOf(input: Uint8Array): string {
  return decoder.decode(input);
}

/** Takes Midlock's own error with one of these codes, well-formed and short enough for a log line. */
export function midlockErrors(...codes: readonly ErrorCode[]): (error: unknown) => boolean {
  return (error) =>
    isMidlockError(error) &&
    Object.hasOwn(CATALOGUE, error.code) &&
    (codes.length === 0 ? error.code !== 'INTERNAL' : codes.includes(error.code)) &&
    !isMisshapen(error) &&
    JSON.stringify(error).length <= MAX_ERROR_TEXT;
}

/** An error that repeats what a stranger sent, however long, would fill logs. */
const MAX_ERROR_TEXT = 4096;
