/** Most rows that one report sums per prefix: a longer evaluate would hold up the peer's commits. */
export const MAX_ROWS = 100_000n;

export interface Sum {
  readonly sum: bigint;
  readonly rows: bigint;
  readonly complete: boolean;
}

/** Adds the amounts of rows up to `maxRows`; `complete` tells whether there were more. */
export async function sumSupply(
  rows: AsyncIterable<{ readonly amount: string }>,
  maxRows: bigint = MAX_ROWS,
): Promise<Sum> {
  let sum = 0n;
  let count = 0n;
  for await (const { amount } of rows) {
    if (count === maxRows) return { sum, rows: count, complete: false };
    sum += BigInt(amount);
    count += 1n;
  }
  return { sum, rows: count, complete: true };
}
