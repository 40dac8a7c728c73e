import { describe, expect, it } from 'vitest';
import type { FabricBlock } from './block.ts';
import type { Queries } from './queries.ts';
import { word } from './terms-fixture.ts';
import { outcomeOf } from './transaction-outcome.ts';

const txId = 'ab'.repeat(32);
const [VALID, DUPLICATE_TXID, MVCC_READ_CONFLICT] = [0, 9, 11];

/** A block in which the transaction stands with each of the codes. */
function block(...codes: readonly number[]): FabricBlock {
  return {
    height: 3n,
    hash: word(8),
    parentHash: word(7),
    transactions: codes.map((validationCode) => ({
      txId,
      stampMs: 1_000n,
      validationCode,
      chaincode: 'midlock',
      args: [],
    })),
  };
}

/** What organisations say of the transaction, all of them needed. */
function outcome(blocks: Readonly<Record<string, FabricBlock | undefined>>) {
  const organizations = Object.keys(blocks);
  const queries = {
    blockOf: (mspId: string) => Promise.resolve(blocks[mspId]),
  } as unknown as Queries;
  const sleep = () => Promise.resolve();
  return outcomeOf(queries, { organizations, quorum: organizations.length, sleep }, txId);
}

describe('the outcome of a transaction', () => {
  it('is its validation code where they agree', async () => {
    expect(await outcome({ A: block(VALID), B: block(VALID) })).toMatchObject({ kind: 'valid' });
    const conflict = block(MVCC_READ_CONFLICT);
    expect(await outcome({ A: conflict, B: conflict })).toMatchObject({
      kind: 'invalid',
      code: 'MVCC_READ_CONFLICT',
    });
  });

  it('is not believed while they contradict each other', async () => {
    const answers = { A: block(VALID), B: block(MVCC_READ_CONFLICT) };
    await expect(outcome(answers)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
  });

  it('is unknown while one of them has no block with it', async () => {
    expect(await outcome({ A: block(VALID), B: undefined })).toEqual({ kind: 'unknown' });
  });

  it('is that of the first envelope, whatever became of copies', async () => {
    expect(await outcome({ A: block(DUPLICATE_TXID, VALID) })).toMatchObject({ kind: 'valid' });
    expect(await outcome({ A: block(VALID, DUPLICATE_TXID) })).toMatchObject({ kind: 'valid' });
  });
});
