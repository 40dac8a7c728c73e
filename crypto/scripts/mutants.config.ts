import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

interface Mutant {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
const mutant = JSON.parse(process.env['MIDLOCK_MUTANT'] ?? 'null') as Mutant | null;

// The package's tests with one place of one source file changed as it is loaded.
export default mergeConfig(
  base,
  defineConfig({
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        transform: (code: string, id: string) =>
          mutant !== null && id.endsWith(mutant.file)
            ? code.slice(0, mutant.start) + mutant.text + code.slice(mutant.end)
            : undefined,
      },
    ],
  }),
);
