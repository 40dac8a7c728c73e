import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FabricLedger } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';
import {
  DEVELOPMENT,
  hashLockOf,
  isMidlockError,
  marginSec,
  toHex32,
  type Address,
  type ErrorCode,
  type Hex32,
  type LegView,
  type SignedTransaction,
  type SwapTerms,
} from '@midlock/protocol';
import { connectFabric } from './deploy-fabric.ts';

/** What became of a lock before an upgrade, and what is to become of it afterwards. */
type Lane =
  | { readonly before: 'claimed' | 'refunded' | 'released' | 'declined' }
  | {
      readonly before: 'open' | 'expired' | 'claim withheld';
      readonly after: 'claimed' | 'refunded' | 'released';
    };

/** Every state in which an upgrade can find a mid-account, and every way in which an open one can end. */
const LANES: readonly Lane[] = [
  { before: 'claimed' },
  { before: 'refunded' },
  { before: 'released' },
  { before: 'declined' },
  { before: 'open', after: 'claimed' },
  { before: 'open', after: 'refunded' },
  { before: 'open', after: 'released' },
  { before: 'expired', after: 'refunded' },
  { before: 'claim withheld', after: 'claimed' },
];
const ASSETS = ['fungible', 'unique', 'evidence'] as const;
const DURATION_SEC = 90n;

interface OpenSwap {
  readonly lane: Lane;
  readonly terms: SwapTerms;
  readonly secret: Uint8Array;
  readonly withheld?: SignedTransaction;
}

/** Swaps in every state, and the means to end them after an upgrade. */
export interface LockedSwaps {
  /** Ends every open lock as it should end and checks that settled ones stay as they were; assertion errors otherwise. */
  settle(): Promise<void>;
}

interface Parties {
  readonly alice: FabricLedger;
  readonly bob: FabricLedger;
  readonly issuer: FabricLedger;
}

/** Where the swaps take place. `moveClocks` sets the offset of all chaincode clocks to the system's, in milliseconds. */
export interface LockingNetwork {
  readonly fabric: FabricDescription;
  readonly networkId: Hex32;
  readonly moveClocks: (offsetMs: number) => void;
}

/** For tests: brings mid-accounts of every kind of asset into every state. */
export async function lockInEveryState(network: LockingNetwork): Promise<LockedSwaps> {
  const early = ({ before }: Lane): boolean => before === 'refunded' || before === 'expired';
  const swaps: OpenSwap[] = [];
  await asParties(network, async (parties) => {
    const { alice, issuer } = parties;
    await issuer.assets.createFungible('EUR');
    await issuer.assets.mint('EUR', alice.account, BigInt(LANES.length) * 10n);
    await alice.assets.splitOff('EUR', 10n, LANES.length - 1);
    swaps.push(...(await lockAll(network, parties, LANES.filter(early))));
  });
  // Those are past their deadline, dead zone included, when the others are made.
  network.moveClocks(120_000);
  return asParties(network, async (parties) => {
    swaps.push(
      ...(await lockAll(
        network,
        parties,
        LANES.filter((lane) => !early(lane)),
      )),
    );
    await Promise.all(swaps.map((swap) => end(parties, swap, swap.lane.before)));
    const held = await Promise.all(
      swaps.map(async (swap) =>
        swap.lane.before === 'claim withheld'
          ? { ...swap, withheld: await parties.bob.prepare({ action: 'claim', ...swap }) }
          : swap,
      ),
    );
    return { settle: () => settle(network, held) };
  });
}

async function settle(network: LockingNetwork, swaps: readonly OpenSwap[]): Promise<void> {
  await asParties(network, async (parties) => {
    const afterwards = async (swap: OpenSwap): Promise<void> => {
      if (swap.withheld !== undefined) {
        // It read the definition that was in force then: only a claim under the new one is good.
        await parties.bob.submit(swap.withheld);
        assert.equal(await ended(parties.bob, swap.withheld), 'MVCC_READ_CONFLICT');
      }
      if ('after' in swap.lane && swap.lane.after !== 'refunded')
        await end(parties, swap, swap.lane.after);
      if (swap.lane.before === 'declined')
        await refusedWith('LOCK_EXISTS', parties.alice.prepare({ action: 'lock', ...swap }));
    };
    await Promise.all(swaps.map(afterwards));
  });
  network.moveClocks(240_000);
  await asParties(network, async (parties) => {
    const { alice, bob, issuer } = parties;
    const verify = async (swap: OpenSwap): Promise<void> => {
      const { lane, terms } = swap;
      if ('after' in lane && lane.after === 'refunded') await end(parties, swap, 'refunded');
      const wanted = endOf(lane);
      const leg: LegView = await alice.leg(terms);
      assert.equal(leg.state, wanted === 'released' ? 'refunded' : wanted, JSON.stringify(lane));
      if (wanted !== 'declined')
        await refusedWith('LOCK_SETTLED', alice.prepare({ action: 'refund', terms }));
    };
    await Promise.all(swaps.map(verify));
    const { locked, holds } = await issuer.assets.conservation('EUR');
    assert.deepEqual({ locked, holds }, { locked: '0', holds: true });
    const paid = LANES.filter((lane) => endOf(lane) === 'claimed').length;
    assert.equal(await bob.assets.balance('EUR', bob.account), BigInt(paid) * 10n);
    assert.equal((await bob.assets.assetsOf(bob.account)).length, paid * 2);
  });
}

async function refusedWith(code: ErrorCode, attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => isMidlockError(error, code));
}

function endOf(lane: Lane): string {
  return 'after' in lane ? lane.after : lane.before;
}

/** New connections for each act: a ledger measures the clocks once and then trusts them for a while. */
async function asParties<T>(
  { fabric, networkId }: LockingNetwork,
  act: (parties: Parties) => Promise<T>,
): Promise<T> {
  const connect = (mspId: string): Promise<FabricLedger> =>
    connectFabric(fabric, mspId, 'User1', { networkId });
  const parties = {
    alice: await connect('Org1MSP'),
    bob: await connect('Org2MSP'),
    issuer: await connect('Org3MSP'),
  };
  try {
    return await act(parties);
  } finally {
    for (const ledger of Object.values(parties)) ledger.close();
  }
}

async function lockAll(
  { fabric, networkId }: LockingNetwork,
  { alice, bob, issuer }: Parties,
  lanes: readonly Lane[],
): Promise<readonly OpenSwap[]> {
  const { timeSec } = await alice.head();
  const swaps = lanes.flatMap((lane) =>
    ASSETS.map((kind) => newSwap(fabric, networkId, { alice, bob, kind, lane, timeSec })),
  );
  const lock = async ({ terms, lane }: OpenSwap): Promise<void> => {
    const { assetKind, assetId } = terms.fabric;
    const content = toHex32(createHash('sha256').update(assetId).digest());
    if (assetKind === 'unique') await issuer.assets.issueUnique(assetId, alice.account, content);
    if (assetKind === 'evidence')
      await issuer.assets.issueEvidence(assetId, alice.account, content, 'schema');
    const action = lane.before === 'declined' ? 'decline' : 'lock';
    await run(alice, await alice.prepare({ action, terms }));
  };
  await Promise.all(swaps.map(lock));
  return swaps;
}

async function end({ alice, bob }: Parties, swap: OpenSwap, how: string): Promise<void> {
  const { terms, secret } = swap;
  if (how === 'claimed') await run(bob, await bob.prepare({ action: 'claim', terms, secret }));
  if (how === 'released') await run(bob, await bob.prepare({ action: 'release', terms }));
  if (how === 'refunded') await run(alice, await alice.prepare({ action: 'refund', terms }));
}

async function run(ledger: FabricLedger, transaction: SignedTransaction): Promise<void> {
  await ledger.submit(transaction);
  assert.equal(await ended(ledger, transaction), 'valid');
}

/** `valid`, or the validation code of a transaction once it is committed. */
async function ended(ledger: FabricLedger, transaction: SignedTransaction): Promise<string> {
  for (;;) {
    const outcome = await ledger.outcome(transaction);
    if (outcome.kind === 'valid') return 'valid';
    if (outcome.kind === 'invalid') return outcome.code;
    await sleep(20);
  }
}

let serial = 0;

function newSwap(
  { channel, chaincode }: FabricDescription,
  networkId: Hex32,
  wish: {
    readonly alice: FabricLedger;
    readonly bob: FabricLedger;
    readonly kind: (typeof ASSETS)[number];
    readonly lane: Lane;
    readonly timeSec: bigint;
  },
): OpenSwap {
  serial += 1;
  const secret = createHash('sha256').update(`secret ${serial}`).digest();
  const expiresAtSec = wish.timeSec + DURATION_SEC;
  const isFungible = wish.kind === 'fungible';
  return {
    lane: wish.lane,
    secret,
    terms: {
      version: 1,
      direction: 'ethereum-first',
      hashLock: hashLockOf(secret),
      nonce: toHex32(createHash('sha256').update(`nonce ${serial}`).digest()),
      fabric: {
        networkId,
        channel,
        chaincode,
        assetKind: wish.kind,
        assetId: isFungible ? 'EUR' : `thing-${serial}`,
        amount: isFungible ? 10n : 1n,
        owner: wish.alice.account,
        beneficiary: wish.bob.account,
        expiresAtSec,
      },
      ethereum: {
        chainId: 31_337n,
        escrow: `0x${'aa'.repeat(20)}` as Address,
        token: `0x${'00'.repeat(20)}` as Address,
        amount: 5n,
        owner: `0x${'bb'.repeat(20)}` as Address,
        beneficiary: `0x${'cc'.repeat(20)}` as Address,
        expiresAtSec: expiresAtSec + marginSec('ethereum-first', DEVELOPMENT) + 5n,
      },
    },
  };
}
