import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { encodeBytes32String } from 'ethers';
import { isMidlockError } from '@midlock/protocol';
import { MIDLOCK_ESCROW_ABI } from './abi/midlock-escrow.ts';
import { errorCode, escrowError } from './escrow-errors.ts';
import { ESCROW } from './escrow-interface.ts';

// Errors of the short strings that hold name and version; the constructor's constants cannot raise them.
const FOREIGN = ['InvalidShortString', 'StringTooLong'];

describe('errorCode', () => {
  it('knows a code of the catalogue for every custom error of the escrow', () => {
    const names = MIDLOCK_ESCROW_ABI.filter((entry) => entry.type === 'error').map(
      ({ name }) => name,
    );
    expect(names.length).toBeGreaterThan(10);
    for (const name of names.filter((name) => !FOREIGN.includes(name)))
      expect(errorCode(name), name).toBeDefined();
  });

  it('knows no code for another name', () => {
    expect(errorCode('ERC20InsufficientBalance')).toBeUndefined();
  });
});

describe('escrowError', () => {
  it('turns a custom error into its code with its arguments', () => {
    const error = escrowError(ESCROW.encodeErrorResult('BalanceInsufficient', [5n, 7n]));
    expect(error.code).toBe('BALANCE_INSUFFICIENT');
    expect(error.data).toEqual({
      contractError: 'BalanceInsufficient',
      available: '5',
      needed: '7',
    });
  });

  it('reads the name of a wrong argument', () => {
    const error = escrowError(
      ESCROW.encodeErrorResult('ArgumentInvalid', [encodeBytes32String('beneficiary')]),
    );
    expect(error.code).toBe('ARGUMENT_INVALID');
    expect(error.data['name']).toBe('beneficiary');
  });

  it('keeps data that it does not know', () => {
    expect(escrowError('0x').code).toBe('ESCROW_REVERTED');
    expect(escrowError('0x08c379a0').data).toEqual({ data: '0x08c379a0' });
  });

  it('shows what a hostile node made up: a name without an end, an address of too many bits, data without end', () => {
    const name = escrowError(`0x35d94eba${'41'.repeat(32)}`);
    expect([name.code, name.data['name']]).toEqual(['ARGUMENT_INVALID', `0x${'41'.repeat(32)}`]);
    const address = `0xc5d0b69d03bd9b${'00'.repeat(9)}${'0a'.repeat(20)}`;
    expect(escrowError(address).code).toBe('ESCROW_REVERTED');
    const long = escrowError(`0x01020304${'00'.repeat(4_000)}`);
    expect(JSON.stringify(long).length).toBeLessThan(2_000);
  });

  it('never throws anything but returns an error for any data', () => {
    const selectors = MIDLOCK_ESCROW_ABI.filter((entry) => entry.type === 'error').map(
      ({ name }) => ESCROW.getError(name)?.selector ?? '0x',
    );
    const data = fc
      .tuple(fc.constantFrom('0x', ...selectors), fc.uint8Array({ maxLength: 100 }))
      .map(([head, tail]) => head + Buffer.from(tail).toString('hex'));
    fc.assert(
      fc.property(data, (text) => {
        expect(isMidlockError(escrowError(text))).toBe(true);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
