import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningProcess } from '@midlock/network';
import { swapIdOf } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relayerDrainCommand } from '../../cli/src/commands/relayer.ts';
import { loseStore, startRig, untilShown, waitForEnd, type ProcessRig } from './rig.ts';

/** So much time is added to the plan that a restart on a loaded machine leaves the swap to settle. */
const PATIENT_SEC = 120n;

describe('two agents and a relayer as processes on real networks', () => {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-relayer-'));
  let rig: ProcessRig | undefined;
  let apiUrl: string;
  let relayer: RunningProcess;
  let bob: RunningProcess;

  beforeAll(async () => {
    rig = await startRig(workDir);
    const { process, apiUrl: url } = await rig.startRelayer();
    apiUrl = url;
    relayer = process;
    await rig.startAgent('alice');
    bob = await rig.startAgent('bob');
  }, 120_000);

  afterAll(async () => {
    await rig?.close();
    if (process.env['KEEP'] === undefined) rmSync(workDir, { recursive: true, force: true });
  }, 60_000);

  it.each(['fabric-first', 'ethereum-first'] as const)(
    'settles %s',
    async (direction) => {
      if (rig === undefined) throw new Error('networks did not start');
      const file = await rig.agree(direction);
      expect(await waitForEnd(() => apiUrl, swapIdOf(file.terms), 90_000)).toBe('settled');
    },
    120_000,
  );

  it('an agent tells a relayer again that lost its store, and the swap settles', async () => {
    if (rig === undefined) throw new Error('networks did not start');
    await bob.stop();
    const file = await rig.agree('ethereum-first', PATIENT_SEC, ['alice']);
    const swapId = swapIdOf(file.terms);
    // Only Alice's leg on Ethereum stands: no ledger holds the terms.
    const { legs } = await untilShown(
      apiUrl,
      swapId,
      (swap) => swap.legs.ethereum.outcome === 'locked',
    );
    expect(legs.fabric.outcome).toBe('none');
    relayer = await loseStore(rig, relayer);
    const known = await untilShown(apiUrl, swapId, () => true);
    expect(known).toMatchObject({ accepted: true, legs: { fabric: { outcome: 'none' } } });
    await rig.startAgent('bob');
    rig.deliver('bob', file);
    expect(await waitForEnd(() => apiUrl, swapId, 90_000)).toBe('settled');
  }, 180_000);

  it('drains at a command: the relayer leaves with 0', async () => {
    await relayerDrainCommand({ api: apiUrl, within: '30' }, { result: () => undefined } as never);
    expect(await relayer.exited).toEqual({ code: 0, signal: null });
  }, 60_000);
});
