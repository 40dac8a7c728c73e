import { createHash } from 'node:crypto';
import type { ConformanceCase } from '../suite.ts';
import { simple } from './simple.ts';

/** What chaincode is told about a call, and how results and errors of it reach the client. */
export const executionCases: readonly ConformanceCase[] = [
  simple('exec-echo', 'evaluate returns what the chaincode returned', async ({ org1 }) =>
    Buffer.from(await org1.contract().evaluateTransaction('echo', 'hello')).toString(),
  ),
  simple('exec-echo-unicode', 'texts survive in UTF-8', async ({ org1 }) =>
    Buffer.from(await org1.contract().evaluateTransaction('echo', 'žluť 😀 \u0000')).toString(),
  ),
  simple('exec-void', 'a function without result gives no bytes', ({ org1 }) =>
    org1.contract().evaluateTransaction('nothing'),
  ),
  simple('exec-empty', 'an empty text gives no bytes', ({ org1 }) =>
    org1.contract().evaluateTransaction('empty'),
  ),
  simple('exec-number', 'a number arrives as JSON', async ({ org1 }) =>
    Buffer.from(await org1.contract().evaluateTransaction('number')).toString(),
  ),
  simple('exec-buffer', 'a Buffer arrives as its JSON', async ({ org1 }) =>
    Buffer.from(await org1.contract().evaluateTransaction('buffer')).toString(),
  ),
  simple('exec-submit-result', 'submit returns the result after the commit', async ({ org1 }) =>
    Buffer.from(await org1.contract().submitTransaction('echo', 'done')).toString(),
  ),
  simple(
    'exec-evaluate-org2',
    'evaluate runs on the organisation of the gateway',
    async ({ org2 }) =>
      Buffer.from(
        await org2.contract().evaluateTransaction('run', '[["organization"]]'),
      ).toString(),
  ),
  simple(
    'exec-evaluate-org3',
    'evaluate runs on the organisation of the gateway',
    async ({ org3 }) =>
      Buffer.from(
        await org3.contract().evaluateTransaction('run', '[["organization"]]'),
      ).toString(),
  ),
  simple('exec-evaluate-target', 'evaluate runs on the organisation asked for', async ({ org1 }) =>
    Buffer.from(
      await org1.contract().evaluate('run', {
        arguments: ['[["organization"]]'],
        endorsingOrganizations: ['Org3MSP'],
      }),
    ).toString(),
  ),
  simple(
    'exec-evaluate-writes-nothing',
    'an evaluated write is gone',
    async ({ evaluate, key }) => [
      await evaluate([['put', key(), '1']]),
      await evaluate([['get', key()]]),
    ],
  ),
  simple('exec-context', 'channel and own organisation', ({ evaluate }) =>
    evaluate([['channel'], ['mspId'], ['args'], ['organization']]),
  ),
  simple('exec-txid', 'the transaction id is the client’s', async ({ org1 }) => {
    const proposal = org1.contract().newProposal('run', { arguments: ['[["txId"]]'] });
    const seen = Buffer.from(await proposal.evaluate()).toString();
    return seen === JSON.stringify([proposal.getTransactionId()]);
  }),
  simple(
    'exec-creator',
    'the creator is the client’s certificate as it was sent',
    async ({ org1 }) => {
      const payload = await org1.contract().evaluateTransaction('run', '[["creator"]]');
      const [seen] = JSON.parse(Buffer.from(payload).toString()) as [
        { mspid: string; pem: string },
      ];
      const sent = createHash('sha256').update(org1.certificatePem).digest('hex');
      return { mspId: seen.mspid, same: seen.pem === sent };
    },
  ),
  simple('exec-binding', 'the binding is 32 bytes', async ({ org1 }) => {
    const payload = await org1.contract().evaluateTransaction('run', '[["binding"]]');
    return (JSON.parse(Buffer.from(payload).toString()) as [string])[0].length;
  }),
  simple('exec-proposal', 'the signed proposal is there', async ({ org1 }) => {
    const payload = await org1.contract().evaluateTransaction('run', '[["proposal"]]');
    return (JSON.parse(Buffer.from(payload).toString()) as [{ keys: string[] }])[0].keys;
  }),
  simple('exec-time', 'the time is the client’s, the same in both forms', async ({ org1 }) => {
    const beforeMs = Date.now();
    const payload = await org1.contract().evaluateTransaction('run', '[["time"],["dateTime"]]');
    const [first, second] = JSON.parse(Buffer.from(payload).toString()) as [number, number];
    return { same: first === second, near: Math.abs(first - beforeMs) < 5000 };
  }),
  simple('exec-identity', 'subject and issuer of the client', ({ evaluate }) =>
    evaluate([['identity']]),
  ),
  simple('exec-attribute-missing', 'an attribute that is not there is null', ({ evaluate }) =>
    evaluate([['attribute', 'colour']]),
  ),
  simple('exec-attribute', 'an attribute of the certificate', ({ evaluate }) =>
    evaluate([['attribute', 'level']]),
  ),
  simple('exec-transient', 'transient data reach the chaincode', async ({ org1 }) =>
    Buffer.from(
      await org1.contract().evaluate('run', {
        arguments: ['[["transient"]]'],
        transientData: { a: 'secret', b: Buffer.from([1]) },
      }),
    ).toString(),
  ),
  simple('exec-transient-none', 'no transient data', ({ evaluate }) => evaluate([['transient']])),
  simple('exec-throw-evaluate', 'an error of the chaincode, evaluated', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['raise', 'no such asset']])),
  ),
  simple('exec-throw-endorse', 'an error of the chaincode, endorsed', ({ outcome, submit }) =>
    outcome(() => submit([['raise', 'no such asset']])),
  ),
  simple('exec-throw-blank', 'an error text that ends in a blank', ({ outcome, submit }) =>
    outcome(() => submit([['raise', 'ends in a blank ']])),
  ),
  simple('exec-throw-empty', 'an error without text', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['raise', '']])),
  ),
  simple('exec-throw-unicode', 'an error text beyond ASCII', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['raise', 'žluť 😀']])),
  ),
  simple('exec-throw-lines', 'an error text of two lines', ({ outcome, evaluate }) =>
    outcome(() => evaluate([['raise', 'one\ntwo']])),
  ),
  simple('exec-arity-few', 'too few arguments', ({ outcome, org1 }) =>
    outcome(() => org1.contract().evaluateTransaction('one')),
  ),
  simple('exec-arity-many', 'too many arguments', ({ outcome, org1 }) =>
    outcome(() => org1.contract().submitTransaction('one', 'a', 'b')),
  ),
  simple('exec-function-unknown', 'an unknown function', ({ outcome, org1 }) =>
    outcome(() => org1.contract().evaluateTransaction('nope')),
  ),
  simple('exec-function-unknown-endorse', 'an unknown function, endorsed', ({ outcome, org1 }) =>
    outcome(() => org1.contract().submitTransaction('nope')),
  ),
  simple('exec-function-empty', 'an empty function name', ({ outcome, org1 }) =>
    outcome(() => org1.contract().evaluateTransaction('')),
  ),
  simple('exec-contract-prefix', 'a function by contract and name', async ({ org1 }) =>
    Buffer.from(await org1.contract().evaluateTransaction('probe:echo', 'x')).toString(),
  ),
  simple('exec-contract-unknown', 'an unknown contract', ({ outcome, org1 }) =>
    outcome(() => org1.contract().evaluateTransaction('other:echo', 'x')),
  ),
  simple('exec-metadata', 'the metadata query answers', async ({ org1 }) => {
    const bytes = await org1.contract().evaluateTransaction('org.hyperledger.fabric:GetMetadata');
    const { contracts } = JSON.parse(Buffer.from(bytes).toString()) as { contracts: object };
    return Object.keys(contracts).sort();
  }),
  simple(
    'exec-timeout-evaluate',
    'a call beyond the execute time-out, evaluated',
    ({ outcome, evaluate }) => outcome(() => evaluate([['sleep', 2800]])),
  ),
  simple(
    'exec-timeout-endorse',
    'a call beyond the execute time-out, endorsed',
    ({ outcome, submit }) =>
      outcome(() => submit([['sleep', 2800]], { endorsingOrganizations: ['Org1MSP'] })),
  ),
  simple('exec-size-ok', 'a result of 1.5 MB', async ({ org1 }) => {
    const payload = await org1.contract().evaluateTransaction('run', '[["bytes",1500000]]');
    return payload.length;
  }),
  simple('exec-size-client', 'a result above the client’s 4 MiB', ({ outcome, org1 }) =>
    outcome(() => org1.contract().evaluateTransaction('run', '[["bytes",5000000]]')),
  ),
  simple('exec-size-argument', 'an argument of 1.5 MB', async ({ org1 }) => {
    const argument = 'x'.repeat(1_500_000);
    return (await org1.contract().evaluateTransaction('echo', argument)).length;
  }),
  simple('exec-size-value', 'a value of 1.5 MB is committed', async ({ submit, org1, key }) => {
    await submit([['fill', key(), 1_500_000]]);
    const payload = await org1
      .contract()
      .evaluateTransaction('run', JSON.stringify([['get', key()]]));
    return payload.length;
  }),
  simple(
    'exec-size-orderer',
    'a transaction above the client’s limit',
    ({ outcome, submit, key }) => outcome(() => submit([['fill', key(), 5_000_000]])),
  ),
];
