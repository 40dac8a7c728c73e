import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { swapIdOf, type Direction } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mortal, type MortalName } from './mortal.ts';
import { ETHER, GOLD, startRig, waitForEnd, type Books, type ProcessRig } from './rig.ts';

/** The long and short ledger of the initiator's and responder's operations. */
const LEDGERS = {
  'fabric-first': { long: 'fabric', short: 'ethereum' },
  'ethereum-first': { long: 'ethereum', short: 'fabric' },
} as const;

/** So much time is added to the plan that three deaths in one swap leave it settled. */
const SLACK_SEC = 20n;

/** Five points of each process: between decision and bytes, bytes and sending, sending and answer, and around the reveal. */
function pointsOf(direction: Direction): readonly Readonly<Record<MortalName, string>>[] {
  const { long, short } = LEDGERS[direction];
  return [
    {
      alice: `prepare.${long}.lock.after`,
      bob: `prepare.${short}.lock.before`,
      relayer: `commit.${long}-update.before`,
    },
    {
      alice: `submit.${long}.lock.before`,
      bob: `submit.${short}.lock.after`,
      relayer: `commit.${short}-update.after`,
    },
    {
      alice: `commit.hand-over.after#2`,
      bob: `prepare.${long}.claim.after`,
      relayer: `commit.open.after`,
    },
    {
      alice: `submit.${short}.claim.before`,
      bob: `submit.${long}.claim.before`,
      relayer: `receive.ethereum#4`,
    },
    {
      alice: `submit.${short}.claim.after`,
      bob: `submit.${long}.claim.after`,
      relayer: `commit.${short}-update.before#2`,
    },
  ];
}

describe.each(['fabric-first', 'ethereum-first'] as const)(
  '%s: all three processes killed with SIGKILL',
  (direction) => {
    const workDir = mkdtempSync(join(tmpdir(), 'midlock-crashes-'));
    const rounds = pointsOf(direction);
    let rig: ProcessRig;
    let before: Books;

    beforeAll(async () => {
      rig = await startRig(workDir);
      before = await rig.books();
    }, 120_000);

    afterAll(async () => {
      await rig.close();
      rmSync(workDir, { recursive: true, force: true });
    }, 60_000);

    it.each(rounds.map((points, index) => [index, points] as const))(
      'round %i settles, and each of the three really died',
      async (_index, points) => {
        const mortals = [];
        for (const name of ['relayer', 'alice', 'bob'] as const)
          mortals.push(await mortal(rig, name, points[name]));
        const { terms } = await rig.agree(direction, SLACK_SEC);
        const state = await waitForEnd(() => rig.apiUrl(), swapIdOf(terms), 100_000);
        const deaths = await Promise.all(mortals.map((each) => each.stop()));
        expect(deaths).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
        expect(state).toBe('settled');
      },
      160_000,
    );

    it('nothing was lost and nothing doubled, as both ledgers have it', async () => {
      const { conservation, ...after } = await rig.books();
      const swaps = BigInt(rounds.length);
      const [gold, ether] = [swaps * GOLD, swaps * ETHER];
      // The initiator gives the long asset and gets the short one.
      const sign = direction === 'fabric-first' ? 1n : -1n;
      expect(after).toEqual({
        alice: {
          gold: before.alice.gold - sign * gold,
          ether: before.alice.ether + sign * ether,
        },
        bob: { gold: before.bob.gold + sign * gold, ether: before.bob.ether - sign * ether },
      });
      expect(conservation).toMatchObject({ fabric: true, ethereum: true });
      expect(conservation.assets.map(({ locked }) => locked)).toEqual(['0']);
    });
  },
);
