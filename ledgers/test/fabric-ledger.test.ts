import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swapIdOf, type Hex32, type LedgerUpdate, type LegFact, type SignedTransaction } from '@midlock/protocol';
import type { FabricLedger } from '../src/index.ts';
import { developmentConfig, newFabricSwap, startFabric, type FabricNetwork } from './fabric-fixture.ts';

let network: FabricNetwork;
let networkId: Hex32;
let alice: FabricLedger;
let bob: FabricLedger;
let neutral: FabricLedger;

beforeAll(async () => {
  network = await startFabric();
  const admin = await network.ledger('Org1MSP', 'Admin');
  networkId = await admin.networkId();
  await admin.assets.initialize(developmentConfig(networkId));
  alice = await network.ledger('Org1MSP', 'User1', { networkId });
  bob = await network.ledger('Org2MSP', 'User1', { networkId });
  neutral = await network.ledger('Org3MSP', 'User1', { networkId });
  await neutral.assets.createFungible('EUR');
  await neutral.assets.mint('EUR', alice.account, 1_000n);
}, 60_000);
afterAll(() => network.stop());

const swap = async (seconds: bigint, wish: Partial<Parameters<typeof newFabricSwap>[0]> = {}) =>
  newFabricSwap({
    networkId,
    owner: alice.account,
    beneficiary: bob.account,
    expiresAtSec: (await alice.head()).timeSec + seconds,
    ...wish,
  });

async function settle(ledger: FabricLedger, transaction: SignedTransaction): Promise<void> {
  await ledger.submit(transaction);
  await expect.poll(async () => (await ledger.outcome(transaction)).kind, { timeout: 5_000, interval: 10 }).toBe('valid');
}

describe('a leg on Fabric', () => {
  it('is locked, claimed and final', async () => {
    const { terms, secret } = await swap(60n);
    expect(await alice.leg(terms)).toEqual({ state: 'none' });
    await settle(alice, await alice.prepare({ action: 'lock', terms }));
    expect(await bob.leg(terms)).toMatchObject({ state: 'locked', final: true });
    await settle(bob, await bob.prepare({ action: 'claim', terms, secret }));
    expect(await alice.leg(terms)).toMatchObject({ state: 'claimed', final: true, secret });
    expect(await bob.assets.balance('EUR', bob.account)).toBe(10n);
    expect(await bob.assets.conservation('EUR')).toMatchObject({ issued: '1000', locked: '0', holds: true });
  });
});

export type { LedgerUpdate, LegFact };
export { swapIdOf };
