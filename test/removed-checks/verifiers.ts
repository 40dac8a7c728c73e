import { readFileSync } from 'node:fs';
import { SECOND_LINE } from '../../evm/test/verify/compile.ts';
import { ROOT, replacing, sourcesOf, type CheckedPackage } from './package.ts';

const CONTRACTS = 'evm/contracts/verify';
/** Both helpers that compile these contracts for tests filter the lines of a source; this one then drops the check's too. */
const WITHOUT = (id: string): string =>
  `.filter((line) => !line.trimEnd().endsWith(${JSON.stringify(`// check: ${id}`)}))`;

const LIBRARIES: readonly (readonly [prefix: string, tests: string])[] = [
  ['merkle-', 'crypto/test/merkle-solidity.test.ts'],
  ['statement-', 'crypto/test/statements-everywhere.test.ts'],
  ['modulus-', 'crypto/test/paillier-solidity.test.ts'],
  ['product-', 'crypto/test/paillier-solidity.test.ts'],
];
const ATTACKS = 'evm/test/verify/removed-checks.long.test.ts';

/** The checks of evm/contracts/verify: lines that end in `// check: <id>`. */
export const VERIFIERS: CheckedPackage = {
  ids: () =>
    sourcesOf(CONTRACTS, '.sol')
      .flatMap((file) =>
        [...readFileSync(ROOT + file, 'utf8').matchAll(/\/\/ check: ([a-z-]+)$/gm)].map(
          ([, id]) => id ?? '',
        ),
      )
      .filter((id) => SECOND_LINE[id] === undefined),
  tests: (id) => {
    const library = LIBRARIES.find(([prefix]) => id.startsWith(prefix));
    return [
      library === undefined
        ? { files: [ATTACKS], name: new RegExp(`${id} refuses`) }
        : { files: [library[1]] },
    ];
  },
  without: (id) => [
    {
      module: 'evm/test/verify/compile.ts',
      apply: (source) =>
        replacing(
          `severity === 'warning' && removed === undefined`,
          `severity === 'warning' && false`,
        )(
          replacing(
            `    )\n    .join('\\n');`,
            `    )\n    ${WITHOUT(id)}\n    .join('\\n');`,
          )(source),
        ),
    },
    {
      module: 'crypto/test/evm.ts',
      apply: replacing(
        `      })\n      .join('\\n');`,
        `      })\n      ${WITHOUT(id)}\n      .join('\\n');`,
      ),
    },
  ],
};
