import type { Transaction } from '@hyperledger/fabric-gateway';
import type { Plain } from '../normalise.ts';
import type { Operation, Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { simple } from './simple.ts';

function endorse({ org1 }: Session, operations: readonly Operation[]): Promise<Transaction> {
  return org1
    .contract()
    .newProposal('run', { arguments: [JSON.stringify(operations)] })
    .endorse();
}

/** Submits in the order given and tells each one's validation code. */
async function codesOf(transactions: readonly Transaction[]): Promise<Plain> {
  const submitted = [];
  for (const transaction of transactions) submitted.push(await transaction.submit());
  const statuses = await Promise.all(submitted.map((entry) => entry.getStatus()));
  return statuses.map(({ code, successful }) => [code, successful]);
}

/** Endorses two scripts on the same state, then submits both. */
function pair(
  id: string,
  title: string,
  first: (key: Session['key']) => readonly Operation[],
  second: (key: Session['key']) => readonly Operation[],
  prepare: readonly string[] = ['a', 'c'],
): ConformanceCase {
  return simple(id, title, async (session) => {
    const { key, submit } = session;
    if (prepare.length > 0) await submit(prepare.map((name) => ['put', key(name), '0']));
    const transactions = [await endorse(session, first(key)), await endorse(session, second(key))];
    return codesOf(transactions);
  });
}

const readWrite = (key: Session['key']): readonly Operation[] => [
  ['get', key('a')],
  ['put', key('a'), '1'],
];
const scan = (key: Session['key']): readonly Operation[] => [
  ['range', key('a'), key('d')],
  ['put', key('sum'), '1'],
];

/** Transactions that were endorsed on a state that is no more. */
export const concurrencyCases: readonly ConformanceCase[] = [
  pair('mvcc-read-write', 'both read and write one key', readWrite, readWrite),
  pair(
    'mvcc-blind',
    'both write one key blindly',
    (key) => [['put', key('a'), '1']],
    (key) => [['put', key('a'), '2']],
  ),
  pair(
    'mvcc-blind-then-read',
    'a blind write and a read',
    (key) => [['put', key('a'), '1']],
    readWrite,
  ),
  pair('mvcc-read-then-blind', 'a read and a blind write', readWrite, (key) => [
    ['put', key('a'), '2'],
  ]),
  pair('mvcc-apart', 'different keys', readWrite, (key) => [
    ['get', key('c')],
    ['put', key('c'), '1'],
  ]),
  pair(
    'mvcc-create',
    'both create one key',
    (key) => [
      ['get', key('n')],
      ['put', key('n'), '1'],
    ],
    (key) => [
      ['get', key('n')],
      ['put', key('n'), '2'],
    ],
  ),
  pair('mvcc-deleted', 'a delete and a read', (key) => [['del', key('a')]], readWrite),
  pair(
    'mvcc-same-value',
    'the same value again is a change',
    (key) => [['put', key('a'), '0']],
    readWrite,
  ),
  pair(
    'mvcc-read-only',
    'a read-only transaction can be invalid',
    (key) => [['put', key('a'), '1']],
    (key) => [['get', key('a')]],
  ),
  pair('phantom-inside', 'a key inside a scanned range', (key) => [['put', key('b'), '1']], scan),
  pair('phantom-start', 'a key at the start', (key) => [['put', key('a'), '1']], scan),
  pair('phantom-before', 'a key before the range', (key) => [['put', key('A'), '1']], scan),
  pair('phantom-end', 'a key at the open end', (key) => [['put', key('d'), '1']], scan),
  pair('phantom-after', 'a key after the range', (key) => [['put', key('e'), '1']], scan),
  pair('phantom-delete', 'a key of the range is deleted', (key) => [['del', key('c')]], scan),
  pair(
    'phantom-delete-missing',
    'a delete that changes nothing',
    (key) => [['del', key('b')]],
    scan,
  ),
  pair(
    'phantom-partial',
    'a key behind what was read',
    (key) => [['put', key('c1'), '1']],
    (key) => [
      ['range', key('a'), key('d'), 1],
      ['put', key('sum'), '1'],
    ],
  ),
  pair(
    'phantom-page',
    'a key behind a page',
    (key) => [['put', key('b'), '1']],
    (key) => [['page', key('a'), key('d'), 1, '']],
  ),
  pair(
    'phantom-empty',
    'a key in an empty range',
    (key) => [['put', key('x'), '1']],
    (key) => [
      ['range', key('w'), key('y')],
      ['put', key('sum'), '1'],
    ],
  ),
  pair(
    'phantom-read-only',
    'a scan alone can be invalid',
    (key) => [['put', key('b'), '1']],
    (key) => [['range', key('a'), key('d')]],
  ),
  simple('mvcc-five', 'of five concurrent increments one is valid', async (session) => {
    const { key, submit } = session;
    await submit([['put', key('a'), '0']]);
    const transactions = await Promise.all(
      Array.from({ length: 5 }, () => endorse(session, readWrite(key))),
    );
    const codes = (await codesOf(transactions)) as readonly (readonly [number, boolean])[];
    return codes.map(([code]) => code).toSorted((a, b) => a - b);
  }),
  simple('mvcc-reverse', 'the order of submission decides', async (session) => {
    await session.submit([['put', session.key('a'), '0']]);
    const first = await endorse(session, readWrite(session.key));
    const second = await endorse(session, readWrite(session.key));
    return codesOf([second, first]);
  }),
  simple('mvcc-blocks', 'a conflict over blocks', async (session) => {
    const { key, submit, outcome } = session;
    await submit([['put', key('a'), '0']]);
    const late = await endorse(session, readWrite(key));
    await submit([['put', key('a'), '1']]);
    return outcome(async () => (await (await late.submit()).getStatus()).code);
  }),
  simple('late-valid', 'endorsed, withheld, submitted later: valid', async (session) => {
    const transaction = await endorse(session, [['put', session.key(), '1']]);
    await session.submit([['put', session.key('other'), '1']]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return codesOf([transaction]);
  }),
  simple('duplicate', 'the same envelope twice', async (session) => {
    const transaction = await endorse(session, [['put', session.key(), '1']]);
    const first = await (await transaction.submit()).getStatus();
    const again = await session.outcome(async () => {
      const status = await (await transaction.submit()).getStatus();
      return { code: status.code, sameBlock: status.blockNumber === first.blockNumber };
    });
    return { first: first.code, again };
  }),
  simple('duplicate-endorse', 'a proposal with a transaction id of the ledger', async (session) => {
    const { org1, key, outcome } = session;
    const proposal = org1
      .contract()
      .newProposal('run', { arguments: [JSON.stringify([['put', key(), '1']])] });
    await (await (await proposal.endorse()).submit()).getStatus();
    return outcome(() => proposal.endorse());
  }),
  simple(
    'duplicate-evaluate',
    'evaluating with a transaction id of the ledger',
    async (session) => {
      const { org1, key, outcome } = session;
      const proposal = org1
        .contract()
        .newProposal('run', { arguments: [JSON.stringify([['put', key(), '1']])] });
      await (await (await proposal.endorse()).submit()).getStatus();
      return outcome(async () => Buffer.from(await proposal.evaluate()).toString());
    },
  ),
  simple('read-only-submit', 'a read-only transaction commits', async (session) =>
    codesOf([await endorse(session, [['get', session.key()]])]),
  ),
];
