import { msp } from '@hyperledger/fabric-protos';
import { expect, it } from 'vitest';
import { assembleTransaction, type NamedAnswer } from './endorsed-transaction.ts';
import type { ProposalAnswer } from './library.ts';

function endorserOf(mspId: string): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  return identity.serializeBinary();
}

function answer(endorsement: ProposalAnswer['endorsement'], payload = 'payload'): NamedAnswer {
  const response = { status: 200, message: '', payload: new Uint8Array() };
  return {
    mspId: 'A',
    endpoint: 'a:1',
    answer: { payload: Buffer.from(payload), response, endorsement } as ProposalAnswer,
  };
}

const PROPOSAL = new Uint8Array();
const signature = Uint8Array.of(1);
const right = { endorser: endorserOf('A'), signature };

it('assembles what the named organisations endorsed alike', () => {
  expect(assembleTransaction(PROPOSAL, [answer(right)]).length).toBeGreaterThan(0);
});

it.each([
  ['without an endorsement', [answer(undefined)], 'without an endorsement'],
  [
    'without a signature',
    [answer({ endorser: endorserOf('A') } as ProposalAnswer['endorsement'])],
    'without an endorsement',
  ],
  ['of another organisation', [answer({ endorser: endorserOf('B'), signature })], 'endorsed as B'],
  ['of nobody', [answer({ endorser: Uint8Array.of(0xff), signature })], 'endorsed as nobody'],
  ['that differ', [answer(right), answer(right, 'other')], 'do not match'],
  ['of none', [], 'do not match'],
])('assembles nothing from answers %s', (_what, answers, reason) => {
  const attempt = (): unknown => {
    try {
      return assembleTransaction(PROPOSAL, answers);
    } catch (error) {
      return JSON.stringify(error) + String(error);
    }
  };
  expect(attempt()).toContain(reason);
});
