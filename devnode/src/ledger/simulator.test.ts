import { ledger } from '@hyperledger/fabric-protos';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../msp/index.ts';
import { hashedNamespace, privateNamespace, type Definitions } from './definition.ts';
import { keyHash, Simulator, VALIDATION_PARAMETER } from './simulator.ts';
import { StateDb } from './state-db.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const definitions: Definitions = new Map([
  [
    'cc',
    {
      name: 'cc',
      version: '1',
      sequence: 1,
      policy: parsePolicy("AND('A.peer')"),
      collections: new Map([
        [
          'c',
          {
            name: 'c',
            memberOrgs: new Set(['A']),
            endorsementPolicy: undefined,
            blockToLive: 0,
            memberOnlyRead: false,
            memberOnlyWrite: false,
          },
        ],
      ]),
    },
  ],
]);

function prepare(fill: (state: StateDb, privateState: StateDb) => void = () => undefined) {
  const [state, privateState] = [new StateDb(), new StateDb()];
  fill(state, privateState);
  const simulator = new Simulator({
    ...{ state, privateState, definitions },
    txId: 'tx',
    channel: 'ch',
  });
  return { simulator, set: () => setOf(simulator) };
}

/** Reads, writes and ranges of namespace `cc`. */
function setOf(simulator: Simulator) {
  const all = ledger.rwset.TxReadWriteSet.deserializeBinary(simulator.readWriteSet());
  const item = all.getNsRwsetList().find((entry) => entry.getNamespace() === 'cc');
  const set = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(
    item?.getRwset_asU8() ?? new Uint8Array(),
  );
  return {
    namespaces: all.getNsRwsetList().map((entry) => entry.getNamespace()),
    reads: set.getReadsList().map((read) => [read.getKey(), read.getVersion()?.getBlockNum()]),
    writes: set
      .getWritesList()
      .map((write) => [
        write.getKey(),
        write.getIsDelete() ? null : Buffer.from(write.getValue_asU8()).toString(),
      ]),
    ranges: set
      .getRangeQueriesInfoList()
      .map((range) => [range.getStartKey(), range.getEndKey(), range.getItrExhausted()]),
  };
}

const version = { block: 7n, tx: 0 };
const filled =
  (...keys: string[]) =>
  (state: StateDb) => {
    for (const key of keys) state.put('cc', key, { value: bytes(`${key}!`), version });
  };

describe('a simulation', () => {
  test('reads what is committed, never what it wrote itself, and binds the version it saw', () => {
    const { simulator, set } = prepare(filled('a'));
    simulator.put('cc', 'a', bytes('new'));
    simulator.put('cc', 'n', bytes('new'));
    expect(Buffer.from(simulator.get('cc', 'a')).toString()).toBe('a!');
    expect(simulator.get('cc', 'n').length).toBe(0);
    expect(set().reads).toEqual([
      ['a', 7],
      ['n', undefined],
    ]);
  });

  test('writes blindly: no read; the last write of a key counts; an empty value is a delete', () => {
    const { simulator, set } = prepare(filled('a'));
    simulator.put('cc', 'b', bytes('1'));
    simulator.put('cc', 'b', bytes('2'));
    simulator.put('cc', 'a', bytes(''));
    expect(set()).toMatchObject({
      reads: [],
      writes: [
        ['a', null],
        ['b', '2'],
      ],
    });
  });

  test('orders namespaces and keys by their octets', () => {
    const { simulator, set } = prepare();
    for (const key of ['😀', '\uffee', 'b', 'a']) simulator.put('cc', key, bytes('1'));
    simulator.put('aa', 'k', bytes('1'));
    simulator.useDefinition('cc');
    expect(set().writes.map(([key]) => key)).toEqual(['a', 'b', '\uffee', '😀']);
    expect(set().namespaces).toEqual(['_lifecycle', 'aa', 'cc']);
  });

  test('binds a range to what was fetched: 100 rows and the next, or all of it', () => {
    const names = Array.from({ length: 250 }, (_, index) => `k${String(index).padStart(3, '0')}`);
    const { simulator, set } = prepare(filled(...names));
    const cursor = simulator.openRange('cc', 'k', 'l');
    expect(cursor.next()).toMatchObject({ hasMore: true, rows: { length: 100 } });
    expect(set().ranges).toEqual([['k', 'k100', false]]);
    expect(cursor.next().hasMore).toBe(true);
    expect(set().ranges).toEqual([['k', 'k200', false]]);
    expect(cursor.next()).toMatchObject({ hasMore: false, rows: { length: 50 } });
    expect(set().ranges).toEqual([['k', 'l', true]]);
  });

  test('pages: a bookmark is the next key, and pages and writes exclude each other', () => {
    const { simulator } = prepare(filled('a', 'b', 'c'));
    const first = simulator.page('cc', 'a', '', 2, '');
    expect([first.rows.map(({ key }) => key), first.bookmark]).toEqual([['a', 'b'], 'c']);
    const last = simulator.page('cc', 'a', '', 2, 'c');
    expect([last.rows.map(({ key }) => key), last.bookmark]).toEqual([['c'], '']);
    expect(() => {
      simulator.put('cc', 'x', bytes('1'));
    }).toThrow('already performed a paginated query');
    const writing = prepare().simulator;
    writing.put('cc', 'x', bytes('1'));
    expect(() => writing.page('cc', '', '', 1, '')).toThrow('Paginated queries are supported only');
  });

  test('private ranges and writes exclude each other, in both orders', () => {
    const reading = prepare().simulator;
    reading.openPrivateRange('cc', 'c', '', '');
    expect(() => {
      reading.put('cc', 'x', bytes('1'));
    }).toThrow('already performed queries on pvt data');
    const writing = prepare().simulator;
    writing.put('cc', 'x', bytes('1'));
    expect(() => writing.openPrivateRange('cc', 'c', '', '')).toThrow(
      'Queries on pvt data is supported only',
    );
  });

  test('a private value whose hash is of another version is not given out', () => {
    const hash = { value: bytes('hash'), version: { block: 9n, tx: 0 } };
    const { simulator } = prepare((state, privateState) => {
      state.put(hashedNamespace('cc', 'c'), keyHash('k'), hash);
      privateState.put(privateNamespace('cc', 'c'), 'k', { value: bytes('old'), version });
    });
    expect(() => simulator.getPrivate('cc', 'c', 'k')).toThrow(
      'private data matching public hash version is not available. Public hash version = {BlockNum: 9, TxNum: 0}, Private data version = {BlockNum: 7, TxNum: 0}',
    );
  });

  test('an unknown collection is refused', () => {
    const { simulator } = prepare();
    for (const call of [
      () => simulator.getPrivate('cc', 'x', 'k'),
      () => simulator.getPrivateHash('cc', 'x', 'k'),
      () => {
        simulator.putPrivate('cc', 'x', 'k', bytes('1'));
      },
    ])
      expect(call).toThrow('collection');
  });
});

describe('what a transaction’s endorsement must satisfy', () => {
  test('a key’s own policy where it has one, else the chaincode’s or the collection’s', () => {
    const metadata = new Map([[VALIDATION_PARAMETER, bytes('policy')]]);
    const { simulator } = prepare((state) => {
      state.put('cc', 'guarded', { value: bytes('1'), version, metadata });
    });
    simulator.put('cc', 'guarded', bytes('2'));
    simulator.put('cc', 'plain', bytes('2'));
    simulator.putPrivate('cc', 'c', 'k', bytes('2'));
    expect(simulator.interest()).toEqual({
      policies: [
        { kind: 'key', bytes: bytes('policy') },
        { kind: 'chaincode', namespace: 'cc' },
        { kind: 'collection', namespace: 'cc', collection: 'c' },
      ],
      collections: [{ namespace: 'cc', collection: 'c' }],
    });
  });

  test('reads alone: the chaincode’s', () => {
    const { simulator } = prepare(filled('a'));
    simulator.get('cc', 'a');
    expect(simulator.interest().policies).toEqual([{ kind: 'chaincode', namespace: 'cc' }]);
  });

  test('plain private values go to members only by their hashes', () => {
    const { simulator } = prepare();
    simulator.putPrivate('cc', 'c', 'k', bytes('very secret'));
    expect(Buffer.from(simulator.readWriteSet()).includes('very secret')).toBe(false);
    expect(simulator.privateWrites()).toMatchObject([{ namespace: 'cc', collection: 'c' }]);
    expect(Buffer.from(simulator.privateWrites()[0]?.rwset ?? []).includes('very secret')).toBe(
      true,
    );
  });
});
