import { FABRIC_EVENT, FABRIC_SCHEMA, swapIdOf, termsText } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import type { FabricTransaction } from './block.ts';
import { factsOf } from './facts.ts';
import { secret, terms, word } from './terms-fixture.ts';

const swapId = swapIdOf(terms);
const locked = { type: 'locked', swapId, terms: JSON.parse(termsText(terms)) as unknown };

function transaction(
  change: object,
  event: Partial<FabricTransaction['event'] & object> = {},
  validationCode = 0,
): FabricTransaction {
  const payload = Buffer.from(JSON.stringify({ schema: FABRIC_SCHEMA, events: [change] }));
  return {
    txId: 'ab'.repeat(32),
    stampMs: 5_999n,
    validationCode,
    chaincode: 'midlock',
    args: [],
    event: { chaincode: 'midlock', name: FABRIC_EVENT, payload, ...event },
  };
}

const facts = (...transactions: readonly FabricTransaction[]) =>
  factsOf({ height: 3n, hash: word(8), parentHash: word(7), transactions }, 'midlock');

describe('facts of a block', () => {
  it('are what events of the chaincode say', () => {
    const at = { height: 3n, txId: 'ab'.repeat(32), timeSec: 5n };
    expect(facts(transaction(locked))).toMatchObject([{ kind: 'locked', swapId, terms, at }]);
    const claimed = { type: 'claimed', swapId, secret: `0x${'04'.repeat(32)}` };
    expect(facts(transaction(claimed))).toMatchObject([{ kind: 'claimed', swapId, secret }]);
  });

  it('come from VALID transactions alone', () => {
    expect(facts(transaction(locked, {}, 11))).toEqual([]);
  });

  it('come from our chaincode and under our event’s name alone', () => {
    expect(facts(transaction(locked, { chaincode: 'other' }))).toEqual([]);
    expect(facts(transaction(locked, { name: 'other' }))).toEqual([]);
  });

  it('are refused when the terms of a lock have another id', () => {
    expect(() => facts(transaction({ ...locked, swapId: word(9) }))).toThrow('ENDPOINT_LIED');
  });
});
