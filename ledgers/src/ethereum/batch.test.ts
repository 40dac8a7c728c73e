import { type LegView, type SwapTerms } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { secret, terms as base, word } from '../fabric/terms-fixture.ts';
import { createEscrowAccount } from './account.ts';
import { createBatches } from './batch.ts';
import { lockOf } from './lock-fixture.ts';
import type { PrepareOptions } from './prepare.ts';

const [OTHER, TOKEN] = [`0x${'0e'.repeat(20)}`, `0x${'0f'.repeat(20)}`] as const;

/** Terms of one more swap. */
const swap = (nonce: number, ethereum: Partial<SwapTerms['ethereum']> = {}): SwapTerms => ({
  ...base,
  nonce: word(nonce),
  ethereum: { ...base.ethereum, ...ethereum },
});

/** Batches of the owner, of whose swaps those in `existing` stand on the ledger; and what they signed. */
function batches(existing: readonly SwapTerms[] = []) {
  const signed: unknown[] = [];
  const options = {
    escrow: base.ethereum.escrow,
    payoutGas: () => Promise.resolve({ payoutGas: 100_000n, payoutReserve: 60_000n }),
    leg: (terms: SwapTerms): Promise<LegView> =>
      Promise.resolve(
        existing.includes(terms)
          ? {
              state: 'declined',
              final: true,
              at: { height: 1n, blockHash: '', txId: '', timeSec: 0n },
            }
          : { state: 'none' },
      ),
    openLock: (terms: SwapTerms) => Promise.resolve(lockOf(terms)),
    account: {
      freeSlots: (count: number) =>
        Promise.resolve(
          Array.from({ length: count }, (_, i) => ({ slot: BigInt(i), generation: 0n })),
        ),
      simulate: () => Promise.resolve(),
    },
    sender: {
      account: base.ethereum.owner,
      lane: {
        choosingSlots: (choose: (taken: { readonly slots: ReadonlySet<bigint> }) => unknown) =>
          choose({ slots: new Set() }),
      },
      sign: (call: unknown) => {
        signed.push(call);
        return Promise.resolve({ ledger: 'ethereum', txId: word(1), bytes: new Uint8Array() });
      },
    },
  } as unknown as PrepareOptions;
  return { made: createBatches(options), signed };
}

const many = (count: number): SwapTerms[] => Array.from({ length: count }, (_, i) => swap(i % 256));
const sizeRefused = { code: 'ARGUMENT_INVALID', data: { name: 'batch', expected: '1 to 100' } };
const tokenRefused = { code: 'ARGUMENT_INVALID', data: { name: 'batch', expected: 'one token' } };

describe('a batch', () => {
  it.each([0, 101])('of %s is refused', async (count) => {
    const { made, signed } = batches();
    const swaps = many(count);
    const claims = swaps.map((terms) => ({ terms, secret }));
    await expect(made.lockMany(swaps)).rejects.toMatchObject(sizeRefused);
    await expect(made.claimMany(claims)).rejects.toMatchObject(sizeRefused);
    await expect(made.refundMany(swaps)).rejects.toMatchObject(sizeRefused);
    expect(signed).toEqual([]);
  });

  it('of 1 and of 100 is signed', async () => {
    const { made, signed } = batches();
    for (const count of [1, 100]) await made.lockMany(many(count));
    expect(signed).toHaveLength(2);
  });

  it('of another owner’s locks is refused', async () => {
    const { made } = batches();
    const foreign = swap(2, { owner: OTHER as SwapTerms['ethereum']['owner'] });
    await expect(made.lockMany([swap(1), foreign])).rejects.toMatchObject({
      code: 'NOT_OWNER',
      data: { owner: OTHER, account: base.ethereum.owner },
    });
  });

  it('names the swap that is on the ledger already', async () => {
    const swaps = [swap(1), swap(2)];
    const { made, signed } = batches([swaps[1]!]);
    await expect(made.lockMany(swaps)).rejects.toMatchObject({
      code: 'LOCK_EXISTS',
      data: { entry: 1 },
    });
    expect(signed).toEqual([]);
  });

  it('moves one token', async () => {
    const { made, signed } = batches();
    const swaps = [swap(1), swap(2, { token: TOKEN as SwapTerms['ethereum']['token'] })];
    const claims = swaps.map((terms) => ({ terms, secret }));
    await expect(made.lockMany(swaps)).rejects.toMatchObject(tokenRefused);
    await expect(made.claimMany(claims)).rejects.toMatchObject(tokenRefused);
    await expect(made.refundMany(swaps)).rejects.toMatchObject(tokenRefused);
    expect(signed).toEqual([]);
  });
});

describe('an account beside the escrow', () => {
  const accountOver = (answer: string, free: readonly bigint[]) =>
    createEscrowAccount({
      escrow: base.ethereum.escrow,
      address: base.ethereum.owner,
      endpoints: {
        agreed: (_method: string, _params: unknown, read: (value: unknown) => unknown) =>
          Promise.resolve(answer).then(read),
      },
      reader: { read: () => Promise.resolve(free.map((slot) => ({ slot, generation: 0n }))) },
    } as unknown as Parameters<typeof createEscrowAccount>[0]);

  it('reads a token’s number, and nothing that is none', async () => {
    const token = TOKEN as SwapTerms['ethereum']['token'];
    const one = `0x${'1'.padStart(64, '0')}`;
    expect(await accountOver(one, []).tokenBalance(token)).toBe(1n);
    for (const odd of ['0x', '0x01', `${one}00`])
      await expect(accountOver(odd, []).tokenBalance(token)).rejects.toMatchObject({
        code: 'TOKEN_MISBEHAVED',
        data: { what: 'balanceOf answered no number' },
      });
  });

  it('has no more slots than it has', async () => {
    await expect(accountOver('0x', []).freeSlots(1, new Set())).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      data: { name: 'slots', free: 0, count: 1 },
    });
  });
});
