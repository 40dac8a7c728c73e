import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const FILE = 'examples/own-token/src/swappable-token.ts';
const page = readFileSync('docs/own-assets.md', 'utf8');
const code = readFileSync(FILE, 'utf8');

/** chaincode/ is compiled; its testing entry is what operators import. */
const { LEDGER_PROMISES } = createRequire(import.meta.url)('@midlock/chaincode/testing') as {
  LEDGER_PROMISES: Readonly<Record<string, { readonly title: string }>>;
};

test('docs/own-assets.md shows the example as it stands', () => {
  expect(page).toContain(`\`\`\`ts\n${code}\`\`\``);
});

test('which is under 50 lines, imports and comments included', () => {
  expect(code.trimEnd().split('\n').length).toBeLessThan(50);
});

test('and lists every promise that the helper tries, in its words', () => {
  const listed = page.split('\n').filter((line) => /^- `[a-z-]+`: /.test(line));
  expect(listed).toEqual(
    Object.entries(LEDGER_PROMISES).map(([id, { title }]) => `- \`${id}\`: ${title}`),
  );
});

test('the token that it was added to says nothing of Midlock', () => {
  const token = readFileSync('examples/own-token/src/token.ts', 'utf8');
  expect(token).not.toMatch(/midlock/i);
});
