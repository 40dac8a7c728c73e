import { bytesOf, type Target } from '../target.ts';
import { readFabricScript, runFabricScript } from '../worlds/fabric-script.ts';
import { jsonOr } from './json-or.ts';

const STORIES: readonly (readonly unknown[])[] = [
  [['head'], ['leg', 0], ['leg', 1], ['leg', 2], ['network'], ['books']],
  [['watch']],
  [['lock', 3], ['submit'], ['outcome'], ['watch']],
  [['release', 0], ['claim', 4], ['submit'], ['outcome'], ['refund', 0], ['decline', 5]],
  [['mint'], ['head'], ['outcome']],
];

/** Lies of the own organisation's gateway, by the name of the call. */
const LIES: readonly (readonly unknown[])[] = [
  [],
  [['mid-account:get', -1, ['state'], 'set', 'refunded']],
  [
    ['mid-account:get', 0, ['secret'], 'piece', 3],
    ['GetBlockByTxID', 0, [], 'field', 7],
  ],
  [['deliver', 2, [], 'field', 11]],
  [
    ['deliver', 1, [], 'cut', 40],
    ['GetBlockByNumber', -1, [], 'field', 3],
  ],
  [['endorse', 1, [], 'stale', 0]],
  [['endorse', -1, [], 'field', 5]],
  [
    ['endorse', 0, [], 'details', '12ffff0301'],
    ['submit', 0, [], 'refuse', 14],
  ],
  [['mid-account:time', -1, ['clockMs'], 'set', '99999999999999999999']],
  [
    ['notes:notesOf', 0, ['items'], 'copies', 3000],
    ['GetChainInfo', -1, [], 'field', 2],
  ],
  [
    ['mid-account:get', -1, [0], 'refuse', 4],
    ['deliver', 0, [], 'refuse', 14],
  ],
];

/** The whole Fabric adapter above gRPC, call by call, with one lying gateway of three. */
export const FABRIC_TARGETS: readonly Target[] = [
  {
    name: 'fabric/adapter',
    about: 'the whole adapter through three gateways of which the own one lies: two must agree',
    format: 'json',
    sources: ['ledgers/src/fabric/'],
    seeds: () =>
      LIES.flatMap((lies, i) => {
        const steps = STORIES[i % STORIES.length];
        return [bytesOf(JSON.stringify({ steps, lies }))];
      }),
    parse: (input) => runFabricScript(readFabricScript(jsonOr(input, {}))),
    accepts: () => false,
    dear: true,
  },
];
