import { Transaction, getBytes } from 'ethers';
import { expect, it } from 'vitest';
import { decodeTransaction } from './transaction.ts';

it('reads no bytes that are no signed transaction, and quotes none of them', () => {
  const unsigned = Transaction.from({ chainId: 1n, to: `0x${'0a'.repeat(20)}`, type: 2 });
  for (const [bytes, what] of [
    [Uint8Array.of(1, 2, 3), 'unreadable Ethereum transaction'],
    [new Uint8Array(), 'unreadable Ethereum transaction'],
    [getBytes(unsigned.unsignedSerialized), 'unsigned Ethereum transaction'],
  ] as const)
    expect(() => decodeTransaction(bytes)).toThrow(
      expect.objectContaining({ code: 'INTERNAL', data: { what } }),
    );
});
