import { describe, expect, it } from 'vitest';
import { MidlockError, swapIdOf } from '@midlock/protocol';
import type { MidAccount } from './answers.ts';
import type { Queries } from './queries.ts';
import { readFabricLeg } from './read-leg.ts';
import { secret, terms, word } from './terms-fixture.ts';

const lockTxId = 'ab'.repeat(32);
const locked: MidAccount = {
  swapId: swapIdOf(terms),
  state: 'locked',
  terms,
  lockTxId,
  lockedAtSec: 1n,
  gapSec: 120n,
};

/** Peers that tell what the test says: a real network's peers do not contradict each other on command. */
function leg(
  answers: Readonly<Record<string, (round: number) => MidAccount | undefined>>,
  quorum = Object.keys(answers).length,
  down: readonly string[] = [],
) {
  const rounds = new Map<string, number>();
  const queries = {
    from: (mspId: string) => {
      if (down.includes(mspId)) return Promise.reject(new MidlockError('ENDPOINT_UNREACHABLE', {}));
      const round = rounds.get(mspId) ?? 0;
      rounds.set(mspId, round + 1);
      const account = answers[mspId]?.(round);
      return account === undefined
        ? Promise.reject(new MidlockError('LOCK_UNKNOWN', {}))
        : Promise.resolve(account);
    },
    blockOf: () =>
      Promise.resolve({
        height: 3n,
        hash: word(8),
        parentHash: word(7),
        transactions: [
          { txId: lockTxId, stampMs: 1_000n, validationCode: 0, chaincode: 'midlock', args: [] },
        ],
      }),
  } as unknown as Queries;
  return readFabricLeg(
    {
      queries,
      peers: { organizations: Object.keys(answers), quorum, sleep: () => Promise.resolve() },
    },
    terms,
  );
}

describe('a leg read on several organisations', () => {
  it('is what they agree on', async () => {
    expect(await leg({ A: () => locked, B: () => locked })).toMatchObject({
      state: 'locked',
      at: { height: 3n },
    });
    expect(await leg({ A: () => undefined, B: () => undefined })).toEqual({ state: 'none' });
  });

  it('needs its quorum, but no particular organisation', async () => {
    const three = { A: () => locked, B: () => locked, C: () => locked };
    expect(await leg(three, 2, ['A'])).toMatchObject({ state: 'locked' });
    await expect(leg(three, 2, ['A', 'C'])).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });

  it('waits for a peer that is a block behind', async () => {
    expect(
      await leg({ A: () => locked, B: (round) => (round < 3 ? undefined : locked) }),
    ).toMatchObject({ state: 'locked' });
  });

  it('is what a quorum says, although one organisation contradicts it', async () => {
    expect(await leg({ Liar: () => undefined, A: () => locked, B: () => locked }, 2)).toMatchObject(
      { state: 'locked' },
    );
    expect(await leg({ Liar: () => locked, A: () => undefined, B: () => undefined }, 2)).toEqual({
      state: 'none',
    });
  });

  it('is not believed while they contradict each other', async () => {
    for (const other of [
      undefined,
      { ...locked, state: 'refunded' } as MidAccount,
      { ...locked, lockTxId: 'cd'.repeat(32) },
      { ...locked, terms: { ...terms, nonce: word(9) } },
    ])
      await expect(leg({ A: () => locked, B: () => other })).rejects.toMatchObject({
        code: 'ENDPOINT_LIED',
      });
  });

  it('is not believed while they name other settlements of one claim', async () => {
    const claimed: MidAccount = { ...locked, state: 'claimed', secret, settleTxId: lockTxId };
    const other = { ...claimed, settleTxId: 'cd'.repeat(32) };
    await expect(leg({ A: () => claimed, B: () => other })).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
    });
  });

  it('is refused under another id, and without the transaction that made it', async () => {
    await expect(leg({ A: () => ({ ...locked, swapId: word(9) }) })).rejects.toMatchObject({
      code: 'TERMS_MISMATCH',
    });
    const elsewhere = { ...locked, lockTxId: 'cd'.repeat(32) };
    await expect(leg({ A: () => elsewhere })).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
  });

  it('is refused when other terms stand under the id, or a secret that does not open the lock', async () => {
    const other = { ...locked, terms: { ...terms, fabric: { ...terms.fabric, amount: 4n } } };
    await expect(leg({ A: () => other })).rejects.toMatchObject({ code: 'TERMS_MISMATCH' });
    const claimed = {
      ...locked,
      state: 'claimed',
      secret: new Uint8Array(32),
      settleTxId: lockTxId,
    } as MidAccount;
    await expect(leg({ A: () => claimed })).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
    expect(await leg({ A: () => ({ ...claimed, secret }) })).toMatchObject({
      state: 'claimed',
      secret,
    });
  });
});
