import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningProcess } from '@midlock/network';
import { swapIdOf, type Direction } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRig, waitForEnd, type PartyName, type ProcessRig } from './rig.ts';

/** The long and short ledger of the initiator's and responder's operations. */
const LEDGERS = {
  'fabric-first': { long: 'fabric', short: 'ethereum' },
  'ethereum-first': { long: 'ethereum', short: 'fabric' },
} as const;

/** Five points of each process: between decision and bytes, bytes and sending, sending and answer, and around the reveal. */
function pointsOf(
  direction: Direction,
): readonly { readonly alice: string; readonly bob: string; readonly relayer: string }[] {
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
      relayer: `receive.${long}#4`,
    },
    {
      alice: `submit.${short}.claim.after`,
      bob: `submit.${long}.claim.after`,
      relayer: `commit.tick.before`,
    },
  ];
}

describe.each(['fabric-first', 'ethereum-first'] as const)(
  '%s: all three processes killed with SIGKILL',
  (direction) => {
    const workDir = mkdtempSync(join(tmpdir(), 'midlock-crashes-'));
    let rig: ProcessRig | undefined;
    const deaths: string[] = [];

    beforeAll(async () => {
      rig = await startRig(workDir);
    }, 120_000);

    afterAll(async () => {
      await rig?.close();
      rmSync(workDir, { recursive: true, force: true });
    }, 60_000);

    /** Starts a process that dies at a point and comes back without it. */
    async function mortal(
      name: PartyName | 'relayer',
      at: string,
    ): Promise<{ stop(): Promise<void> }> {
      if (rig === undefined) throw new Error('networks did not start');
      const start = async (environment: Record<string, string>): Promise<RunningProcess> =>
        name === 'relayer'
          ? ((await rig?.startRelayer(environment))?.process as RunningProcess)
          : (rig?.startAgent(name, environment) as Promise<RunningProcess>);
      let current = await start({ MIDLOCK_CRASH_AT: at });
      let stopping = false;
      const reborn = current.exited.then(async ({ signal }) => {
        if (stopping) return;
        if (signal === 'SIGKILL') deaths.push(`${name} ${at}`);
        current = await start({});
      });
      return {
        async stop() {
          stopping = true;
          await current.stop();
          await reborn.catch(() => undefined);
        },
      };
    }

    it.each(pointsOf(direction).map((points, index) => [index, points] as const))(
      'round %i settles or refunds',
      async (_index, points) => {
        if (rig === undefined) throw new Error('networks did not start');
        const mortals = [
          await mortal('relayer', points.relayer),
          await mortal('alice', points.alice),
          await mortal('bob', points.bob),
        ];
        const { terms } = await rig.agree(direction);
        const state = await waitForEnd(rig.apiUrl(), swapIdOf(terms), 100_000);
        for (const each of mortals) await each.stop();
        expect(['settled', 'refunded']).toContain(state);
      },
      160_000,
    );

    it('the parties really died where they should', () => {
      expect(deaths.filter((death) => !death.startsWith('relayer')).length).toBeGreaterThanOrEqual(
        9,
      );
    });
  },
);
