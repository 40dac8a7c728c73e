import { readFileSync } from 'node:fs';
import { partsOf } from '../../evm/scripts/check-list.ts';
import { SECOND_LINE } from '../../evm/test/verify/compile.ts';
import { ROOT, replacing, sourcesOf, type CheckedPackage } from './package.ts';

const CONTRACTS = 'evm/contracts/verify';
/** Both helpers that compile these contracts for tests filter the lines of a source; this one then drops the check's too. */
const WITHOUT = (id: string): string =>
  `.filter((line) => !line.trimEnd().endsWith(${JSON.stringify(`// check: ${id}`)}))`;

interface Line {
  readonly from: string;
  readonly to: string;
}

/** This one puts another line where the check stands. */
const CHANGED = ({ from, to }: Line): string =>
  `.map((line) => line.trim() === ${JSON.stringify(from)} ? ${JSON.stringify(to)} : line)`;

/** The answers at which a verifier ends: without them everything would be accepted that comes so far. */
export const ENDS: Readonly<Record<string, Line>> = {
  'frost-equation': {
    from: 'valid := and(and(eq(mload(0), expected), ok), iszero(iszero(expected)))',
    to: 'valid := and(ok, iszero(iszero(expected)))',
  },
  'bls-pairing': { from: 'valid := and(ok, eq(mload(0), 1))', to: 'valid := ok' },
  'register-proof': {
    from: 'return key.verifier.verify(digest, proof);',
    to: 'return true;',
  },
  'merkle-root': { from: 'return hash == root;', to: 'return true;' },
  'product-equation': {
    from: 'return _balanced(a, b, difference, c, modulus, size);',
    to: 'return true;',
  },
  'product-words': { from: 'if iszero(eq(x, z)) {', to: 'if 0 {' },
  'product-carries': { from: 'if iszero(eq(carryLeft, carryRight)) {', to: 'if 0 {' },
};

/** Lines that refuse nothing, or what nobody can bring, so that no attack can show what they are for. */
export const NO_WAY_IN: Readonly<Record<string, string>> = {
  'if lt(z, N) {':
    'FROST: only a z below 2^256 - n has a second encoding, z + n. A signature with such a z takes some 2^127 tries.',
  'if iszero(ok) {': 'Quorum: reads what the four lines with ids above it have decided.',
  'if iszero(eq(xi, yi)) {':
    'Paillier: finds the word that decides which number is smaller; the three product-…-below refuse.',
  'assert(squared);': 'MODEXP fails only where the gas ends, and then the deployment ends too.',
  'assert(store != address(0));':
    'The data contract is not made only where the gas ends, and then the deployment ends too.',
  'if iszero(staticcall(gas(), 5, input, add(97, shl(1, size)), x, size)) {':
    'MODEXP fails only where the gas ends: what goes on then has a 64th of it left.',
  'invalid()': 'Stands under the failed MODEXP alone, and is reached only where the gas ends.',
};

/** Lines whose condition has several parts: each part is removed by itself too. */
function partLines(): Readonly<Record<string, Line>> {
  const lines = sourcesOf(CONTRACTS, '.sol').flatMap((file) =>
    readFileSync(ROOT + file, 'utf8').split('\n'),
  );
  const parts = lines.flatMap((untrimmed) => {
    const line = untrimmed.trim();
    const found = /^if \((.*)\) (?:return|revert)\b.*\/\/ check: ([a-z-]+)$/.exec(line);
    const [, condition = '', id = ''] = found ?? [];
    const start = 'if ('.length;
    return partsOf(line, start, start + condition.length).map(
      (part) =>
        [
          `${id}: ${line.slice(part.start, part.end)}`,
          { from: line, to: line.slice(0, part.start) + part.without + line.slice(part.end) },
        ] as const,
    );
  });
  return Object.fromEntries(parts);
}

const LINES: Readonly<Record<string, Line>> = { ...ENDS, ...partLines() };
const LIBRARIES: readonly (readonly [prefix: string, tests: string])[] = [
  ['merkle-', 'crypto/test/merkle-solidity.test.ts'],
  ['statement-', 'crypto/test/statements-everywhere.test.ts'],
  ['modulus-', 'crypto/test/paillier-solidity.test.ts'],
  ['product-', 'crypto/test/paillier-solidity.test.ts'],
];
const ATTACKS = 'evm/test/verify/removed-checks.long.test.ts';
const PROOFS = ['evm/test/verify/verifiers.test.ts', 'evm/test/verify/key-register.test.ts'];

const edit = (id: string): string => {
  const line = LINES[id];
  return line === undefined ? WITHOUT(id) : CHANGED(line);
};

function marked(): readonly string[] {
  return sourcesOf(CONTRACTS, '.sol').flatMap((file) =>
    [...readFileSync(ROOT + file, 'utf8').matchAll(/\/\/ check: ([a-z-]+)$/gm)].map(
      ([, id]) => id ?? '',
    ),
  );
}

/** The checks of evm/contracts/verify: lines that end in `// check: <id>`, their parts, and the last answers. */
export const VERIFIERS: CheckedPackage = {
  ids: () =>
    [...marked(), ...Object.keys(LINES)].filter(
      (id) => SECOND_LINE[id.split(':')[0] ?? ''] === undefined,
    ),
  named: () => marked().filter((id) => SECOND_LINE[id] === undefined),
  tests: (id) => {
    const library = LIBRARIES.find(([prefix]) => id.startsWith(prefix));
    if (library !== undefined) return [{ files: [library[1]] }];
    const whole = id.split(':')[0] ?? '';
    const attack = { files: [ATTACKS], name: new RegExp(`${whole} refuses`) };
    return id in LINES ? [...(id in ENDS ? [] : [attack]), { files: PROOFS }] : [attack];
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
            `    )\n    ${edit(id)}\n    .join('\\n');`,
          )(source),
        ),
    },
    {
      module: 'crypto/test/evm.ts',
      apply: replacing(
        `      })\n      .join('\\n');`,
        `      })\n      ${edit(id)}\n      .join('\\n');`,
      ),
    },
  ],
};
