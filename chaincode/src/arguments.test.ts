import { describe, expect, it } from 'vitest';
import { jsonArgument, listArgument } from './arguments.ts';

const refused = (expected: string) => ({
  code: 'ARGUMENT_INVALID',
  data: { argument: 'notes', expected },
});

function refusalOf(parse: () => unknown): unknown {
  try {
    return { parsed: parse() };
  } catch (error) {
    return error;
  }
}

describe('a list of an argument', () => {
  it('is a JSON array of strings', () => {
    expect(listArgument('["a","b"]', 'notes')).toEqual(['a', 'b']);
    for (const other of ['{}', '"a"', '[1]', '["a",null]', '{"length":1,"0":"a"}', 'null'])
      expect(refusalOf(() => listArgument(other, 'notes'))).toMatchObject(
        refused('a JSON array of strings'),
      );
  });
});

describe('JSON of an argument', () => {
  it('has at most 16 KiB', () => {
    const text = (length: number): string => `"${'x'.repeat(length - 2)}"`;
    expect(jsonArgument(text(16_384), 'notes')).toHaveLength(16_382);
    expect(refusalOf(() => jsonArgument(text(16_385), 'notes'))).toMatchObject(
      refused('at most 16 KiB'),
    );
  });

  it('is JSON', () => {
    expect(refusalOf(() => jsonArgument('{', 'notes'))).toMatchObject(refused('JSON'));
  });
});
