import { secretOfTerms } from '@midlock/client';
import type { LedgerName } from '@midlock/protocol';
import { expect } from 'vitest';
import { eventually, type Stage } from './stage.ts';

/** Time enough for one lock by hand; the rest of the plan is the profile's. */
const SHORT_SLACK_SEC = 2n;

/** Carol locks her leg, each way, and is never seen again; Bob's agent answers. */
export async function abandonedSwaps(stage: Stage): Promise<void> {
  const { cast } = stage;
  const { carol } = cast.parties;
  const outcomes = await Promise.all(
    (['fabric-first', 'ethereum-first'] as const).map(async (direction) => {
      const options = { initiator: 'carol', slackSec: SHORT_SLACK_SEC } as const;
      const swap = await stage.agree(direction, options);
      const long: LedgerName = direction === 'fabric-first' ? 'fabric' : 'ethereum';
      const ledger = carol[long];
      await ledger.submit(await ledger.prepare({ action: 'lock', terms: swap.terms }));
      cast.hand(swap.file);
      return stage.outcome(swap, 120_000);
    }),
  );
  expect(outcomes).toEqual(['refunded', 'refunded']);
}

/** Dave has his claim endorsed in time and keeps it; Carol refunds; then Dave sends what he kept. */
export async function withheldEnvelope(stage: Stage): Promise<void> {
  const { carol, dave } = stage.cast.parties;
  const swap = await stage.agree('fabric-first', {
    initiator: 'carol',
    responder: 'dave',
    slackSec: SHORT_SLACK_SEC,
  });
  const { terms } = swap;
  await carol.fabric.submit(await carol.fabric.prepare({ action: 'lock', terms }));
  await stage.untilLocked(swap, 'fabric');
  const secret = secretOfTerms(carol.seed, terms);
  const withheld = await dave.fabric.prepare({ action: 'claim', terms, secret });
  const refund = await eventually(() => carol.fabric.prepare({ action: 'refund', terms }), 90_000);
  await carol.fabric.submit(refund);
  await eventually(async () => {
    const { kind } = await carol.fabric.outcome(refund);
    return kind === 'valid' || undefined;
  });
  await dave.fabric.submit(withheld);
  const outcome = await eventually(async () => {
    const now = await dave.fabric.outcome(withheld);
    return now.kind === 'pending' || now.kind === 'unknown' ? undefined : now;
  });
  expect(outcome).toMatchObject({ kind: 'invalid' });
  expect(await stage.outcome(swap)).toBe('refunded');
}
