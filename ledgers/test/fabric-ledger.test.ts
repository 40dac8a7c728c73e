import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swapIdOf, toHex32, type Hex32, type LedgerUpdate } from '@midlock/protocol';
import {
  createFabricIdentity,
  createFabricLedger,
  isRetriable,
  type FabricLedger,
} from '../src/index.ts';
import {
  developmentConfig,
  factsIn,
  kindOf,
  newFabricSwap,
  settle,
  startFabric,
  watchUntil,
  type FabricNetwork,
} from './fabric-fixture.ts';
import { readFileSync } from 'node:fs';

const GAP_SEC = 6n;

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

const lock = async (terms: Parameters<FabricLedger['leg']>[0]) =>
  settle(alice, await alice.prepare({ action: 'lock', terms }));

/** Lets clocks of all chaincode processes run ahead, so that a deadline passes at once. */
async function withClocksAhead<T>(ms: bigint, work: () => Promise<T>): Promise<T> {
  const all = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;
  for (const mspId of all) network.skewChaincode(mspId, Number(ms));
  try {
    return await work();
  } finally {
    for (const mspId of all) network.skewChaincode(mspId, 0);
  }
}

describe('a leg on Fabric', () => {
  it('is locked, claimed and final; what is free and locked adds up', async () => {
    const { terms, secret } = await swap(60n);
    expect(await alice.leg(terms)).toEqual({ state: 'none' });
    await lock(terms);
    expect(await bob.leg(terms)).toMatchObject({ state: 'locked', final: true });
    await settle(bob, await bob.prepare({ action: 'claim', terms, secret }));
    expect(await alice.leg(terms)).toMatchObject({ state: 'claimed', final: true, secret });
    expect(await bob.assets.balance('EUR', bob.account)).toBe(10n);
    expect(await bob.assets.conservation('EUR')).toMatchObject({
      issued: '1000',
      locked: '0',
      holds: true,
    });
  });

  it('is released by the beneficiary, and declined by the owner for ever', async () => {
    const [released, declined] = [await swap(60n), await swap(60n)];
    await lock(released.terms);
    await settle(bob, await bob.prepare({ action: 'release', terms: released.terms }));
    expect(await alice.leg(released.terms)).toMatchObject({ state: 'refunded' });
    await settle(alice, await alice.prepare({ action: 'decline', terms: declined.terms }));
    expect(await bob.leg(declined.terms)).toMatchObject({ state: 'declined' });
    await expect(alice.prepare({ action: 'lock', terms: declined.terms })).rejects.toMatchObject({
      code: 'LOCK_EXISTS',
    });
  });

  it('holds unique assets and evidence', async () => {
    await neutral.assets.issueUnique('deed-1', alice.account, toHex32(new Uint8Array(32).fill(1)));
    await neutral.assets.issueEvidence(
      'report-1',
      alice.account,
      toHex32(new Uint8Array(32).fill(2)),
      'iso',
    );
    for (const asset of [
      { assetKind: 'unique', assetId: 'deed-1' },
      { assetKind: 'evidence', assetId: 'report-1' },
    ] as const) {
      const { terms, secret } = await swap(60n, { asset, amount: 1n });
      await lock(terms);
      expect((await alice.assets.asset(asset.assetId)).lockedBy).toBe(swapIdOf(terms));
      await settle(bob, await bob.prepare({ action: 'claim', terms, secret }));
    }
    expect((await bob.assets.assetsOf(bob.account)).map(({ id }) => id).sort()).toEqual([
      'deed-1',
      'report-1',
    ]);
  });

  it('is refunded after the deadline and the gap, not before, and never claimed after them', async () => {
    const { terms, secret } = await swap(20n);
    await lock(terms);
    await expect(alice.prepare({ action: 'refund', terms })).rejects.toMatchObject({
      code: 'REFUND_TOO_EARLY',
    });
    await withClocksAhead((21n + GAP_SEC) * 1000n, async () => {
      const [a, b] = [await network.ledger('Org1MSP'), await network.ledger('Org2MSP')];
      await expect(b.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
        code: 'CLAIM_TOO_LATE',
      });
      await settle(a, await a.prepare({ action: 'refund', terms }));
    });
    expect(await bob.leg(terms)).toMatchObject({ state: 'refunded', final: true });
  });

  it('refuses other terms, networks and secrets before anything leaves the process', async () => {
    const { terms, secret } = await swap(60n);
    const other = {
      ...terms,
      fabric: { ...terms.fabric, networkId: toHex32(new Uint8Array(32).fill(9)) },
    };
    await expect(alice.prepare({ action: 'lock', terms: other })).rejects.toMatchObject({
      code: 'NETWORK_MISMATCH',
    });
    await expect(bob.prepare({ action: 'lock', terms })).rejects.toMatchObject({
      code: 'NOT_OWNER',
    });
    await expect(
      bob.prepare({ action: 'claim', terms, secret: secret.slice(1) }),
    ).rejects.toMatchObject({ code: 'SECRET_INVALID' });
    await expect(bob.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
      code: 'LOCK_UNKNOWN',
    });
    await expect(
      alice.prepare({ action: 'lock', terms: (await swap(60n, { amount: 10n ** 12n })).terms }),
    ).rejects.toMatchObject({ code: 'BALANCE_INSUFFICIENT' });
    // Who has no note at all is refused by the chaincode: an operator's own ledger might have known the asset.
    await expect(
      neutral.prepare({
        action: 'lock',
        terms: (await swap(60n, { owner: neutral.account })).terms,
      }),
    ).rejects.toMatchObject({ code: 'BALANCE_INSUFFICIENT', data: { has: '0' } });
    const wrong = await network.ledger('Org1MSP', 'User1', { networkId: other.fabric.networkId });
    await expect(wrong.head()).rejects.toMatchObject({ code: 'NETWORK_MISMATCH' });
  });
});

describe('who endorses', () => {
  it('a claim never reaches the counterparty, also when the neutral organisation is down', async () => {
    const { terms, secret } = await swap(60n);
    await lock(terms);
    network.devnode.setUp('Org1MSP', false);
    try {
      await settle(bob, await bob.prepare({ action: 'claim', terms, secret }));
    } finally {
      network.devnode.setUp('Org1MSP', true);
    }
    const second = await swap(60n);
    await lock(second.terms);
    network.devnode.setUp('Org3MSP', false);
    try {
      await expect(bob.prepare({ action: 'claim', ...second })).rejects.toMatchObject({
        code: 'ENDORSEMENT_MISSING',
      });
    } finally {
      network.devnode.setUp('Org3MSP', true);
    }
    await settle(bob, await bob.prepare({ action: 'claim', ...second }));
  });

  it('a lock falls over to any two willing organisations', async () => {
    const { terms } = await swap(60n);
    network.devnode.setUp('Org3MSP', false);
    try {
      await lock(terms);
    } finally {
      network.devnode.setUp('Org3MSP', true);
    }
    expect(await bob.leg(terms)).toMatchObject({ state: 'locked' });
  });

  it('a party named as counterparty in the configuration is left out of claims as well', async () => {
    const { terms, secret } = await swap(60n);
    await lock(terms);
    const careful = await network.ledger('Org2MSP', 'User1', { counterpartyMsps: ['Org3MSP'] });
    await expect(careful.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
      code: 'ENDORSEMENT_MISSING',
      data: { available: 1, needed: 2 },
    });
  });
});

describe('stamps', () => {
  it('follow endorsers whose clocks are five minutes off in both directions from this machine', async () => {
    for (const minutes of [-5, 5]) {
      await withClocksAhead(BigInt(minutes) * 60_000n, async () => {
        const [a, b] = [await network.ledger('Org1MSP'), await network.ledger('Org2MSP')];
        const expiresAtSec = (await a.head()).timeSec + 60n;
        const { terms, secret } = newFabricSwap({
          networkId,
          owner: a.account,
          beneficiary: b.account,
          expiresAtSec,
        });
        await settle(a, await a.prepare({ action: 'lock', terms }));
        await settle(b, await b.prepare({ action: 'claim', terms, secret }));
        for (const { offsetMs } of a.clockOffsets()) {
          expect(
            offsetMs > BigInt(minutes) * 60_000n - 2_000n &&
              offsetMs < BigInt(minutes) * 60_000n + 2_000n,
          ).toBe(true);
        }
      });
    }
  });

  it('are drawn anew when an endorser refuses one, because its clock was set', async () => {
    const a = await network.ledger('Org1MSP');
    const { terms } = await swap(600n);
    await a.head();
    await withClocksAhead(30_000n, async () =>
      settle(a, await a.prepare({ action: 'lock', terms })),
    );
  });

  it('leave out an organisation whose clock has nothing in common with the others', async () => {
    network.skewChaincode('Org3MSP', 3_600_000);
    try {
      const a = await network.ledger('Org1MSP');
      const { terms } = await swap(60n);
      await settle(a, await a.prepare({ action: 'lock', terms }));
    } finally {
      network.skewChaincode('Org3MSP', 0);
    }
  });
});

describe('transactions', () => {
  it('can be sent again and again, through any gateway, with one effect', async () => {
    const { terms } = await swap(60n);
    const transaction = await alice.prepare({ action: 'lock', terms });
    expect(await alice.outcome(transaction)).toEqual({ kind: 'unknown' });
    network.devnode.pauseOrdering();
    await alice.submit(transaction);
    expect(await alice.outcome(transaction)).toEqual({ kind: 'pending' });
    expect(await bob.outcome(transaction)).toEqual({ kind: 'unknown' });
    network.devnode.resumeOrdering();
    await bob.submit(transaction);
    await settle(alice, transaction);
    await alice.submit(transaction).catch(() => undefined);
    const outcome = await bob.outcome(transaction);
    expect(outcome).toMatchObject({ kind: 'valid', final: true });
  });

  it('that were withheld until the leg was refunded are invalid and not tried again', async () => {
    const { terms, secret } = await swap(20n);
    await lock(terms);
    const withheld = await bob.prepare({ action: 'claim', terms, secret });
    await withClocksAhead((21n + GAP_SEC) * 1000n, async () => {
      const a = await network.ledger('Org1MSP');
      await settle(a, await a.prepare({ action: 'refund', terms }));
    });
    await bob.submit(withheld);
    await expect
      .poll(() => kindOf(bob, withheld), { timeout: 5_000, interval: 10 })
      .toBe('invalid');
    const outcome = await bob.outcome(withheld);
    expect(outcome).toMatchObject({ kind: 'invalid', code: 'MVCC_READ_CONFLICT', final: true });
    expect([isRetriable('MVCC_READ_CONFLICT'), isRetriable('ENDORSEMENT_POLICY_FAILURE')]).toEqual([
      true,
      false,
    ]);
    await expect(bob.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
      code: 'LOCK_SETTLED',
    });
    const updates = await watchUntil(alice, undefined, (seen) =>
      seen.some((update) => update.kind === 'secret' && update.hashLock === terms.hashLock),
    );
    expect(
      updates.find((update) => update.kind === 'secret' && update.hashLock === terms.hashLock),
    ).toMatchObject({ secret });
  });

  it('of many locks of one owner use disjoint notes', async () => {
    await alice.assets.splitOff('EUR', 20n, 5);
    const swaps = await Promise.all(Array.from({ length: 5 }, () => swap(60n, { amount: 20n })));
    const transactions = await Promise.all(
      swaps.map(({ terms }) => alice.prepare({ action: 'lock', terms })),
    );
    await Promise.all(transactions.map((transaction) => settle(alice, transaction)));
  });
});

describe('watching Fabric', () => {
  it('reports chained blocks with facts, each final, and resumes behind a cursor', async () => {
    const { terms, secret } = await swap(60n);
    await lock(terms);
    await settle(bob, await bob.prepare({ action: 'claim', terms, secret }));
    const mine = (seen: readonly LedgerUpdate[]) =>
      factsIn(seen).filter(({ swapId }) => swapId === swapIdOf(terms));
    const updates = await watchUntil(neutral, undefined, (seen) => mine(seen).length === 2);
    expect(mine(updates).map(({ kind }) => kind)).toEqual(['locked', 'claimed']);
    expect(mine(updates)[0]).toMatchObject({ terms });
    const blocks = updates.flatMap((update) => (update.kind === 'block' ? [update.block] : []));
    expect(blocks[0]!.hash).toBe(networkId);
    for (let i = 1; i < blocks.length; i += 1)
      expect(blocks[i]!.parentHash).toBe(blocks[i - 1]!.hash);

    const before = blocks.at(-2)!;
    const resumed = await watchUntil(neutral, before, (seen) => mine(seen).length === 1);
    expect(resumed[0]).toMatchObject({ kind: 'block', block: { height: before.height + 1n } });
    expect(mine(resumed)[0]).toMatchObject({ kind: 'claimed', secret });
  });

  it('reports nothing to a cursor of another network, and says why', async () => {
    const trouble: unknown[] = [];
    const stop = new AbortController();
    const ledger = await network.ledger('Org1MSP', 'User1', {
      onTrouble: (error) => {
        if (trouble.push(error) === 2) stop.abort();
      },
    });
    const updates: LedgerUpdate[] = [];
    for await (const update of ledger.watch({ height: 1n, hash: networkId }, stop.signal))
      updates.push(update);
    expect(updates).toEqual([]);
    expect(trouble[0]).toMatchObject({ code: 'ENDPOINT_LIED' });
  });

  it("hands a claim to no gateway but the endorsers'", async () => {
    const { terms, secret } = await swap(60n);
    await lock(terms);
    const claim = await bob.prepare({ action: 'claim', terms, secret });
    const { devnode } = network;
    const { certPath, keyPath } = devnode.organizations['Org2MSP']!.users['User1']!;
    const ledger = await createFabricLedger({
      channel: 'swaps',
      chaincode: 'midlock',
      organizations: Object.entries(devnode.organizations).map(([mspId, organization]) => ({
        mspId,
        ...organization,
        ...(mspId === 'Org1MSP' ? {} : { gateway: '127.0.0.1:2' }),
      })),
      identity: createFabricIdentity(
        'Org2MSP',
        readFileSync(certPath, 'utf8'),
        readFileSync(keyPath, 'utf8'),
      ),
      endorsements: 2,
    });
    try {
      // Only the counterparty's gateway is there, and it would take the bytes.
      await expect(ledger.submit(claim)).rejects.toMatchObject({ code: 'SUBMIT_UNKNOWN' });
      expect(await alice.leg(terms)).toMatchObject({ state: 'locked' });
      await settle(bob, claim);
    } finally {
      ledger.close();
    }
  });

  it('goes on through another organisation when a gateway is not there', async () => {
    const { devnode } = network;
    const { certPath, keyPath } = devnode.organizations['Org1MSP']!.users['User1']!;
    const organizations = Object.entries(devnode.organizations).map(([mspId, organization]) => ({
      mspId,
      ...organization,
      ...(mspId === 'Org1MSP' ? { gateway: '127.0.0.1:2' } : {}),
    }));
    const identity = createFabricIdentity(
      'Org1MSP',
      readFileSync(certPath, 'utf8'),
      readFileSync(keyPath, 'utf8'),
    );
    const ledger = await createFabricLedger({
      channel: 'swaps',
      chaincode: 'midlock',
      organizations,
      identity,
      endorsements: 2,
    });
    try {
      expect(await ledger.networkId()).toBe(networkId);
      const updates = await watchUntil(ledger, undefined, (seen) => seen.length > 0);
      expect(updates[0]).toMatchObject({ kind: 'block' });
      const { terms } = await swap(60n);
      await settle(ledger, await ledger.prepare({ action: 'lock', terms }));
      expect(await ledger.leg(terms)).toMatchObject({ state: 'locked' });
    } finally {
      ledger.close();
    }
  });
});

describe('configuration', () => {
  it('refuses contradicting organisations, plain text beyond loopback and unreadable files', async () => {
    const { certPath, keyPath } = network.devnode.organizations['Org1MSP']!.users['User1']!;
    const identity = createFabricIdentity(
      'Org1MSP',
      readFileSync(certPath, 'utf8'),
      readFileSync(keyPath, 'utf8'),
    );
    const base = { channel: 'swaps', chaincode: 'midlock', identity, endorsements: 1 };
    const create = (
      organizations: Parameters<typeof createFabricLedger>[0]['organizations'],
      endorsements = 1,
    ) => createFabricLedger({ ...base, organizations, endorsements });
    await expect(create([{ mspId: 'A', gateway: 'peer.example.com:7051' }])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(
      create([{ mspId: 'A', gateway: 'localhost:1', tlsCaCertPath: '/nowhere' }]),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(create([{ mspId: 'A', gateway: 'localhost:1' }], 2)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('refuses a key of another certificate, an expired certificate and texts that are neither', () => {
    const files = (mspId: string) => {
      const { certPath, keyPath } = network.devnode.organizations[mspId]!.users['User1']!;
      return { certificate: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
    };
    const [one, two] = [files('Org1MSP'), files('Org2MSP')];
    const in200Years = BigInt(Date.now()) + 200n * 365n * 86_400_000n;
    for (const create of [
      () => createFabricIdentity('Org1MSP', one.certificate, two.key),
      () => createFabricIdentity('Org1MSP', one.certificate, one.key, in200Years),
      () => createFabricIdentity('Org1MSP', 'x', one.key),
      () => createFabricIdentity('Org1MSP', one.certificate, 'x'),
    ])
      expect(create).toThrow('IDENTITY_INVALID');
  });
});
