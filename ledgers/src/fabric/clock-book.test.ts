import { MidlockError } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createClockBook } from './clock-book.ts';

/** A book whose organisations answer as `answer` says, and a clock that the test sets. */
function book(answer: (mspId: string) => { readonly mspId: string; readonly clockMs: bigint }) {
  const clock = { nowMs: 1_000_000n };
  const asked: string[] = [];
  const clocks = createClockBook({
    nowMs: () => clock.nowMs,
    query: (mspId) => {
      asked.push(mspId);
      return new Promise((resolve) => {
        resolve({ ...answer(mspId), maxPastSec: 60n, maxFutureSec: 10n, gapSec: 120n });
      });
    },
  });
  return { clocks, asked, clock };
}

describe('the book of clocks', () => {
  it('reckons an organisation’s clock from its last answer, for 30 seconds', async () => {
    const { clocks, asked, clock } = book((mspId) => ({ mspId, clockMs: 1_000_500n }));
    await clocks.clocks(['A']);
    clock.nowMs += 29_000n;
    expect(await clocks.clocks(['A'])).toMatchObject([{ mspId: 'A', nowMs: 1_029_500n }]);
    expect(asked).toEqual(['A']);
    clock.nowMs += 1_000n;
    await clocks.clocks(['A']);
    expect(asked).toEqual(['A', 'A']);
  });

  it('believes no organisation that speaks for another', async () => {
    const { clocks } = book(() => ({ mspId: 'B', clockMs: 1n }));
    await expect(clocks.clocks(['A'])).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
      data: { organization: 'A', answeredBy: 'B' },
    });
  });

  it('says which organisation failed, and asks it again after five seconds', async () => {
    const { clocks, asked, clock } = book(() => {
      throw new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: 'a:1' });
    });
    const unreachable = {
      code: 'ENDPOINT_UNREACHABLE',
      data: { endpoint: 'a:1', organization: 'A' },
    };
    await expect(clocks.clocks(['A'])).rejects.toMatchObject(unreachable);
    clock.nowMs += 4_999n;
    await expect(clocks.clocks(['A'])).rejects.toMatchObject(unreachable);
    expect(asked).toEqual(['A']);
    clock.nowMs += 1n;
    await expect(clocks.clocks(['A'])).rejects.toMatchObject(unreachable);
    expect(asked).toEqual(['A', 'A']);
  });

  it('passes on what is no error of ours as it is', async () => {
    const fault = new TypeError('a fault of the adapter');
    const { clocks } = book(() => {
      throw fault;
    });
    await expect(clocks.clocks(['A'])).rejects.toBe(fault);
  });
});
