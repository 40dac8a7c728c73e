import { defineConfig } from 'vitest/config';

const SUITES: Readonly<
  Record<string, { readonly only: string; readonly without: readonly string[] }>
> = {
  default: { only: '', without: ['**/*.real.test.ts', '**/*.long.test.ts'] },
  real: { only: '.real', without: [] },
  long: { only: '.long', without: [] },
  all: { only: '', without: [] },
};
const name = process.env['MIDLOCK_SUITE'] ?? 'all';
const suite = SUITES[name];
if (suite === undefined)
  throw new Error(`MIDLOCK_SUITE=${name}: one of ${Object.keys(SUITES).join(', ')}`);

export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import', 'default'] },
  // Named here, `import` would be handed to Node as well, where a package's require() would then load ES modules.
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    include: ['src', 'test', 'conformance']
      .map((folder) => `*/${folder}/**/*${suite.only}.test.ts`)
      .concat(`test/**/*${suite.only}.test.ts`, `examples/**/*${suite.only}.test.ts`),
    exclude: ['**/node_modules/**', '**/dist/**', ...suite.without],
    pool: 'forks',
    // The default suite waits for blocks more than it computes: two files at once need half the time on two cores. The others
    // start whole networks, count crashes or search, and have the machine to themselves.
    maxWorkers: name === 'default' ? 2 : 1,
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
