import { createRequire } from 'node:module';
import { bytesOf, textOf, type Target } from '../target.ts';
import { word } from './samples.ts';

type ArgumentParser =
  | 'hexArgument'
  | 'nameArgument'
  | 'accountArgument'
  | 'listArgument'
  | 'jsonArgument'
  | 'pageSizeArgument';

// The chaincode is CommonJS with decorators: what runs is what the build made of it.
const load = createRequire(import.meta.url);
const args = load('../../../chaincode/dist/arguments.js') as Record<
  ArgumentParser,
  (value: string, argument: string) => unknown
>;
const config = load('../../../chaincode/dist/config.js') as {
  readonly parseConfig: (text: string, version: bigint) => unknown;
};

const SOURCES = [
  'chaincode/dist/arguments.js',
  'chaincode/dist/config.js',
  'chaincode/dist/rules.js',
];

/** Arguments of transactions, from any client. */
export const CHAINCODE_TARGETS: readonly Target[] = [
  {
    name: 'chaincode/arguments',
    about: 'transaction arguments: ids, names, accounts, lists, page sizes',
    format: 'text',
    sources: SOURCES,
    seeds: () =>
      [word('0a'), 'gold:bar-1', `Org1MSP:${word('04')}`, '["a","b"]', '50'].map(bytesOf),
    parse: (input) => {
      const text = textOf(input);
      const results: unknown[] = [];
      for (const parse of [
        args.hexArgument,
        args.nameArgument,
        args.accountArgument,
        args.listArgument,
        args.jsonArgument,
        args.pageSizeArgument,
      ])
        try {
          results.push(parse(text, 'argument'));
        } catch (error) {
          if (!ARGUMENT_ERROR(error)) throw error;
        }
      return results.length;
    },
    accepts: () => false,
    maxBytes: 20_000,
  },
  {
    name: 'chaincode/config',
    about: "the chaincode's configuration, as an administrator proposes it",
    format: 'json',
    sources: SOURCES,
    seeds: () => [
      bytesOf(
        JSON.stringify({
          networkId: word('0a'),
          channel: 'swaps',
          chaincode: 'midlock',
          organizations: ['Org1MSP', 'Org2MSP'],
          maxPastSec: '60',
          maxFutureSec: '10',
          gapSec: '120',
          skewSec: '1',
          minDurationSec: '2',
          maxDurationSec: '900',
          fabricFirstMarginSec: '9',
          ethereumFirstMarginSec: '200',
          rotateDelaySec: '5',
        }),
      ),
    ],
    parse: (input) => config.parseConfig(textOf(input), 1n),
    accepts: ownErrors('CONFIG_INVALID', 'ARGUMENT_INVALID'),
    maxBytes: 20_000,
  },
];

const ARGUMENT_ERROR = ownErrors('ARGUMENT_INVALID', 'AMOUNT_INVALID');

/** By name and code: the build loads a copy of protocol's class of its own. */
function ownErrors(...codes: readonly string[]): (error: unknown) => boolean {
  return (error) =>
    error instanceof Error &&
    error.name === 'MidlockError' &&
    'code' in error &&
    codes.includes(String(error.code));
}
