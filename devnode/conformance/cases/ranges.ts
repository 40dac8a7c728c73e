import type { Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { simple } from './simple.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** Writes one key per name below the case's prefix. */
async function seed({ submit, key }: Session, names: readonly string[] = NAMES): Promise<void> {
  await submit(names.map((name) => ['put', key(name), name]));
}

async function seedMany(session: Session, count: number): Promise<void> {
  await seed(
    session,
    Array.from({ length: count }, (_, index) => String(index).padStart(3, '0')),
  );
}

function range(id: string, title: string, start: string, end: string): ConformanceCase {
  return simple(id, title, async (session) => {
    await seed(session);
    const { key, evaluate, outcome } = session;
    return outcome(() => evaluate([['range', key(start), key(end)]]));
  });
}

function page(id: string, title: string, size: number, bookmark = ''): ConformanceCase {
  return simple(id, title, async (session) => {
    await seed(session);
    const { key, evaluate, outcome } = session;
    const mark = bookmark === '' ? '' : key(bookmark);
    return outcome(() => evaluate([['page', key('a'), key('z'), size, mark]]));
  });
}

/** Range scans, composite keys, pagination and history. */
export const rangeCases: readonly ConformanceCase[] = [
  range('range-all', 'a range holds its start, not its end', 'a', 'e'),
  range('range-beyond', 'a range beyond the last key', 'a', 'z'),
  range('range-none', 'a range without keys', 'x', 'z'),
  range('range-point', 'start equals end', 'b', 'b'),
  range('range-reverse', 'start behind end', 'd', 'b'),
  range('range-prefix', 'bounds that are no keys', 'aa', 'cc'),
  simple('range-limit', 'an iterator that is closed early', async (session) => {
    await seed(session);
    return session.evaluate([['range', session.key('a'), session.key('z'), 2]]);
  }),
  simple('range-101', 'more rows than one batch', async (session) => {
    await seedMany(session, 101);
    const { key, org1 } = session;
    const script = JSON.stringify([['range', key('0'), key('9')]]);
    const payload = await org1.contract().evaluateTransaction('run', script);
    const [rows] = JSON.parse(Buffer.from(payload).toString()) as [[string, string][]];
    return { count: rows.length, first: rows[0]?.[1], last: rows.at(-1)?.[1] };
  }),
  simple('range-205', 'more rows than two batches', async (session) => {
    await seedMany(session, 205);
    const { key, org1 } = session;
    const script = JSON.stringify([['range', key('0'), key('9')]]);
    const payload = await org1.contract().evaluateTransaction('run', script);
    const [rows] = JSON.parse(Buffer.from(payload).toString()) as [[string, string][]];
    return {
      count: rows.length,
      sorted: rows.every(([, value], index) => Number(value) === index),
    };
  }),
  simple('range-utf8', 'keys are ordered by their UTF-8 octets', async (session) => {
    await seed(session, ['z', 'ž', '\uffee', '😀']);
    return session.evaluate([['range', session.key('a'), session.key('\u{10ffff}')]]);
  }),
  simple('range-own-writes', 'own writes and deletes are not seen', async (session) => {
    await seed(session);
    const { key, evaluate } = session;
    return evaluate([
      ['put', key('bb'), 'new'],
      ['del', key('c')],
      ['range', key('a'), key('z')],
    ]);
  }),
  simple('range-deleted', 'deleted keys are gone', async (session) => {
    await seed(session);
    await session.submit([['del', session.key('b')]]);
    return session.evaluate([['range', session.key('a'), session.key('z')]]);
  }),
  simple('range-two', 'two iterators at once', async (session) => {
    await seed(session);
    const { key, evaluate } = session;
    return evaluate([['both', ['range', key('a'), key('c')], ['range', key('c'), key('z')]]]);
  }),
  simple('key-empty', 'an empty key', ({ outcome, submit }) =>
    outcome(() => submit([['put', '', 'x']])),
  ),
  simple('key-composite-plain', 'a plain call with a composite key', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['range', '\u0000a', '']])),
  ),
  simple('value-empty', 'an empty value', async ({ submit, evaluate, key }) => {
    await submit([['put', key(), 'x']]);
    await submit([['put', key(), '']]);
    return evaluate([
      ['get', key()],
      ['history', key()],
    ]);
  }),
  page('page-2', 'the first page', 2),
  page('page-3', 'a page of three', 3),
  page('page-5', 'a page that holds all', 5),
  page('page-100', 'a page larger than all', 100),
  page('page-0', 'a page of size nought', 0),
  page('page-minus', 'a page of size -1', -1),
  page('page-bookmark', 'from a bookmark', 2, 'c'),
  page('page-bookmark-last', 'from the last key', 2, 'e'),
  page('page-bookmark-beyond', 'a bookmark behind the last key', 2, 'y'),
  page('page-bookmark-end', 'a bookmark behind the end', 2, 'zz'),
  page('page-bookmark-missing', 'a bookmark that is no key', 2, 'bb'),
  page('page-bookmark-before', 'a bookmark before the start', 2, 'A'),
  simple('page-none', 'a page without rows', ({ outcome, evaluate, key }) =>
    outcome(() => evaluate([['page', key('a'), key('z'), 2, '']])),
  ),
  simple('page-write', 'a page and then a write', ({ outcome, evaluate, key }) =>
    outcome(() =>
      evaluate([
        ['page', key('a'), key('z'), 2, ''],
        ['put', key(), '1'],
      ]),
    ),
  ),
  simple('page-after-write', 'a write and then a page', ({ outcome, submit, key }) =>
    outcome(() =>
      submit([
        ['put', key(), '1'],
        ['page', key('a'), key('z'), 2, ''],
      ]),
    ),
  ),
  simple('page-submit', 'a page in a transaction without writes', async (session) => {
    await seed(session);
    return session.outcome(() =>
      session.submit([['page', session.key('a'), session.key('z'), 2, '']]),
    );
  }),
  simple('composite-partial', 'composite keys by their first attributes', async (session) => {
    const { submit, evaluate, key } = session;
    await submit([
      ['composite', key('type'), ['red', '1'], 'x'],
      ['composite', key('type'), ['red', '2'], 'y'],
      ['composite', key('type'), ['redder', '3'], 'z'],
      ['composite', key('type'), ['green', '1'], 'w'],
    ]);
    return evaluate([
      ['partial', key('type'), ['red']],
      ['partial', key('type'), []],
      ['partial', key('type'), ['blue']],
      ['partialPage', key('type'), [], 3, ''],
    ]);
  }),
  simple(
    'composite-apart',
    'composite keys are not in plain ranges',
    async ({ submit, evaluate, key }) => {
      await submit([
        ['composite', key('type'), ['a'], 'x'],
        ['put', key('type1'), 'y'],
      ]);
      return evaluate([['range', key('type'), key('typf')]]);
    },
  ),
  simple('composite-split', 'composite keys come apart again', ({ evaluate }) =>
    evaluate([['split', 'type', ['a', 'ž', '😀']]]),
  ),
  simple(
    'composite-empty-attribute',
    'a composite key with an empty attribute',
    ({ outcome, evaluate }) => outcome(() => evaluate([['split', 'type', ['a', '']]])),
  ),
  simple('composite-empty-type', 'a composite key without type', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['split', '', ['a']]])),
  ),
  simple('query-rich', 'a rich query on LevelDB', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['query', '{"selector":{}}']])),
  ),
  simple('history-order', 'history from the newest on, deletes too', async (session) => {
    const { submit, evaluate, key } = session;
    await submit([['put', key(), '1']]);
    await submit([['put', key(), '2']]);
    await submit([['del', key()]]);
    await submit([['put', key(), '3']]);
    return evaluate([['history', key()]]);
  }),
  simple('history-missing', 'history of a key that never was', ({ evaluate, key }) =>
    evaluate([['history', key()]]),
  ),
  simple('history-last-write', 'two writes in a transaction are one entry', async (session) => {
    const { submit, evaluate, key } = session;
    await submit([
      ['put', key(), '1'],
      ['put', key(), '2'],
    ]);
    return evaluate([['history', key()]]);
  }),
  simple(
    'history-prefix',
    'history of a key does not hold those of longer keys',
    async (session) => {
      const { submit, evaluate, key } = session;
      await submit([
        ['put', key('a'), '1'],
        ['put', key('ab'), '2'],
      ]);
      return evaluate([['history', key('a')]]);
    },
  ),
];
