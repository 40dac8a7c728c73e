import { isDeepStrictEqual } from 'node:util';
import { bytesOf, type Target } from '../target.ts';
import { readScript, runScript, type Result, type Script } from '../worlds/ethereum-script.ts';
import { rememberHashes } from '../worlds/remembered-hashes.ts';
import { jsonOr } from './json-or.ts';

rememberHashes();

const SOURCES = ['ledgers/src/ethereum/', 'ledgers/src/bounded-text.ts', 'evm/src/'];

type Lies = readonly (readonly [
  method: string,
  nth: number,
  path: readonly (string | number)[],
  how: string,
  what: unknown,
])[];

/** What is done with the adapter: every method of it, in orders that lead deep. */
const STORIES: readonly (readonly unknown[])[] = [
  [['head'], ['leg', 0], ['leg', 1], ['leg', 2], ['leg', 3], ['books'], ['balance', 4], ['slots']],
  [['watch', null, ['mine', 2, 'mine']]],
  [['watch', 3, ['mine', 5, 'mine', 'mine']]],
  [['lock', 3], ['submit'], ['outcome'], ['leg', 3], ['mine'], ['outcome'], ['tend']],
  [['claim', 4], ['raise'], ['submit'], ['outcome'], ['leg', 4], ['reorg', 1, true], ['outcome']],
  [
    ['refund', 5],
    ['submit'],
    ['outcome'],
    ['abandon'],
    ['tend'],
    ['lock', 7],
    ['abandon'],
    ['tend'],
  ],
  [
    ['release', 4],
    ['submit'],
    ['outcome'],
    ['deposit', 4],
    ['withdraw', 0],
    ['approve', 4],
    ['transfer', 0],
  ],
  [
    ['lock-many', 3, 3],
    ['submit'],
    ['outcome'],
    ['claim-many', 4],
    ['submit'],
    ['refund-many', 5, 0],
  ],
  [
    ['watch', null, []],
    ['claim', 4],
    ['submit'],
    ['watch', 8, ['mine']],
    ['refund', 0],
    ['leg', 6],
  ],
];

/** Lies of each kind: the search breeds others from them. */
const LIES: readonly Lies[] = [
  [],
  [['eth_getLogs', -1, ['result', 0, 'topics', 1], 'flip', 9]],
  [
    ['eth_getLogs', -1, ['result'], 'append', 12],
    ['eth_getLogs', -1, ['result'], 'reverse', 0],
  ],
  [['eth_getBlockByNumber', 1, ['result', 'hash'], 'flip', 5]],
  [['eth_getBlockByNumber', -1, ['result', 'number'], 'add', 100]],
  [['eth_getBlockByNumber', 2, ['result'], 'piece', 9]],
  [['eth_getTransactionReceipt', 0, ['result', 'status'], 'set', '0x0']],
  [['eth_getTransactionReceipt', 1, ['result'], 'set', null]],
  [
    ['eth_call', 1, ['result'], 'long', 100],
    ['eth_call', 2, [], 'refuse', 5],
  ],
  [
    ['eth_getLogs', 0, [], 'refuse', 1],
    ['eth_getLogs', 1, [], 'ends', 0],
  ],
  [
    ['eth_chainId', 0, ['result'], 'set', '0x1'],
    ['eth_getBalance', 0, ['result'], 'set', '0x0'],
  ],
  [['eth_sendRawTransaction', -1, [], 'error', { code: 1, message: 2, data: [] }]],
  [
    ['eth_getTransactionCount', -1, ['result'], 'add', 3],
    ['eth_gasPrice', 0, [], 'cut', 20],
  ],
  [
    ['eth_getBlockByNumber', 0, [], 'ends', 2],
    ['eth_getLogs', 0, ['result'], 'copies', 500],
  ],
  [
    ['eth_maxPriorityFeePerGas', 0, ['result'], 'set', '0xffffffffffff'],
    ['eth_call', 0, [], 'status', 300],
  ],
  [
    ['eth_getTransactionByHash', 0, [], 'body', '[]'],
    ['eth_getBlockByHash', 0, ['result', 'transactions'], 'drop', 0],
  ],
];

function seeds(): readonly Uint8Array[] {
  return LIES.map((lies, i) =>
    bytesOf(JSON.stringify({ finality: i % 4, steps: STORIES[i % STORIES.length], lies })),
  );
}

/** The whole Ethereum adapter, call by call, through an endpoint that lies as a script says. */
export const ETHEREUM_TARGETS: readonly Target[] = [
  {
    name: 'ethereum/one-node',
    about: 'the whole adapter through one node that lies: what can be checked must be checked',
    format: 'json',
    sources: SOURCES,
    seeds,
    parse: (input) => runScript(readScript(jsonOr(input, {})), { nodes: 1, quorum: 1 }),
    accepts: () => false,
    dear: true,
  },
  {
    name: 'ethereum/quorum',
    about: 'the whole adapter through three nodes of which one lies: two must agree, and do',
    format: 'json',
    sources: SOURCES,
    seeds,
    parse: async (input) => {
      const script = readScript(jsonOr(input, {}));
      const results = await runScript(script, { nodes: 3, quorum: 2 });
      compare(script, results, await honest(script));
    },
    accepts: () => false,
    dear: true,
  },
];

const known = new Map<string, readonly Result[]>();

/** The same steps where nobody lies. */
async function honest(script: Script): Promise<readonly Result[]> {
  const key = JSON.stringify([script.steps, script.finality.mode]);
  const results =
    known.get(key) ?? (await runScript({ ...script, lies: [] }, { nodes: 3, quorum: 2 }));
  if (known.size > 500) known.clear();
  known.set(key, results);
  return results;
}

/** What a quorum decides; everything else (fees, nonces, hints) may come from any node. */
const AGREED: ReadonlySet<string> = new Set(['head', 'leg', 'watch', 'books', 'balance']);

/** One liar of three changes nothing that a quorum decides, as long as nothing was sent: nonces come from any node. */
function compare(script: Script, actual: readonly Result[], expected: readonly Result[]): void {
  for (const [i, [name]] of script.steps.entries()) {
    if (!AGREED.has(name) && name !== 'mine' && name !== 'reorg') return;
    if (!isDeepStrictEqual(actual[i], expected[i]))
      throw new RangeError(`one liar of three changed what ${name} says`);
  }
}
