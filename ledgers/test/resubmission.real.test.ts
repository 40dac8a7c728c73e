import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hex32, SignedTransaction } from '@midlock/protocol';
import { openTransport } from '../src/fabric/open-transport.ts';
import { readPrepared } from '../src/fabric/prepared.ts';
import { loadFabricIdentity, type FabricLedger } from '../src/index.ts';
import { developmentConfig, newFabricSwap } from './fabric-fixture.ts';
import { findsFabric, startNative, type NativeNetwork } from './native-fixture.ts';

/** Long enough for an envelope to wait at an orderer while it is sent again. */
const BATCH_TIMEOUT_MS = 2_000;
const CLIENTS = ['gateway', 'legacy'] as const;

/** What a single orderer says of an envelope that it holds or has ordered; undefined where it takes it again. */
const WORDS = {
  raft: { held: undefined, ordered: undefined },
  bft: { held: 'request already exists', ordered: 'request already processed' },
};

for (const [consensus, leastMajor] of [['raft', 2] as const, ['bft', 3] as const]) {
  const found = await findsFabric(`the same envelope again, ${consensus}`, leastMajor);
  describe.skipIf(!found)(`an envelope that is sent again to ${consensus} orderers`, () => {
    let network: NativeNetwork;
    let networkId: Hex32;
    let alice: Readonly<Record<(typeof CLIENTS)[number], FabricLedger>>;
    let bob: FabricLedger;

    beforeAll(async () => {
      network = await startNative({ consensus, batchTimeoutMs: BATCH_TIMEOUT_MS });
      const admin = await network.ledger('Org1MSP', 'Admin');
      networkId = await admin.networkId();
      await admin.assets.initialize(developmentConfig(networkId));
      alice = {
        gateway: await network.ledger('Org1MSP', 'User1'),
        legacy: await network.ledger('Org1MSP', 'User1', { client: 'legacy' }),
      };
      bob = await network.ledger('Org2MSP');
      await bob.assets.createFungible('EUR');
      await bob.assets.mint('EUR', alice.gateway.account, 1_000n);
    }, 120_000);
    afterAll(() => network.stop(), 30_000);

    it.each(CLIENTS)('has one effect and no error (%s client)', async (client) => {
      const ledger = alice[client];
      const { terms } = newFabricSwap({
        networkId,
        owner: ledger.account,
        beneficiary: bob.account,
        expiresAtSec: (await ledger.head()).timeSec + 600n,
      });
      const lock = await ledger.prepare({ action: 'lock', terms });
      await ledger.submit(lock);
      await ledger.submit(lock);
      await bob.submit(lock);
      await expect
        .poll(async () => (await ledger.outcome(lock)).kind, { timeout: 20_000, interval: 50 })
        .toBe('valid');
      await ledger.submit(lock);
      await bob.submit(lock);
      expect(await bob.outcome(lock)).toMatchObject({ kind: 'valid', final: true });
      expect(await bob.leg(terms)).toMatchObject({ state: 'locked' });
    });

    it('is answered by each orderer in the words that are taken for success', async () => {
      const { terms } = newFabricSwap({
        networkId,
        owner: alice.gateway.account,
        beneficiary: bob.account,
        expiresAtSec: (await bob.head()).timeSec + 600n,
      });
      const lock = await alice.gateway.prepare({ action: 'lock', terms });
      expect(await answerOfOrderer(lock)).toBeUndefined();
      const held = await answerOfOrderer(lock);
      await expect
        .poll(async () => (await bob.outcome(lock)).kind, { timeout: 20_000, interval: 50 })
        .toBe('valid');
      const ordered = await answerOfOrderer(lock);
      expect({ held: wordsIn(held), ordered: wordsIn(ordered) }).toEqual(WORDS[consensus]);
    });

    /** What the first orderer throws at a transaction. */
    async function answerOfOrderer({ bytes }: SignedTransaction): Promise<unknown> {
      const { organizations, orderers = {} } = network.fabric.description;
      const { certPath, keyPath } = organizations['Org1MSP']!.users['User1']!;
      const transport = await openTransport({
        client: 'legacy',
        channel: 'swaps',
        chaincode: 'midlock',
        organizations: [{ mspId: 'Org1MSP', ...organizations['Org1MSP']! }],
        orderers: Object.values(orderers),
        identity: await loadFabricIdentity('Org1MSP', certPath, keyPath),
        endorsements: 1,
      });
      try {
        await transport.submitters(readPrepared(bytes))[0]!.submit(bytes);
        return undefined;
      } catch (error) {
        return error;
      } finally {
        transport.close();
      }
    }
  });
}

function wordsIn(error: unknown): string | undefined {
  return error instanceof Error ? /request already \w+/.exec(error.message)?.[0] : undefined;
}
