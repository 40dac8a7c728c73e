import { isDeepStrictEqual } from 'node:util';
import { secretOfTerms } from '@midlock/client';
import { FABRIC_TX, MidlockError, fromHex, swapIdOf, type Hex32 } from '@midlock/protocol';
import { expect } from 'vitest';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import { endorsedByBoth } from './raw-endorsement.ts';
import { eventually, type StagedSwap, type Stage } from './stage.ts';

export type Attack = 'claim of the long leg' | 'claim of the short leg' | 'refund';

const SHORT_SLACK_SEC = 2n;
const LONG_SLACK_SEC = 40n;

/**
 * A counterparty's organisation refuses to endorse what its member would lose by. Where both organisations must endorse
 * (`robbed`), the attack succeeds; where two of three are enough it changes nothing.
 */
export async function attackByVeto(stage: Stage, attack: Attack, robbed: boolean): Promise<void> {
  const direction = attack === 'claim of the short leg' ? 'ethereum-first' : 'fabric-first';
  // Who waits for a deadline wants it near; who must be done before it wants it far.
  const slackSec = robbed || attack === 'refund' ? SHORT_SLACK_SEC : LONG_SLACK_SEC;
  const swap = await stage.agree(direction, { initiator: 'carol', responder: 'dave', slackSec });
  const outcome = await ATTACKS[attack](stage, swap, robbed);
  expect(outcome).toBe(robbed ? ROBBED[attack] : attack === 'refund' ? 'refunded' : 'settled');
}

/** `lost`: one side has both legs. `open`: frozen for as long as the counterparty likes. */
const ROBBED: Readonly<Record<Attack, string>> = {
  'claim of the long leg': 'lost',
  'claim of the short leg': 'lost',
  refund: 'open',
};

const ATTACKS: Readonly<
  Record<Attack, (stage: Stage, swap: StagedSwap, robbed: boolean) => Promise<string>>
> = {
  /** Carol takes Dave's Ether and has her organisation refuse his claim until she can refund. */
  'claim of the long leg': async (stage, swap, robbed) => {
    const { carol, dave } = stage.cast.parties;
    const { terms } = swap;
    stage.environment.refuse('Org1MSP', FABRIC_TX.claim, swapIdOf(terms));
    await act(carol, 'fabric', { action: 'lock', terms });
    await act(dave, 'ethereum', { action: 'lock', terms });
    const secret = secretOfTerms(carol.seed, terms);
    await stage.untilLocked(swap, 'ethereum');
    await act(carol, 'ethereum', { action: 'claim', terms, secret });
    if (robbed) {
      await expect(claimByBoth(stage, dave, terms, secret)).rejects.toThrow(/refused/);
      await act(carol, 'fabric', { action: 'refund', terms });
    } else {
      await act(dave, 'fabric', { action: 'claim', terms, secret });
    }
    return stage.outcome(swap);
  },

  /** Dave's organisation refuses Carol's claim, but has seen the secret in it: Dave claims her Ether and refunds his gold. */
  'claim of the short leg': async (stage, swap, robbed) => {
    const { carol, dave } = stage.cast.parties;
    const { terms } = swap;
    const swapId = swapIdOf(terms);
    stage.environment.refuse('Org2MSP', FABRIC_TX.claim, swapId);
    await act(carol, 'ethereum', { action: 'lock', terms });
    await act(dave, 'fabric', { action: 'lock', terms });
    const secret = secretOfTerms(carol.seed, terms);
    await stage.untilLocked(swap, 'ethereum');
    if (robbed) {
      await expect(claimByBoth(stage, carol, terms, secret)).rejects.toThrow(/refused/);
      await act(dave, 'ethereum', { action: 'claim', terms, secret: seenSecret(stage, swapId) });
      await act(dave, 'fabric', { action: 'refund', terms });
    } else {
      await act(carol, 'fabric', { action: 'claim', terms, secret });
      await act(dave, 'ethereum', { action: 'claim', terms, secret });
    }
    return stage.outcome(swap);
  },

  /** Dave never locks, and his organisation refuses to let Carol have her own back. */
  refund: async (stage, swap, robbed) => {
    const { carol } = stage.cast.parties;
    const { terms } = swap;
    stage.environment.refuse('Org2MSP', FABRIC_TX.refund, swapIdOf(terms));
    await act(carol, 'fabric', { action: 'lock', terms });
    if (!robbed) {
      await act(carol, 'fabric', { action: 'refund', terms });
      return stage.outcome(swap);
    }
    const refusal = [FABRIC_TX.refund, swapIdOf(terms)];
    await eventually(async () => {
      await expect(carol.fabric.prepare({ action: 'refund', terms })).rejects.toBeInstanceOf(
        MidlockError,
      );
      return (
        stage.environment.refused('Org2MSP').some((call) => isDeepStrictEqual(call, refusal)) ||
        undefined
      );
    });
    return stage.outcome(swap, 1_000);
  },
};

type Intent = Parameters<OpenParty['fabric']['prepare']>[0];

/** Prepares as soon as the ledger lets it, sends, and waits until it stands. */
async function act(party: OpenParty, ledger: 'fabric' | 'ethereum', intent: Intent): Promise<void> {
  const port = party[ledger];
  const transaction = await eventually(() => port.prepare(intent), 90_000);
  await eventually(async () => {
    await port.submit(transaction);
    return true;
  });
  await eventually(async () => (await port.outcome(transaction)).kind === 'valid' || undefined);
}

/** What Midlock's own adapter never does: shows a claim to the organisation of the leg's owner. */
function claimByBoth(
  { environment }: Stage,
  claimer: OpenParty,
  terms: StagedSwap['terms'],
  secret: Uint8Array,
): Promise<void> {
  const { fabric } = environment.networks.description;
  const args = [swapIdOf(terms), `0x${Buffer.from(secret).toString('hex')}`];
  return endorsedByBoth(fabric, claimer.signers.fabric, FABRIC_TX.claim, args);
}

function seenSecret({ environment }: Stage, swapId: Hex32): Uint8Array {
  const call = environment.refused('Org2MSP').find(([, id]) => id === swapId);
  return fromHex(call?.[2] ?? '');
}
