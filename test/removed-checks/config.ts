import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { CHECKED_PACKAGES } from './registry.ts';

const [name = '', id = ''] = (process.env['MIDLOCK_REMOVED_CHECK'] ?? '').split(/\/(.*)/s);
const changes = id === '' ? [] : (CHECKED_PACKAGES[name]?.without(id) ?? []);

/** The tests with one check taken out of its module's source while it is loaded; no file changes. */
export default mergeConfig(
  base,
  defineConfig({
    plugins: [
      {
        name: 'removed-check',
        enforce: 'pre',
        transform: (source: string, file: string) => {
          const path = file.split('?')[0] ?? '';
          const change = changes.find(({ module }) => path.endsWith(`/${module}`));
          return change?.apply(source);
        },
      },
    ],
  }),
);
