import { partsOf, readWriteSetOf } from '../read-write-set.ts';
import type { Operation, Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { simple } from './simple.ts';

type Key = Session['key'];

/** A case that endorses operations, without submitting, and decodes the read-write set. */
function endorsed(
  id: string,
  title: string,
  operations: (key: Key) => readonly Operation[],
  prepare?: (key: Key) => readonly Operation[],
): ConformanceCase {
  return simple(id, title, async ({ org1, key, submit }) => {
    if (prepare !== undefined) await submit(prepare(key));
    const proposal = org1
      .contract()
      .newProposal('run', { arguments: [JSON.stringify(operations(key))] });
    const { action } = partsOf(await proposal.endorse());
    const event = Buffer.from(action.getEvents_asU8()).length > 0;
    return { sets: readWriteSetOf(action), event, status: action.getResponse()?.getStatus() };
  });
}

const abc = (key: Key): readonly Operation[] =>
  ['a', 'b', 'c'].map((name) => ['put', key(name), name]);
const many = (key: Key): readonly Operation[] =>
  Array.from({ length: 105 }, (_, index) => ['put', key(String(index).padStart(3, '0')), 'x']);

/** What a simulation leaves in the read-write set. */
export const readWriteSetCases: readonly ConformanceCase[] = [
  endorsed('rwset-empty', 'nothing done', () => []),
  endorsed('rwset-get', 'reading a key', (key) => [['get', key('a')]], abc),
  endorsed('rwset-get-missing', 'reading a key that is not there', (key) => [['get', key('x')]]),
  endorsed(
    'rwset-get-twice',
    'reading a key twice',
    (key) => [
      ['get', key('a')],
      ['get', key('a')],
    ],
    abc,
  ),
  endorsed('rwset-put', 'a blind write', (key) => [['put', key(), '1']]),
  endorsed('rwset-put-twice', 'the last write counts', (key) => [
    ['put', key(), '1'],
    ['put', key(), '2'],
  ]),
  endorsed('rwset-get-put-get', 'own writes are not read', (key) => [
    ['get', key()],
    ['put', key(), '1'],
    ['get', key()],
  ]),
  endorsed('rwset-put-get', 'a read behind a write', (key) => [
    ['put', key(), '1'],
    ['get', key()],
  ]),
  endorsed('rwset-del', 'a delete', (key) => [['del', key('a')]], abc),
  endorsed('rwset-del-missing', 'a delete of what is not there', (key) => [['del', key('x')]]),
  endorsed('rwset-put-del', 'a write and then a delete', (key) => [
    ['put', key(), '1'],
    ['del', key()],
  ]),
  endorsed('rwset-del-put', 'a delete and then a write', (key) => [
    ['del', key()],
    ['put', key(), '1'],
  ]),
  endorsed('rwset-put-empty', 'an empty value', (key) => [['put', key(), '']]),
  endorsed('rwset-order', 'keys are in order', (key) => [
    ['put', key('c'), '1'],
    ['put', key('a'), '1'],
    ['put', key('ž'), '1'],
    ['put', key('b'), '1'],
    ['get', key('z')],
    ['get', key('y')],
  ]),
  endorsed(
    'rwset-parallel',
    'reads that are asked for at once',
    (key) => [['getAll', key('c'), key('b'), key('a')]],
    abc,
  ),
  endorsed('rwset-composite', 'a composite key', (key) => [
    ['composite', key('t'), ['a', 'b'], 'x'],
  ]),
  endorsed('rwset-range', 'a range read to its end', (key) => [['range', key('a'), key('z')]], abc),
  endorsed('rwset-range-empty', 'a range without rows', (key) => [['range', key('x'), key('z')]]),
  endorsed(
    'rwset-range-partial',
    'a range of which one row is read',
    (key) => [['range', key('a'), key('z'), 1]],
    abc,
  ),
  endorsed(
    'rwset-range-unread',
    'a range of which nothing is read',
    (key) => [['range', key('a'), key('z'), 0]],
    abc,
  ),
  endorsed(
    'rwset-range-105',
    'a range of 105 rows',
    (key) => [['range', key('0'), key('9')]],
    many,
  ),
  endorsed(
    'rwset-range-105-partial',
    'one row of 105',
    (key) => [['range', key('0'), key('9'), 1]],
    many,
  ),
  endorsed(
    'rwset-range-point-read',
    'a range and a read of one of its keys',
    (key) => [
      ['range', key('a'), key('z')],
      ['get', key('b')],
    ],
    abc,
  ),
  endorsed(
    'rwset-range-twice',
    'two ranges',
    (key) => [
      ['range', key('a'), key('b')],
      ['range', key('b'), key('z')],
    ],
    abc,
  ),
  endorsed('rwset-page', 'a page', (key) => [['page', key('a'), key('z'), 2, '']], abc),
  endorsed(
    'rwset-page-bookmark',
    'a page from a bookmark',
    (key) => [['page', key('a'), key('z'), 2, key('b')]],
    abc,
  ),
  endorsed('rwset-history', 'history leaves no trace', (key) => [['history', key('a')]], abc),
  endorsed(
    'rwset-policy-set',
    'a policy of a key',
    (key) => [
      ['put', key('a'), '2'],
      ['policySet', key('a'), 'PEER', 'Org1MSP'],
    ],
    abc,
  ),
  endorsed(
    'rwset-policy-only',
    'a policy without a write',
    (key) => [['policySet', key('a'), 'PEER', 'Org1MSP']],
    abc,
  ),
  endorsed('rwset-policy-get', 'reading a policy', (key) => [['policyGet', key('a')]], abc),
  endorsed('rwset-event', 'an event', () => [['event', 'name', 'payload']]),
  endorsed('rwset-private-put', 'a private write', (key) => [['privatePut', 'shared', key(), '1']]),
  endorsed('rwset-private-get', 'a private read', (key) => [['privateGet', 'shared', key()]]),
  endorsed('rwset-private-hash', 'a read of a private hash', (key) => [
    ['privateHash', 'own', key()],
  ]),
  endorsed('rwset-private-del', 'a private delete', (key) => [['privateDel', 'shared', key()]]),
  endorsed('rwset-private-purge', 'a private purge', (key) => [['privatePurge', 'shared', key()]]),
  endorsed('rwset-private-range', 'a private range leaves no trace', (key) => [
    ['privateRange', 'shared', key('a'), key('z')],
  ]),
  endorsed('rwset-private-two', 'two collections', (key) => [
    ['privatePut', 'shared', key(), '1'],
    ['privatePut', 'brief', key(), '2'],
    ['put', key(), '3'],
  ]),
  endorsed('rwset-call', 'a call of another chaincode', (key) => [
    ['put', key(), '1'],
    [
      'call',
      'second',
      [
        ['put', key(), '2'],
        ['get', key('x')],
      ],
      '',
    ],
  ]),
];
