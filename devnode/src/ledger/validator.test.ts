import { createHash } from 'node:crypto';
import { common, ledger, peer } from '@hyperledger/fabric-protos';
import shim from 'fabric-shim';
import { describe, expect, test } from 'vitest';
import { buildTransaction, createSigners, type TransactionParts } from '../../test/transactions.ts';
import { createMspRegistry, parsePolicy } from '../msp/index.ts';
import { hashedNamespace, type Definitions } from './definition.ts';
import { Simulator, VALIDATION_PARAMETER } from './simulator.ts';
import { StateDb } from './state-db.ts';
import { policyChanges, VALIDATION_CHECKS, type ValidationChecks } from './validation-checks.ts';
import { Validator } from './validator.ts';

const Code = peer.TxValidationCode;
const { material, peerOf, creator } = createSigners();
const registry = createMspRegistry(material);
const collection = (name: string, endorsementPolicy?: string) =>
  [
    name,
    {
      name,
      memberOrgs: new Set(['A', 'B']),
      endorsementPolicy:
        endorsementPolicy === undefined ? undefined : parsePolicy(endorsementPolicy),
      blockToLive: 0,
      memberOnlyRead: false,
      memberOnlyWrite: false,
    },
  ] as const;
const definitions: Definitions = new Map(
  [
    { name: 'cc', policy: "OutOf(2,'A.peer','B.peer','C.peer')" },
    { name: 'other', policy: "AND('C.peer')" },
  ].map(({ name, policy }) => [
    name,
    {
      name,
      version: '1',
      sequence: 1,
      policy: parsePolicy(policy),
      collections: new Map([collection('shared'), collection('own', "AND('A.peer')")]),
    },
  ]),
);
const KNOWN_NONCE = Buffer.alloc(24, 1);
const knownTxId = createHash('sha256').update(KNOWN_NONCE).update(creator.serialized).digest('hex');

/** State with some keys at block 3: `guarded` asks for C alone, `bricked` for what is no policy. */
function newState(): StateDb {
  const state = new StateDb();
  const version = { block: 3n, tx: 0 };
  const value = Buffer.from('old');
  for (const key of ['a', 'b', 'd']) state.put('cc', key, { value, version });
  const guard = new shim.KeyEndorsementPolicy();
  guard.addOrgs('PEER', 'C');
  const policies = { guarded: guard.getPolicy(), bricked: Buffer.from('no policy') };
  for (const [key, bytes] of Object.entries(policies))
    state.put('cc', key, { value, version, metadata: new Map([[VALIDATION_PARAMETER, bytes]]) });
  return state;
}

/** What a chaincode that does this leaves behind, as TxReadWriteSet. */
function simulate(run: (simulator: Simulator) => void): Uint8Array {
  const state = newState();
  const simulator = new Simulator({
    state,
    privateState: new StateDb(),
    txId: '',
    definitions,
    channel: 'ch',
  });
  run(simulator);
  return simulator.readWriteSet();
}

const plainWrite = simulate((simulator) => {
  simulator.get('cc', 'a');
  simulator.put('cc', 'a', Buffer.from('new'));
});

function envelopeWith(changes: Partial<TransactionParts>): Uint8Array {
  return buildTransaction({
    channel: 'ch',
    creator,
    chaincode: 'cc',
    version: '1',
    results: plainWrite,
    endorsers: [peerOf('A'), peerOf('B')],
    ...changes,
  });
}

/** One way to be invalid. */
interface Fault {
  /** The check that finds it. */
  readonly check: string;
  readonly title: string;
  readonly code: number;
  readonly parts?: Partial<TransactionParts>;
  /** What another transaction changed since it was endorsed. */
  readonly meanwhile?: (state: StateDb) => void;
  readonly earlierTxIds?: readonly string[];
  /** A transaction before it in the block, as far as it changes policies. */
  readonly earlierResults?: Uint8Array;
}

const version = { block: 4n, tx: 0 };
const newer = { value: Buffer.from('newer'), version };

const FAULTS: readonly Fault[] = [
  {
    check: 'header.type',
    title: 'another header type',
    code: Code.UNKNOWN_TX_TYPE,
    parts: {
      header: (channel) => {
        channel.setType(common.HeaderType.MESSAGE);
      },
    },
  },
  {
    check: 'header.channel',
    title: 'another channel',
    code: Code.TARGET_CHAIN_NOT_FOUND,
    parts: { channel: 'elsewhere' },
  },
  {
    check: 'header.epoch',
    title: 'an epoch',
    code: Code.BAD_COMMON_HEADER,
    parts: {
      header: (channel) => {
        channel.setEpoch(1);
      },
    },
  },
  {
    check: 'header.nonce',
    title: 'no nonce',
    code: Code.BAD_COMMON_HEADER,
    parts: { nonce: new Uint8Array() },
  },
  {
    check: 'creator.signature',
    title: 'a signature of somebody else',
    code: Code.BAD_CREATOR_SIGNATURE,
    parts: { creator: { ...creator, key: peerOf('A').key } },
  },
  {
    check: 'creator.signature',
    title: 'a creator of an unknown organisation',
    code: Code.BAD_CREATOR_SIGNATURE,
    parts: { creator: { ...creator, serialized: Buffer.from('nobody') } },
  },
  {
    check: 'header.txid',
    title: 'a transaction id that is not of nonce and creator',
    code: Code.BAD_PROPOSAL_TXID,
    parts: {
      lateHeader: (channel) => {
        channel.setTxId('ab'.repeat(32));
      },
    },
  },
  {
    check: 'proposal.hash',
    title: 'a response to another proposal',
    code: Code.INVALID_ENDORSER_TRANSACTION,
    parts: {
      response: (payload) => {
        payload.setProposalHash(Buffer.alloc(32));
      },
    },
  },
  {
    check: 'txid.once-in-block',
    title: 'a transaction that stands earlier in the block',
    code: Code.DUPLICATE_TXID,
    parts: { nonce: Buffer.alloc(24, 2) },
    earlierTxIds: [
      createHash('sha256').update(Buffer.alloc(24, 2)).update(creator.serialized).digest('hex'),
    ],
  },
  {
    check: 'txid.once-on-ledger',
    title: 'a transaction of the ledger',
    code: Code.DUPLICATE_TXID,
    parts: { nonce: KNOWN_NONCE },
  },
  {
    check: 'chaincode.defined',
    title: 'a chaincode that is not there',
    code: Code.INVALID_CHAINCODE,
    parts: { chaincode: 'nope', results: new Uint8Array() },
  },
  {
    check: 'chaincode.version',
    title: 'no version of the chaincode',
    code: Code.INVALID_CHAINCODE,
    parts: { version: '' },
  },
  {
    check: 'namespace.once',
    title: 'a namespace that stands twice',
    code: Code.ILLEGAL_WRITESET,
    parts: { results: Buffer.concat([plainWrite, namespacesOf(plainWrite)]) },
  },
  {
    check: 'policy.invoked',
    title: 'too few for the chaincode invoked, which only called another',
    code: Code.ENDORSEMENT_POLICY_FAILURE,
    parts: {
      results: simulate((simulator) => {
        simulator.put('other', 'k', newer.value);
      }),
      endorsers: [peerOf('C')],
    },
  },
  {
    check: 'namespace.system',
    title: 'a write to the definitions',
    code: Code.ILLEGAL_WRITESET,
    parts: {
      results: simulate((simulator) => {
        simulator.put('cc', 'a', newer.value);
        simulator.put('_lifecycle', 'namespaces/fields/cc/Sequence', newer.value);
      }),
    },
  },
  {
    check: 'namespace.defined',
    title: 'a write to a chaincode that is not there',
    code: Code.INVALID_CHAINCODE,
    parts: {
      results: simulate((simulator) => {
        simulator.put('cc', 'a', newer.value);
        simulator.put('nope', 'k', newer.value);
      }),
    },
  },
  {
    check: 'endorsement.signature',
    title: 'an endorsement with another signature',
    code: Code.ENDORSEMENT_POLICY_FAILURE,
    parts: {
      endorsements: ([first, second]) => {
        if (first === undefined || second === undefined) throw new Error('two endorsements');
        second.setSignature(first.getSignature_asU8());
        return [first, second];
      },
    },
  },
  ...[
    {
      title: 'a write of a key whose policy an earlier transaction of the block changed',
      put: (simulator: Simulator) => {
        simulator.put('cc', 'a', newer.value);
      },
      change: (simulator: Simulator) => {
        simulator.putMetadata('cc', 'a', VALIDATION_PARAMETER, newer.value);
      },
    },
    {
      title: 'the same of a private key',
      put: (simulator: Simulator) => {
        simulator.putPrivate('cc', 'shared', 'k', newer.value);
      },
      change: (simulator: Simulator) => {
        simulator.putPrivateMetadata('cc', 'shared', 'k', VALIDATION_PARAMETER, newer.value);
      },
    },
  ].map(({ title, put, change }) => ({
    ...{ check: 'policy.settled', title, code: Code.ENDORSEMENT_POLICY_FAILURE },
    parts: { results: simulate(put) },
    earlierResults: simulate(change),
  })),
  ...[
    { title: 'one of two endorsers', endorsers: [peerOf('A')] },
    { title: 'two peers of one organisation', endorsers: [peerOf('A'), peerOf('A', 1)] },
    { title: 'one endorsement twice', endorsers: [peerOf('A'), peerOf('A')] },
    { title: 'a client as endorser', endorsers: [peerOf('B'), creator] },
    { title: 'nobody', endorsers: [] },
  ].map(({ title, endorsers }) => ({
    ...{ check: 'policy.namespace', title, code: Code.ENDORSEMENT_POLICY_FAILURE },
    parts: { endorsers },
  })),
  ...[
    {
      title: 'a key that asks for another organisation',
      run: (simulator: Simulator) => {
        simulator.put('cc', 'guarded', newer.value);
      },
    },
    {
      title: 'a change of a key’s policy without the organisation of the old one',
      run: (simulator: Simulator) => {
        simulator.putMetadata('cc', 'guarded', VALIDATION_PARAMETER, newer.value);
      },
    },
    {
      title: 'a guarded key among plain ones',
      run: (simulator: Simulator) => {
        simulator.put('cc', 'a', newer.value);
        simulator.put('cc', 'guarded', newer.value);
      },
    },
    {
      title: 'a key whose policy cannot be read',
      run: (simulator: Simulator) => {
        simulator.put('cc', 'bricked', newer.value);
      },
    },
    {
      title: 'a write of a called chaincode without its policy',
      run: (simulator: Simulator) => {
        simulator.put('cc', 'a', newer.value);
        simulator.put('other', 'k', newer.value);
      },
    },
  ].map(({ title, run }) => ({
    ...{ check: 'policy.namespace', title, code: Code.ENDORSEMENT_POLICY_FAILURE },
    parts: { results: simulate(run) },
  })),
  {
    check: 'policy.namespace',
    title: 'one organisation for a collection without policy of its own',
    code: Code.ENDORSEMENT_POLICY_FAILURE,
    parts: {
      results: simulate((simulator) => {
        simulator.putPrivate('cc', 'shared', 'k', newer.value);
      }),
      endorsers: [peerOf('A')],
    },
  },
  {
    check: 'policy.namespace',
    title: 'others than a collection’s policy asks for',
    code: Code.ENDORSEMENT_POLICY_FAILURE,
    parts: {
      results: simulate((simulator) => {
        simulator.putPrivate('cc', 'own', 'k', newer.value);
      }),
      endorsers: [peerOf('B'), peerOf('C')],
    },
  },
  ...[
    { title: 'a key that was written', change: newer },
    { title: 'a key that was deleted', change: undefined },
    { title: 'a key that got a policy', change: { ...newer, metadata: new Map() } },
  ].map(({ title, change }) => ({
    ...{ check: 'read.version', title, code: Code.MVCC_READ_CONFLICT },
    meanwhile: (state: StateDb) => {
      if (change === undefined) state.delete('cc', 'a');
      else state.put('cc', 'a', change);
    },
  })),
  ...[
    { title: 'a key inside a range', key: 'c' },
    { title: 'a key of a range with another version', key: 'b' },
  ].map(({ title, key }) => ({
    ...{ check: 'range.result', title, code: Code.PHANTOM_READ_CONFLICT },
    parts: {
      results: simulate((simulator) => {
        simulator.openRange('cc', 'a', 'e').next();
        simulator.put('cc', 'sum', newer.value);
      }),
    },
    meanwhile: (state: StateDb) => {
      state.put('cc', key, newer);
    },
  })),
  {
    check: 'private-read.version',
    title: 'a private key that was written',
    code: Code.MVCC_READ_CONFLICT,
    parts: {
      results: simulate((simulator) => {
        simulator.getPrivateHash('cc', 'shared', 'k');
        simulator.putPrivate('cc', 'shared', 'k', newer.value);
      }),
    },
    meanwhile: (state) => {
      const hash = createHash('sha256').update('k').digest().toString('latin1');
      state.put(hashedNamespace('cc', 'shared'), hash, newer);
    },
  },
];

function verdict(
  { parts = {}, meanwhile, earlierTxIds = [], earlierResults }: Partial<Fault>,
  checks?: ValidationChecks,
) {
  const state = newState();
  meanwhile?.(state);
  const context = {
    ...{ channel: 'ch', state, registry, definitions },
    isKnown: (txId: string) => txId === knownTxId,
  };
  const validator = new Validator(context, checks);
  const nothing = { txIds: new Set<string>(), policies: new Set<string>() };
  const before =
    earlierResults === undefined
      ? undefined
      : validator.validate(envelopeWith({ results: earlierResults }), nothing).transaction;
  const earlier = {
    txIds: new Set(earlierTxIds),
    policies: new Set(before === undefined ? [] : policyChanges(before)),
  };
  return validator.validate(envelopeWith(parts), earlier).code;
}

function without(id: string): ValidationChecks {
  return Object.fromEntries(
    Object.entries(VALIDATION_CHECKS).map(([group, checks]) => [
      group,
      (checks as readonly { id: string }[]).filter((check) => check.id !== id),
    ]),
  ) as unknown as ValidationChecks;
}

function allIds(): string[] {
  return Object.values(VALIDATION_CHECKS).flatMap((checks) =>
    (checks as readonly { id: string }[]).map(({ id }) => id),
  );
}

describe('what is valid', () => {
  test('a transaction that lacks nothing', () => {
    expect(verdict({})).toBe(Code.VALID);
  });

  test.each([
    ['any two organisations', { endorsers: [peerOf('C'), peerOf('B', 1)] }],
    [
      'a key’s own policy instead of the chaincode’s',
      {
        results: simulate((simulator) => {
          simulator.put('cc', 'guarded', newer.value);
        }),
        endorsers: [peerOf('C')],
      },
    ],
    [
      'a collection’s own policy',
      {
        results: simulate((simulator) => {
          simulator.putPrivate('cc', 'own', 'k', newer.value);
        }),
        endorsers: [peerOf('A')],
      },
    ],
    [
      'an unreadable endorser beside enough others',
      {
        endorsements: (list: peer.Endorsement[]) => {
          const strange = new peer.Endorsement();
          strange.setEndorser(Buffer.from('strange'));
          return [strange, ...list];
        },
      },
    ],
  ] satisfies [string, Partial<TransactionParts>][])('%s', (_title, parts) => {
    expect(verdict({ parts })).toBe(Code.VALID);
  });

  test('what changed outside of what was read', () => {
    const meanwhile = (state: StateDb) => {
      state.put('cc', 'b', newer);
    };
    expect(verdict({ meanwhile })).toBe(Code.VALID);
  });
});

describe('what is not', () => {
  test.each(FAULTS.map((fault) => [fault.check, fault.title, fault] as const))(
    '%s: %s',
    (_check, _title, fault) => {
      expect(verdict(fault)).toBe(fault.code);
    },
  );

  test('octets that are no envelope, no payload, no transaction', () => {
    const validator = new Validator({
      ...{ channel: 'ch', state: newState(), registry, definitions },
      isKnown: () => false,
    });
    const nothing = { txIds: new Set<string>(), policies: new Set<string>() };
    expect(validator.validate(Buffer.from([0xff]), nothing).code).toBe(Code.BAD_PAYLOAD);
    expect(validator.validate(Buffer.of(), nothing).code).toBe(Code.BAD_PAYLOAD);
  });
});

describe('each check is needed', () => {
  test('ids are unique and every one has a fault that it finds', () => {
    expect(new Set(allIds()).size).toBe(allIds().length);
    expect([...new Set(FAULTS.map(({ check }) => check))].toSorted()).toEqual(allIds().toSorted());
  });

  test.each(FAULTS.map((fault) => [fault.check, fault.title, fault] as const))(
    'without %s nothing finds %s',
    (check, _title, fault) => {
      expect(verdict(fault, without(check))).not.toBe(fault.code);
    },
  );
});

/** The namespaces of a read-write set without the data model before them: appended, they stand twice. */
function namespacesOf(results: Uint8Array): Uint8Array {
  const copy = ledger.rwset.TxReadWriteSet.deserializeBinary(results);
  const again = new ledger.rwset.TxReadWriteSet();
  again.setNsRwsetList(copy.getNsRwsetList());
  return again.serializeBinary();
}
