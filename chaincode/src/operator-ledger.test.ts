import './testing/silence.ts';
import { FABRIC_TX } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { noteLedger } from './assets/notes.ts';
import { uniqueLedger } from './assets/unique.ts';
import { midlockContracts } from './contracts.ts';
import { TokenContract } from './testing/token-ledger.ts';
import { lockNew, initializedWorld, swap } from './testing/swap.ts';
import { people, type TransactionName } from './testing/world.ts';

const { alice, bob, carol } = people;
const token = (name: string) => `token:${name}` as TransactionName;

describe("an operator's own token", () => {
  it("swaps through its AssetLedger, and Midlock's assets beside it", async () => {
    const ledgers = [new TokenContract(), noteLedger, uniqueLedger];
    const world = await initializedWorld({ ledgers, contracts: [TokenContract] });
    await world
      .endorse(carol, token('issue'), [alice.id, '500'])
      .then((sent) => world.commit(sent));
    const made = swap(world, 'tok', { fabric: { assetId: 'TOK' } });
    await world.submit(alice, FABRIC_TX.lock, [made.text, '[]']);
    const tooMuch = swap(world, 'more', { fabric: { assetId: 'TOK', amount: '401' } });
    await expect(world.endorse(alice, FABRIC_TX.lock, [tooMuch.text, '[]'])).rejects.toThrow(
      'BALANCE_INSUFFICIENT',
    );
    await world.submit(carol, FABRIC_TX.claim, [made.swapId, made.secretText]);
    expect(await world.submit(bob, token('collect'), [made.swapId])).toBe(100);
    expect(await world.submit(bob, token('collect'), [made.swapId])).toBe(0);
    const notes = await lockNew(world, 'notes');
    await world.submit(carol, FABRIC_TX.claim, [notes.swapId, notes.secretText]);
  });

  it('offers its port functions as no transactions', async () => {
    const world = await initializedWorld({ contracts: [TokenContract] });
    for (const name of ['debit', 'credit', 'change', 'keeps'])
      await expect(world.endorse(carol, token(name), [])).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      });
  });

  it('is bound by midlockContracts, which makes five contracts', () => {
    const clock = { nowMs: () => 0n };
    const names = midlockContracts({ clock, mspId: 'X' }).map((Contract) =>
      new Contract().getName(),
    );
    expect(names).toEqual(['mid-account', 'notes', 'assets', 'config', 'accounts']);
  });
});
