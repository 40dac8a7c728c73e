import { escrowTopic } from '@midlock/evm';
import { describe, expect, it } from 'vitest';
import { terms, word } from '../fabric/terms-fixture.ts';
import { SWAP_TOPICS, readEscrowLog, readSwapLog } from './escrow-log.ts';
import type { WireLog } from './wire.ts';

const logOf = (topics: readonly string[], data: string): WireLog => ({
  address: terms.ethereum.escrow,
  topics: topics as WireLog['topics'],
  data,
  blockHash: word(1),
  blockHeight: 1n,
  txId: word(2),
  logIndex: 0n,
});

describe('a log of the escrow', () => {
  it.each(SWAP_TOPICS)('with topic %s and other data is a lie', (topic) => {
    for (const [topics, data] of [
      [[topic], '0x'],
      [[topic, word(3)], '0x'],
      [[topic, word(3)], `0x${'ff'.repeat(31)}`],
    ] as const)
      expect(() => readSwapLog(logOf(topics, data), 1n)).toThrow(
        expect.objectContaining({ code: 'ENDPOINT_LIED' }),
      );
  });

  it('of another event is passed over, and of no event at all too', () => {
    expect(readSwapLog(logOf([word(9)], '0x'), 1n)).toBeUndefined();
    expect(readEscrowLog(logOf([word(9)], '0x'), 1n)).toBeUndefined();
    expect(readSwapLog(logOf([escrowTopic('Skipped')], '0x'), 1n)).toBeUndefined();
  });
});
