import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorsDocument, statesDocument } from '../scripts/documents.ts';
import { CATALOGUE } from '../src/index.ts';

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

// If one of these fails: node --conditions=source protocol/scripts/write-documents.ts
describe('generated documents', () => {
  it('docs/errors.md is in step with the catalogue', () => {
    expect(docs('errors.md')).toBe(errorsDocument());
  });

  it('docs/swap-states.md is in step with the table', () => {
    expect(docs('swap-states.md')).toBe(statesDocument());
  });

  it('docs/errors.md names every code and every exit code', () => {
    const text = docs('errors.md');
    for (const code of Object.keys(CATALOGUE)) expect(text).toContain(`| \`${code}\` |`);
    for (let exit = 0; exit <= 8; exit += 1)
      expect(text).toMatch(new RegExp(`^\\| ${exit} \\|`, 'm'));
  });
});
