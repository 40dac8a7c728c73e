import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const SOURCE = new URL('../src/', import.meta.url);
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const isTest = (file: string): boolean => file.endsWith('.test.ts') || file.startsWith('testing/');
const text = (file: string): string => readFileSync(new URL(file, SOURCE), 'utf8');

describe('the core', () => {
  it.each(files.filter((file) => !isTest(file) && !file.startsWith('node/')))(
    '%s imports nothing of Node',
    (file) => {
      expect(text(file)).not.toMatch(/from 'node:|require\(|\bprocess\.|\bBuffer\b/);
    },
  );

  it.each(files.filter((file) => !isTest(file)))(
    '%s imports nothing that only tests may use',
    (file) => {
      expect(text(file)).not.toMatch(/from '[^']*\/testing\//);
    },
  );

  it('makes random sources and removes checks in two places only', () => {
    const users = (pattern: RegExp): string[] =>
      files.filter((file) => !isTest(file) && pattern.test(text(file)));
    expect(users(/makeRandomSource/)).toEqual(['internal/random.ts']);
    expect(users(/removedChecks/)).toEqual(['internal/check.ts']);
  });
});
