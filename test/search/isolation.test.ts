import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;
const PACKAGES = ['protocol', 'client', 'relayer', 'cli', 'ledgers', 'crypto', 'network'];
/** What starts in production: each package's main export and each program. */
const ENTRIES = PACKAGES.flatMap((name) => [`${name}/src/index.ts`, `${name}/src/main.ts`]).concat(
  'client/src/agent-main.ts',
);

const imports = /(?:from|import)\s*\(?\s*'([^']+)'/g;

function resolve(from: string, name: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(from), name);
  const [, folder, subpath = '.'] = /^@midlock\/([a-z]+)(?:\/(.+))?$/.exec(name) ?? [];
  if (folder === undefined) return undefined;
  const { exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { source?: string; default?: string } | string>;
  };
  const target = exports[subpath === '.' ? '.' : `./${subpath}`];
  const path = typeof target === 'string' ? target : (target?.source ?? target?.default);
  return path === undefined ? undefined : join(ROOT, folder, path);
}

/** Every source file that production can load, by following all imports. */
function reachable(): readonly string[] {
  const queue = ENTRIES.map((entry) => join(ROOT, entry)).filter((file) => existsSync(file));
  const seen = new Set(queue);
  for (const file of queue) {
    if (!file.endsWith('.ts')) continue;
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(imports)) {
      const target = resolve(file, name);
      if (target === undefined || seen.has(target) || !existsSync(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return queue;
}

describe('no production entry can plant a bug', () => {
  const files = reachable();
  const names = files.map((file) => relative(ROOT, file).split(sep).join('/'));
  const sources = new Map(names.map((name, index) => [name, readFileSync(files[index]!, 'utf8')]));

  it('follows the imports to the core', () => {
    expect(names).toContain('client/src/core/guards.ts');
    expect(names).toContain('relayer/src/core/duties.ts');
    expect(names).toContain('cli/src/main.ts');
    expect(names.length).toBeGreaterThan(150);
  });

  it('reaches nothing of test/ and not the core through a testing entry', () => {
    expect(names.filter((name) => name.startsWith('test/'))).toEqual([]);
    const importers = [...sources].filter(([, text]) => /test\/search|planted-bugs/.test(text));
    // The note in guards.ts that says where they are is prose.
    expect(importers.map(([name]) => name)).toEqual(['client/src/core/guards.ts']);
  });

  it('gives no reducer other guards than the core has', () => {
    const givers = [...sources].filter(
      ([name, text]) =>
        name !== 'client/src/core/party.ts' &&
        (/createPartyReducer\([^)]/.test(text) || /createReducer\([^;]*guards\)/.test(text)),
    );
    expect(givers.map(([name]) => name)).toEqual([]);
  });

  it('writes to no table of guards', () => {
    const writers = [...sources].filter(([, text]) =>
      /(?:CORE|DUTY|FACT|STEP)_GUARDS(?:\[[^\]]*\]|\.\w+)?\s*=[^=>]/.test(
        text.replace(/export const \w+_GUARDS[^=]*=/g, ''),
      ),
    );
    expect(writers.map(([name]) => name)).toEqual([]);
  });

  it('takes nothing from the environment that names a guard or a bug', () => {
    const readers = [...sources].filter(
      ([name, text]) =>
        /MIDLOCK_(?:BUG|GUARD|REMOVED)/.test(text) ||
        (name.includes('/core/') && /\bprocess\.(?:env|argv)\b/.test(text)),
    );
    expect(readers.map(([name]) => name)).toEqual([]);
  });
});
