import type { Operation, Session, SubmitOptions } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { withoutPeers, type Plain } from '../normalise.ts';
import { simple } from './simple.ts';

const by = (...mspIds: string[]): SubmitOptions => ({ endorsingOrganizations: mspIds });

async function guarded(session: Session, ...mspIds: string[]): Promise<void> {
  const { key, submit } = session;
  await submit([
    ['put', key(), '0'],
    ['policySet', key(), 'PEER', ...mspIds],
  ]);
}

function write({ key }: Session): readonly Operation[] {
  return [['put', key(), '1']];
}

/**
 * A change of a key's policy and, endorsed by whom both policies ask for, a transaction on the same key, until the two stand in
 * one block: only then do they tell how a block is validated.
 */
async function sameBlock(session: Session, what: 'write' | 'read' | 'policy'): Promise<Plain> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const key = session.key(String(attempt));
    const change: Operation = ['policySet', key, 'PEER', 'Org1MSP', 'Org2MSP'];
    const second: Operation = { write: ['put', key, '1'], read: ['get', key], policy: change }[
      what
    ] as unknown as Operation;
    await session.submit([['put', key, '0']]);
    const endorse = (operation: Operation) =>
      session.org1
        .contract()
        .newProposal('run', {
          arguments: [JSON.stringify([operation])],
          ...by('Org1MSP', 'Org2MSP'),
        })
        .endorse();
    const transactions = [await endorse(change), await endorse(second)];
    const submitted = [];
    for (const transaction of transactions) submitted.push(await transaction.submit());
    const [a, b] = await Promise.all(submitted.map((entry) => entry.getStatus()));
    if (a !== undefined && a.blockNumber === b?.blockNumber) return [a.code, b.code];
  }
  return 'never in one block';
}

/** Endorsement policies of chaincodes and of keys, and calls between chaincodes. */
export const policyCases: readonly ConformanceCase[] = [
  simple('policy-one', 'one of two organisations', (session) =>
    session.outcome(() => session.submit(write(session), by('Org1MSP'))),
  ),
  simple('policy-two', 'two organisations', (session) =>
    session.outcome(() => session.submit(write(session), by('Org2MSP', 'Org3MSP'))),
  ),
  simple('policy-three', 'all three organisations', (session) =>
    session.outcome(() => session.submit(write(session), by('Org1MSP', 'Org2MSP', 'Org3MSP'))),
  ),
  simple('policy-same-twice', 'one organisation named twice', (session) =>
    session.outcome(() => session.submit(write(session), by('Org1MSP', 'Org1MSP'))),
  ),
  simple('policy-unknown-org', 'an unknown organisation', (session) =>
    session.outcome(() => session.submit(write(session), by('Org9MSP'))),
  ),
  simple('policy-known-and-unknown', 'a known and an unknown organisation', (session) =>
    session.outcome(() => session.submit(write(session), by('Org1MSP', 'Org9MSP'))),
  ),
  simple('policy-read-only-one', 'a read-only transaction by one organisation', (session) =>
    session.outcome(() => session.submit([['get', session.key()]], by('Org1MSP'))),
  ),
  simple('policy-any', 'a chaincode that asks for one', (session) =>
    session.outcome(() =>
      session.submit(write(session), { chaincode: 'second', ...by('Org3MSP') }),
    ),
  ),
  simple('policy-not-own', 'endorsed by others than the gateway’s organisation', (session) =>
    session.outcome(() =>
      session.submit(write(session), { party: session.org1, ...by('Org2MSP', 'Org3MSP') }),
    ),
  ),
  simple('policy-disagree', 'endorsers whose results differ', (session) =>
    session
      .outcome(() => session.submit([['putOrganization', session.key()]], by('Org1MSP', 'Org2MSP')))
      .then(withoutPeers),
  ),
  simple('policy-disagree-result', 'endorsers whose answers differ, without writes', (session) =>
    session
      .outcome(() => session.submit([['organization']], by('Org1MSP', 'Org2MSP')))
      .then(withoutPeers),
  ),
  simple('policy-random', 'a random result', (session) =>
    session
      .outcome(() => session.submit([['random']], by('Org1MSP', 'Org2MSP')))
      .then(withoutPeers),
  ),
  simple(
    'policy-evaluate-unknown-org',
    'evaluating at an unknown organisation',
    ({ outcome, org1 }) =>
      outcome(() =>
        org1.contract().evaluate('echo', { arguments: ['x'], endorsingOrganizations: ['Org9MSP'] }),
      ),
  ),
  simple('key-policy-get', 'reading a key’s policy', async (session) => {
    await guarded(session, 'Org1MSP');
    const { evaluate, key } = session;
    return [await evaluate([['policyGet', key()]]), await evaluate([['policyGet', key('none')]])];
  }),
  simple('key-policy-two-bytes', 'the bytes of a policy of two', async (session) => {
    await guarded(session, 'Org1MSP', 'Org2MSP');
    return session.evaluate([['policyGet', session.key()]]);
  }),
  simple('key-policy-suffices', 'a key’s policy replaces the chaincode’s', async (session) => {
    await guarded(session, 'Org1MSP');
    return session.outcome(() => session.submit(write(session), by('Org1MSP')));
  }),
  simple('key-policy-fails', 'others cannot write the key', async (session) => {
    await guarded(session, 'Org1MSP');
    return session.outcome(() => session.submit(write(session), by('Org2MSP', 'Org3MSP')));
  }),
  simple(
    'key-policy-found',
    'the gateway finds the organisation that a key asks for',
    async (session) => {
      await guarded(session, 'Org3MSP');
      return session.outcome(() => session.submit(write(session)));
    },
  ),
  simple('key-policy-all', 'a key that asks for two', async (session) => {
    await guarded(session, 'Org2MSP', 'Org3MSP');
    return [
      await session.outcome(() => session.submit(write(session), by('Org1MSP', 'Org2MSP'))),
      await session.outcome(() => session.submit(write(session), by('Org2MSP', 'Org3MSP'))),
    ];
  }),
  simple(
    'key-policy-and-plain',
    'a guarded and a plain key in one transaction',
    async (session) => {
      await guarded(session, 'Org1MSP');
      const both: Operation[] = [...write(session), ['put', session.key('plain'), '1']];
      return session.outcome(() => session.submit(both, by('Org1MSP')));
    },
  ),
  simple('key-policy-change', 'changing a policy needs the old one', async (session) => {
    await guarded(session, 'Org1MSP');
    const change: Operation[] = [['policySet', session.key(), 'PEER', 'Org2MSP']];
    return [
      await session.outcome(() => session.submit(change, by('Org2MSP', 'Org3MSP'))),
      await session.outcome(() => session.submit(change, by('Org1MSP'))),
      await session.outcome(() => session.submit(write(session), by('Org2MSP'))),
    ];
  }),
  simple('key-policy-missing-key', 'a policy on a key that is not there', async (session) => {
    const { key, submit, evaluate } = session;
    await submit([['policySet', key(), 'PEER', 'Org1MSP']]);
    return evaluate([['policyGet', key()]]);
  }),
  simple('key-policy-delete', 'a deleted key loses its policy', async (session) => {
    await guarded(session, 'Org1MSP');
    const { key, submit, evaluate } = session;
    await submit([['del', key()]], by('Org1MSP'));
    const gone = await evaluate([['policyGet', key()]]);
    return [gone, await session.outcome(() => submit(write(session), by('Org2MSP', 'Org3MSP')))];
  }),
  simple('key-policy-delete-others', 'others cannot delete the key', async (session) => {
    await guarded(session, 'Org1MSP');
    return session.outcome(() =>
      session.submit([['del', session.key()]], by('Org2MSP', 'Org3MSP')),
    );
  }),
  simple('key-policy-garbage', 'bytes that are no policy lock the key', async (session) => {
    const { key, submit, outcome } = session;
    await submit([
      ['put', key(), '0'],
      ['policyRaw', key(), '0102030405'],
    ]);
    return outcome(() => submit(write(session), by('Org1MSP', 'Org2MSP', 'Org3MSP')));
  }),
  simple(
    'key-policy-unknown-org',
    'a policy of an unknown organisation locks the key',
    async (session) => {
      await guarded(session, 'Org9MSP');
      return session.outcome(() =>
        session.submit(write(session), by('Org1MSP', 'Org2MSP', 'Org3MSP')),
      );
    },
  ),
  simple('key-policy-member', 'a policy of members', async (session) => {
    const { key, submit, evaluate, outcome } = session;
    await submit([
      ['put', key(), '0'],
      ['policySet', key(), 'MEMBER', 'Org1MSP'],
    ]);
    return [
      await evaluate([['policyGet', key()]]),
      await outcome(() => submit(write(session), by('Org1MSP'))),
    ];
  }),
  simple('key-policy-conflict', 'a write endorsed before the policy changed', async (session) => {
    const { key, submit, org1 } = session;
    await submit([['put', key(), '0']]);
    const script = JSON.stringify([['put', key(), '1']]);
    const late = await org1
      .contract()
      .newProposal('run', { arguments: [script] })
      .endorse();
    await submit([['policySet', key(), 'PEER', 'Org3MSP', 'Org2MSP', 'Org1MSP']]);
    return session.outcome(async () => (await (await late.submit()).getStatus()).code);
  }),
  ...(['write', 'read', 'policy'] as const).map((what) =>
    simple(
      `key-policy-block-${what}`,
      `behind a change of a key’s policy in the same block: ${what}`,
      async (session) => sameBlock(session, what),
    ),
  ),
  simple('call-result', 'a call of another chaincode', ({ evaluate, key }) =>
    evaluate([['call', 'second', [['get', key()], ['organization']], '']]),
  ),
  simple('call-writes', 'writes of the callee are committed in its namespace', async (session) => {
    const { key, submit, evaluate } = session;
    await submit([
      ['put', key('own'), '1'],
      ['call', 'second', [['put', key(), 'by second']], ''],
    ]);
    return [await evaluate([['get', key()]]), await evaluate([['get', key()]], 'second')];
  }),
  simple(
    'call-only',
    'a caller without reads and writes: the gateway forgets its policy',
    (session) =>
      session.outcome(() =>
        session.submit([['call', 'second', [['put', session.key(), 'x']], '']]),
      ),
  ),
  simple('call-channel-named', 'a call with the channel’s own name', ({ evaluate, key, target }) =>
    evaluate([['call', 'second', [['get', key()]], target.channel]]),
  ),
  simple('call-missing', 'a chaincode that is not there', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['call', 'nope', [], '']])),
  ),
  simple('call-channel-missing', 'a channel that is not there', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['call', 'second', [], 'nochannel']])),
  ),
  simple('call-self', 'a chaincode that calls itself', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['call', 'probe', [], '']])),
  ),
  simple('call-callback', 'a callee that calls back', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['call', 'second', [['call', 'probe', [], '']], '']])),
  ),
  simple('call-fails', 'an error of the callee', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['call', 'second', [['raise', 'callee says no']], '']])),
  ),
  simple('call-fails-writes', 'writes of a callee that failed stay', async (session) => {
    const { key, submit, evaluate } = session;
    await submit([
      ['put', key('own'), '1'],
      [
        'call',
        'second',
        [
          ['put', key(), 'x'],
          ['raise', 'no'],
        ],
        '',
      ],
    ]);
    return evaluate([['get', key()]], 'second');
  }),
  simple('call-twice', 'two calls of one chaincode', ({ evaluate, key }) =>
    evaluate([
      ['call', 'second', [['put', key(), '1']], ''],
      ['call', 'second', [['get', key()]], ''],
    ]),
  ),
  simple('call-policy', 'the callee’s writes need the callee’s policy only', (session) =>
    session.outcome(() =>
      session.submit([['call', 'probe', [['put', session.key(), 'x']], '']], {
        chaincode: 'second',
        ...by('Org1MSP'),
      }),
    ),
  ),
  simple('call-policy-found', 'the gateway knows the callee’s policy', (session) =>
    session.outcome(() =>
      session.submit([['call', 'probe', [['put', session.key(), 'x']], '']], {
        chaincode: 'second',
      }),
    ),
  ),
  simple('call-system', 'a call of a system chaincode', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['call', 'qscc', [], '']])),
  ),
];
