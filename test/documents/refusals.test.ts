import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withRefusals } from './refusals.ts';

test('docs/operations.md lists every refusal as the code has it', () => {
  const text = readFileSync('docs/operations.md', 'utf8');
  expect(text).toBe(withRefusals(text));
});

test('a row that differs is noticed', () => {
  const text = readFileSync('docs/operations.md', 'utf8').replace('`clock-offset`', '`clock`');
  expect(text).not.toBe(withRefusals(text));
});
