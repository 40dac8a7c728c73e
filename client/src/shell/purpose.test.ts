import { MidlockError, swapIdOf } from '@midlock/protocol';
import { expect, it } from 'vitest';
import { createKillable, runToEnd } from '../testing/agents.ts';
import { ALICE, BOB, createRig } from '../testing/rig.ts';

it('asks again for the same purpose when the answer to a preparation is lost, and never for another effect’s', async () => {
  const rig = createRig();
  const asked: string[] = [];
  let lost = 0;
  const bob = createKillable(rig, BOB, (party, nonces) => {
    const ports = rig.ports(party, nonces);
    const losing = (ledger: 'fabric' | 'ethereum'): (typeof ports)[typeof ledger] => ({
      ...ports[ledger],
      prepare: async (intent, how) => {
        const transaction = await ports[ledger].prepare(intent, how);
        asked.push(`${ledger} ${intent.action}: ${how.purpose ?? 'none'}`);
        if (ledger === 'ethereum' && lost++ === 0)
          throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger });
        return transaction;
      },
    });
    return { ...ports, fabric: losing('fabric'), ethereum: losing('ethereum') };
  });
  const alice = createKillable(rig, ALICE);
  const terms = rig.terms('fabric-first', 1);
  for (const agent of [alice, bob]) await agent.start();
  for (const agent of [alice, bob]) await agent.take(terms);
  expect(await runToEnd(rig, [alice, bob], [swapIdOf(terms)])).toEqual(['settled', 'settled']);
  const [first, second, ...others] = asked;
  expect(first).toMatch(/^ethereum lock: \S*\/lock\/1$/);
  expect(second).toBe(first);
  expect(others.length).toBeGreaterThan(0);
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
});
