import { createHash } from 'node:crypto';
import type { Operation, Party, Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { withoutPeers } from '../normalise.ts';
import { simple } from './simple.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function put(
  session: Session,
  collection: string,
  value: string,
  orgs?: string[],
): Promise<void> {
  await session.submit(
    [['privatePut', collection, session.key(), value]],
    orgs === undefined ? {} : { endorsingOrganizations: orgs },
  );
}

async function evaluateBy(party: Party, operations: readonly Operation[]): Promise<unknown> {
  const payload = await party.contract().evaluateTransaction('run', JSON.stringify(operations));
  return JSON.parse(Buffer.from(payload).toString()) as unknown;
}

/** Private collections: `shared` of Org1 and Org2, `own` of Org1 with a policy of its own, `brief` of all. */
export const privateDataCases: readonly ConformanceCase[] = [
  simple('private-members', 'members read what a member wrote', async (session) => {
    await put(session, 'shared', 'v', ['Org1MSP', 'Org2MSP']);
    const read: Operation[] = [['privateGet', 'shared', session.key()]];
    return [await evaluateBy(session.org1, read), await evaluateBy(session.org2, read)];
  }),
  simple('private-foreign-read', 'no member reads', async (session) => {
    await put(session, 'shared', 'v', ['Org1MSP', 'Org2MSP']);
    return session.outcome(() =>
      evaluateBy(session.org3, [['privateGet', 'shared', session.key()]]),
    );
  }),
  simple('private-foreign-write', 'no member writes', (session) =>
    session.outcome(() =>
      session.submit([['privatePut', 'shared', session.key(), 'v']], { party: session.org3 }),
    ),
  ),
  simple('private-foreign-hash', 'everybody reads the hash', async (session) => {
    await put(session, 'shared', 'v', ['Org1MSP', 'Org2MSP']);
    const [hash] = (await evaluateBy(session.org3, [['privateHash', 'shared', session.key()]])) as [
      string,
    ];
    return hash === sha256('v');
  }),
  simple('private-missing', 'a key that is not there', ({ evaluate, key }) =>
    evaluate([
      ['privateGet', 'shared', key()],
      ['privateHash', 'shared', key()],
    ]),
  ),
  simple('private-unknown-read', 'an unknown collection, read', ({ outcome, evaluate, key }) =>
    outcome(() => evaluate([['privateGet', 'nope', key()]])),
  ),
  simple('private-unknown-write', 'an unknown collection, written', ({ outcome, submit, key }) =>
    outcome(() => submit([['privatePut', 'nope', key(), '1']])),
  ),
  simple('private-unknown-hash', 'an unknown collection, hash', ({ outcome, evaluate, key }) =>
    outcome(() => evaluate([['privateHash', 'nope', key()]])),
  ),
  simple('private-empty-collection', 'no collection name', ({ outcome, evaluate, key }) =>
    outcome(() => evaluate([['privateGet', '', key()]])),
  ),
  simple('private-empty-key', 'no key', ({ outcome, submit }) =>
    outcome(() => submit([['privatePut', 'shared', '', 'x']])),
  ),
  simple(
    'private-own-policy',
    'a collection’s own policy: its organisation suffices',
    async (session) => {
      await put(session, 'own', 'v');
      return session.evaluate([['privateGet', 'own', session.key()]]);
    },
  ),
  simple(
    'private-chaincode-policy',
    'without own policy the chaincode’s holds: one is too few',
    (session) => session.outcome(() => put(session, 'shared', 'v', ['Org1MSP'])),
  ),
  simple(
    'private-own-and-public',
    'own collection and a public write by one organisation',
    (session) =>
      session.outcome(() =>
        session.submit(
          [
            ['privatePut', 'own', session.key(), 'v'],
            ['put', session.key(), 'v'],
          ],
          { endorsingOrganizations: ['Org1MSP'] },
        ),
      ),
  ),
  simple('private-own-explicit', 'own collection by one organisation', (session) =>
    session.outcome(async () => {
      await put(session, 'own', 'v', ['Org1MSP']);
      return session.evaluate([['privateGet', 'own', session.key()]]);
    }),
  ),
  simple('private-transient', 'a value from transient data', async (session) => {
    const operations: Operation[] = [['transientPut', 'shared', session.key(), 'value']];
    await session.submit(operations, { transientData: { value: 'secret' } });
    return session.evaluate([['privateGet', 'shared', session.key()]]);
  }),
  simple(
    'private-transient-own',
    'transient data and a collection of one organisation',
    async (session) => {
      const operations: Operation[] = [['transientPut', 'own', session.key(), 'value']];
      return session.outcome(async () => {
        await session.submit(operations, { transientData: { value: 'secret' } });
        return session.evaluate([['privateGet', 'own', session.key()]]);
      });
    },
  ),
  simple(
    'private-transient-mixed',
    'transient data, own collection and a public write',
    async (session) =>
      session.outcome(() =>
        session.submit(
          [
            ['transientPut', 'own', session.key(), 'value'],
            ['put', session.key(), 'v'],
          ],
          { transientData: { value: 'secret' } },
        ),
      ),
  ),
  simple('private-untransient-mixed', 'the same without transient data', async (session) =>
    session
      .outcome(() =>
        session.submit([
          ['privatePut', 'own', session.key(), 'v'],
          ['put', session.key(), 'v'],
        ]),
      )
      .then(withoutPeers),
  ),
  simple('private-own-writes', 'own private writes are not seen', (session) =>
    session.evaluate([
      ['privatePut', 'shared', session.key(), 'v'],
      ['privateGet', 'shared', session.key()],
    ]),
  ),
  simple('private-delete', 'a deleted value is gone, its hash too', async (session) => {
    await put(session, 'shared', 'v', ['Org1MSP', 'Org2MSP']);
    await session.submit([['privateDel', 'shared', session.key()]], {
      endorsingOrganizations: ['Org1MSP', 'Org2MSP'],
    });
    return session.evaluate([
      ['privateGet', 'shared', session.key()],
      ['privateHash', 'shared', session.key()],
    ]);
  }),
  simple('private-purge', 'a purged value is gone', async (session) => {
    await put(session, 'shared', 'v', ['Org1MSP', 'Org2MSP']);
    await session.submit([['privatePurge', 'shared', session.key()]], {
      endorsingOrganizations: ['Org1MSP', 'Org2MSP'],
    });
    return session.evaluate([
      ['privateGet', 'shared', session.key()],
      ['privateHash', 'shared', session.key()],
    ]);
  }),
  simple('private-range', 'a private range', async (session) => {
    const { key, submit, evaluate } = session;
    const operations: Operation[] = ['a', 'b', 'c'].map((name) => [
      'privatePut',
      'shared',
      key(name),
      name,
    ]);
    await submit(operations, { endorsingOrganizations: ['Org1MSP', 'Org2MSP'] });
    return evaluate([['privateRange', 'shared', key('a'), key('c')]]);
  }),
  simple('private-range-write', 'a private range and a write', ({ outcome, evaluate, key }) =>
    outcome(() =>
      evaluate([
        ['privateRange', 'shared', key('a'), key('c')],
        ['privatePut', 'shared', key(), '1'],
      ]),
    ),
  ),
  simple(
    'private-range-public-write',
    'a private range and a public write',
    ({ outcome, evaluate, key }) =>
      outcome(() =>
        evaluate([
          ['privateRange', 'shared', key('a'), key('c')],
          ['put', key(), '1'],
        ]),
      ),
  ),
  simple('private-apart', 'private and public keys of one name', async (session) => {
    await session.submit([['put', session.key(), 'public']]);
    await put(session, 'brief', 'private');
    return session.evaluate([
      ['get', session.key()],
      ['privateGet', 'brief', session.key()],
    ]);
  }),
  simple('private-mvcc', 'a private read of what changed', async (session) => {
    const { key, submit, outcome, org1 } = session;
    await put(session, 'brief', '0');
    const script = JSON.stringify([
      ['privateGet', 'brief', key()],
      ['privatePut', 'brief', key(), '1'],
    ]);
    const proposal = org1.contract().newProposal('run', { arguments: [script] });
    const late = await proposal.endorse();
    await submit([['privatePut', 'brief', key(), '2']]);
    return outcome(async () => (await (await late.submit()).getStatus()).code);
  }),
  simple('private-block-to-live', 'a value lives for its number of blocks', async (session) => {
    const { key, submit, evaluate } = session;
    await put(session, 'brief', 'v');
    const read: Operation[] = [
      ['privateGet', 'brief', key()],
      ['privateHash', 'brief', key()],
    ];
    const seen = [await evaluate(read)];
    for (let block = 0; block < 3; block += 1) {
      await submit([['put', key('tick'), String(block)]]);
      seen.push(await evaluate(read));
    }
    return seen.map((row) => (row as readonly string[]).map((value) => value !== ''));
  }),
];
