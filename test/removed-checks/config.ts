import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { CHECKED_PACKAGES } from './registry.ts';

const [name = '', id = ''] = (process.env['MIDLOCK_REMOVED_CHECK'] ?? '').split('/');
const checked = CHECKED_PACKAGES[name];

/** The tests with one check taken out of its module's source while it is loaded; no file changes. */
export default mergeConfig(
  base,
  defineConfig({
    plugins: [
      {
        name: 'removed-check',
        enforce: 'pre',
        transform: (source: string, file: string) =>
          id !== '' &&
          checked !== undefined &&
          file.split('?')[0]?.endsWith(`/${checked.module}`) === true
            ? checked.without(source, id)
            : undefined,
      },
    ],
  }),
);
