import { CRYPTO } from './crypto.ts';
import { ESCROW } from './escrow.ts';
import { LEDGERS } from './ledgers.ts';
import { idsIn, inFunction, inTable, sourcesOf, type CheckedPackage } from './package.ts';
import { refusalsOf, repeatedCalls } from './refusals.ts';
import { VERIFIERS } from './verifiers.ts';
import { withRefusals } from './with-refusals.ts';

const CHAINCODE = sourcesOf('chaincode/src').filter((file) => !file.includes('/testing/'));

/** Every package whose checks have ids, the quick ones first. */
export const CHECKED_PACKAGES: Readonly<Record<string, CheckedPackage>> = {
  protocol: withRefusals(
    {
      tests: () => [{ files: ['protocol/src/'] }],
      ids: () =>
        idsIn(
          sourcesOf('protocol/src'),
          /'((?:account|amount|bytes|secret|terms|profile|timelocks)\.[a-z0-9.-]+)'/g,
        ),
      without: inFunction('protocol/src/check.ts', /function holds\([^]*?\{/, '_id', 'true'),
    },
    sourcesOf('protocol/src')
      .filter((file) => !file.endsWith('/check.ts'))
      .flatMap(refusalsOf),
    () => [{ files: ['protocol/src/'] }],
  ),
  client: {
    tests: () => [{ files: ['client/src/core/'] }],
    ids: () =>
      idsIn(
        ['duty-guards', 'fact-guards', 'step-guards'].map((name) => `client/src/core/${name}.ts`),
        /^ {2}'([a-z-]+\.[A-Za-z0-9.-]+)':/gm,
      ),
    without: inTable('client/src/core/guards.ts', 'CORE_GUARDS'),
  },
  relayer: {
    tests: () => [{ files: ['relayer/src/core/'] }],
    ids: () => idsIn(['relayer/src/core/guards.ts'], /^ {2}'([a-z-]+\.[a-z-]+)':/gm),
    without: inTable('relayer/src/core/guards.ts', 'RELAYER_GUARDS'),
  },
  chaincode: withRefusals(
    {
      tests: () => [{ files: ['chaincode/src/rules.test.ts'] }],
      ids: () => idsIn(['chaincode/src/rules.ts'], /^ {2}'?([a-z-]+)'?: '[A-Z_]+',/gm),
      without: inFunction(
        'chaincode/src/rules.ts',
        /function requireRule\([^]*?asserts holds \{/,
        'rule',
        '',
      ),
    },
    [
      ...CHAINCODE.filter((file) => !file.endsWith('/rules.ts')).flatMap(refusalsOf),
      ...repeatedCalls(CHAINCODE, /^requireRule$/),
    ],
    () => [{ files: ['chaincode/src/rules.test.ts'] }, { files: ['chaincode/src/'] }],
  ),
  ledgers: LEDGERS,
  evm: ESCROW,
  verifiers: VERIFIERS,
  crypto: CRYPTO,
};
