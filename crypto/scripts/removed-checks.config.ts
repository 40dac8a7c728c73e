import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

// The package's tests with one check taken away in every worker.
export default mergeConfig(
  base,
  defineConfig({
    test: { setupFiles: [new URL('removed-check.setup.ts', import.meta.url).pathname] },
  }),
);
