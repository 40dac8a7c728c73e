import {
  isMidlockError,
  MidlockError,
  parseAccount,
  parseHex32,
  parseName,
  type FabricAccount,
  type Hex32,
} from '@midlock/protocol';
import { requireRule } from './rules.ts';

/** Most notes that one transaction consumes or makes; keeps transactions far below gRPC's and the orderer's limits. */
const MAX_NOTES = 100;
const MAX_PAGE = 100;
const MAX_TEXT = 16_384;

/** Parsers of transaction arguments. All throw ARGUMENT_INVALID with the argument's name. */
export function hexArgument(value: string, argument: string): Hex32 {
  return parsed(argument, () => parseHex32(value, argument));
}

export function nameArgument(value: string, argument: string): string {
  return parsed(argument, () => parseName(value, argument));
}

export function accountArgument(value: string, argument: string): FabricAccount {
  return parsed(argument, () => parseAccount(value, argument));
}

/** A JSON array of strings, at most {@link MAX_NOTES}. */
export function listArgument(value: string, argument: string): readonly string[] {
  const list = jsonArgument(value, argument);
  requireRule(
    'argument-form',
    Array.isArray(list) && list.every((item) => typeof item === 'string'),
    { argument, expected: 'a JSON array of strings' },
  );
  requireRule('notes-count', list.length <= MAX_NOTES, { argument, most: MAX_NOTES });
  return list;
}

export function jsonArgument(value: string, argument: string): unknown {
  requireRule('argument-form', value.length <= MAX_TEXT, { argument, expected: 'at most 16 KiB' });
  try {
    return JSON.parse(value);
  } catch {
    throw new MidlockError('ARGUMENT_INVALID', { argument, expected: 'JSON' });
  }
}

export function pageSizeArgument(value: string): number {
  const size = /^[1-9][0-9]{0,2}$/.test(value) ? Number(value) : 0;
  requireRule('page-size', size >= 1 && size <= MAX_PAGE, {
    argument: 'pageSize',
    expected: `1 to ${MAX_PAGE}`,
  });
  return size;
}

function parsed<T>(argument: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isMidlockError(error, 'TERMS_FIELD_INVALID')) throw error;
    throw new MidlockError('ARGUMENT_INVALID', {
      argument,
      expected: error.data['expected'] ?? '',
    });
  }
}
