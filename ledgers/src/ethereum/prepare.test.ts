import { describe, expect, it } from 'vitest';
import { secret, terms, word } from '../fabric/terms-fixture.ts';
import { lockOf } from './lock-fixture.ts';
import { prepareIntent, type PrepareOptions } from './prepare.ts';

const { expiresAtSec, owner, beneficiary } = terms.ethereum;
const lock = lockOf(terms);

interface Scene {
  readonly account?: string;
  readonly timeSec?: bigint;
  readonly funding?: PrepareOptions['funding'];
  readonly balance?: bigint;
  readonly foreign?: boolean;
}

/** Options of an account that may do everything, unless the scene says otherwise; and what was signed. */
function scene({ account = owner, timeSec = 0n, funding = 'balance', ...rest }: Scene = {}) {
  const signed: unknown[] = [];
  const options = {
    chainId: terms.ethereum.chainId,
    escrow: terms.ethereum.escrow,
    funding,
    payoutGas: () => Promise.resolve({ payoutGas: 100_000n, payoutReserve: 60_000n }),
    endpoints: { head: () => Promise.resolve({ timeSec }) },
    leg: () => Promise.resolve({ state: 'none' }),
    openLock: () => Promise.resolve(lock),
    account: {
      balance: () => Promise.resolve(rest.balance ?? terms.ethereum.amount),
      freeSlot: () => Promise.resolve({ slot: 0n, generation: 0n }),
      simulate: () => Promise.resolve(),
    },
    sender: {
      account,
      lane: {
        choosingSlots: (choose: (taken: object) => unknown) =>
          choose({ slots: new Set(), transactions: [], foreign: rest.foreign ?? false }),
      },
      sign: (call: unknown) => {
        signed.push(call);
        return Promise.resolve({ ledger: 'ethereum', txId: word(1), bytes: new Uint8Array() });
      },
    },
  } as unknown as PrepareOptions;
  return { options, signed };
}

describe('a lock', () => {
  it('is signed with the balance in the escrow, and refused with less', async () => {
    const enough = scene();
    await prepareIntent(enough.options, { action: 'lock', terms }, {});
    expect(enough.signed).toHaveLength(1);
    const less = scene({ balance: terms.ethereum.amount - 1n });
    await expect(prepareIntent(less.options, { action: 'lock', terms }, {})).rejects.toMatchObject({
      code: 'BALANCE_INSUFFICIENT',
      data: { where: 'escrow' },
    });
    expect(less.signed).toEqual([]);
  });

  it('waits while the pool holds a transaction that the store does not know', async () => {
    const { options, signed } = scene({ foreign: true });
    await expect(prepareIntent(options, { action: 'lock', terms }, {})).rejects.toMatchObject({
      code: 'SUBMIT_UNKNOWN',
    });
    expect(signed).toEqual([]);
  });
});

describe('a claim', () => {
  it('is signed while the next block can take it, and not a second later', async () => {
    const claimAt = (timeSec: bigint) => {
      const { options } = scene({ account: beneficiary, timeSec });
      return prepareIntent(options, { action: 'claim', terms, secret }, {});
    };
    expect(await claimAt(expiresAtSec - 2n)).toMatchObject({ ledger: 'ethereum' });
    await expect(claimAt(expiresAtSec - 1n)).rejects.toMatchObject({
      code: 'CLAIM_TOO_LATE',
      data: { expiresAtSec },
    });
  });
});
