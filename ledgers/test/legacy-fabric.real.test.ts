import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swapIdOf, type Hex32, type LedgerUpdate, type SignedTransaction } from '@midlock/protocol';
import { readPrepared } from '../src/fabric/prepared.ts';
import type { FabricLedger } from '../src/index.ts';
import {
  developmentConfig,
  factsIn,
  kindOf,
  newFabricSwap,
  settle,
  watchUntil,
} from './fabric-fixture.ts';
import { findsFabric, startNative, type NativeNetwork } from './native-fixture.ts';

const GAP_SEC = 6n;
const LEGACY = { client: 'legacy' } as const;

const found = await findsFabric('legacy client on peers without Gateway service');

describe.skipIf(!found)('peers without the Gateway service', () => {
  let network: NativeNetwork;
  let networkId: Hex32;
  let alice: FabricLedger;
  let bob: FabricLedger;
  let neutral: FabricLedger;

  beforeAll(async () => {
    network = await startNative({ consensus: 'raft', gateway: false });
    const admin = await network.ledger('Org1MSP', 'Admin', LEGACY);
    networkId = await admin.networkId();
    await admin.assets.initialize(developmentConfig(networkId));
    alice = await network.ledger('Org1MSP', 'User1', { ...LEGACY, networkId });
    bob = await network.ledger('Org2MSP', 'User1', { ...LEGACY, networkId });
    neutral = await network.ledger('Org3MSP', 'User1', { ...LEGACY, networkId });
    await neutral.assets.createFungible('EUR');
    await neutral.assets.mint('EUR', alice.account, 1_000n);
  }, 120_000);
  afterAll(() => network.stop(), 30_000);

  const swap = async (seconds: bigint) =>
    newFabricSwap({
      networkId,
      owner: alice.account,
      beneficiary: bob.account,
      expiresAtSec: (await alice.head()).timeSec + seconds,
    });

  async function become(kind: 'valid' | 'invalid', ledger: FabricLedger, sent: SignedTransaction) {
    await expect.poll(() => kindOf(ledger, sent), { timeout: 10_000, interval: 20 }).toBe(kind);
  }

  async function withClocksAhead<T>(ms: bigint, work: () => Promise<T>): Promise<T> {
    network.skewChaincode(Number(ms));
    try {
      return await work();
    } finally {
      network.skewChaincode(0);
    }
  }

  it('are named to the ordinary client, with what to do', async () => {
    const ordinary = await network.ledger('Org1MSP');
    const refused = await ordinary.head().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'GATEWAY_SERVICE_MISSING' });
    expect((refused as { entry: { next: string } }).entry.next).toContain('fabric.client: legacy');
  });

  it('lock and claim by the legacy client; the claim is endorsed and seen by no counterparty', async () => {
    const { terms, secret } = await swap(60n);
    expect(await alice.leg(terms)).toEqual({ state: 'none' });
    await settle(alice, await alice.prepare({ action: 'lock', terms }));
    expect(await bob.leg(terms)).toMatchObject({ state: 'locked', final: true });
    const claim = await bob.prepare({ action: 'claim', terms, secret });
    expect(readPrepared(claim.bytes)).toEqual({
      endorsers: expect.arrayContaining(['Org2MSP', 'Org3MSP']) as string[],
      revealsSecret: true,
    });
    await settle(bob, claim);
    expect(await alice.leg(terms)).toMatchObject({ state: 'claimed', final: true, secret });
    expect(await bob.assets.balance('EUR', bob.account)).toBe(10n);
    expect(await bob.assets.conservation('EUR')).toMatchObject({ locked: '0', holds: true });
  });

  it('refund after the deadline and the gap, and refuse by the same codes as ever', async () => {
    const { terms, secret } = await swap(20n);
    await expect(bob.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
      code: 'LOCK_UNKNOWN',
    });
    await settle(alice, await alice.prepare({ action: 'lock', terms }));
    await expect(alice.prepare({ action: 'refund', terms })).rejects.toMatchObject({
      code: 'REFUND_TOO_EARLY',
    });
    await withClocksAhead((21n + GAP_SEC) * 1000n, async () => {
      const [a, b] = [
        await network.ledger('Org1MSP', 'User1', LEGACY),
        await network.ledger('Org2MSP', 'User1', LEGACY),
      ];
      await expect(b.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
        code: 'CLAIM_TOO_LATE',
      });
      await settle(a, await a.prepare({ action: 'refund', terms }));
    });
    expect(await bob.leg(terms)).toMatchObject({ state: 'refunded', final: true });
  });

  it('reject what comes second, and show its secret', async () => {
    const { terms, secret } = await swap(20n);
    await settle(alice, await alice.prepare({ action: 'lock', terms }));
    const withheld = await bob.prepare({ action: 'claim', terms, secret });
    await withClocksAhead((21n + GAP_SEC) * 1000n, async () => {
      const a = await network.ledger('Org1MSP', 'User1', LEGACY);
      await settle(a, await a.prepare({ action: 'refund', terms }));
    });
    await bob.submit(withheld);
    await become('invalid', bob, withheld);
    expect(await alice.outcome(withheld)).toMatchObject({
      kind: 'invalid',
      code: 'MVCC_READ_CONFLICT',
      final: true,
    });
    const shown = (update: LedgerUpdate) =>
      update.kind === 'secret' && update.hashLock === terms.hashLock;
    const updates = await watchUntil(alice, undefined, (seen) => seen.some(shown));
    expect(updates.find(shown)).toMatchObject({ secret });
  });

  it('take the same transaction again without a second effect', async () => {
    const { terms } = await swap(60n);
    const lock = await alice.prepare({ action: 'lock', terms });
    expect(await alice.outcome(lock)).toEqual({ kind: 'unknown' });
    await alice.submit(lock);
    await bob.submit(lock);
    await become('valid', alice, lock);
    await alice.submit(lock);
    expect(await bob.outcome(lock)).toMatchObject({ kind: 'valid', final: true });
  });

  it('stream their blocks, behind a cursor and past a peer that goes away', async () => {
    const { terms, secret } = await swap(120n);
    const mine = (seen: readonly LedgerUpdate[]) =>
      factsIn(seen).filter(({ swapId }) => swapId === swapIdOf(terms));
    await settle(alice, await alice.prepare({ action: 'lock', terms }));
    const updates = await watchUntil(neutral, undefined, (seen) => mine(seen).length === 1);
    const blocks = updates.flatMap((update) => (update.kind === 'block' ? [update.block] : []));
    expect(blocks[0]!.hash).toBe(networkId);
    for (let i = 1; i < blocks.length; i += 1)
      expect(blocks[i]!.parentHash).toBe(blocks[i - 1]!.hash);
    const cursor = blocks.at(-1)!;
    const troubles: unknown[] = [];
    const watcher = await network.ledger('Org3MSP', 'User1', {
      ...LEGACY,
      onTrouble: (error) => troubles.push(error),
    });
    const watching = watchUntil(watcher, cursor, (seen) => mine(seen).length === 1);
    const peer = network.fabric.nodes['Org3MSP']!;
    await settle(neutral, await bob.prepare({ action: 'claim', terms, secret }));
    await watching;
    // The own peer is gone: the stream comes from another organisation, and two of three still endorse.
    const second = await swap(120n);
    await peer.kill();
    try {
      const after = watchUntil(watcher, cursor, (seen) =>
        factsIn(seen).some(({ swapId }) => swapId === swapIdOf(second.terms)),
      );
      await settle(alice, await alice.prepare({ action: 'lock', terms: second.terms }));
      const seen = await after;
      expect(mine(seen)[0]).toMatchObject({ kind: 'claimed', secret });
      expect(troubles[0]).toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
      await expect(bob.prepare({ action: 'claim', ...second })).rejects.toMatchObject({
        code: 'ENDORSEMENT_MISSING',
      });
    } finally {
      peer.start();
    }
  });
});
