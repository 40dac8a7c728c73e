import { describe, expect, it } from 'vitest';
import { DEVELOPMENT, ETH, hashLockOf, swapIdOf, type SwapTerms } from '@midlock/protocol';
import { ALICE, BOB, CAROL, START_SEC, TOKENS, createRig } from '../testing/rig.ts';
import { createEthereumModel, encodeCall, type EthereumCall } from './ethereum-model.ts';
import { ModelRefusal, createFabricModel, type FabricProposal } from './fabric-model.ts';

// Each of these differed from the ledgers until test/differential held the models against them.

const SECRET = new Uint8Array(32).fill(7);
const WRONG = new Uint8Array(32).fill(8);
const TERMS: SwapTerms = {
  ...createRig().terms('fabric-first', 1),
  hashLock: hashLockOf(SECRET),
};

describe('the model of Ethereum refuses in the order of the escrow', () => {
  const { owner, beneficiary, expiresAtSec } = TERMS.ethereum;

  function chain(): (call: Partial<EthereumCall>, atSec: bigint) => string | undefined {
    const model = createEthereumModel({
      startSec: START_SEC,
      minDurationSec: 2n,
      maxDurationSec: 600n,
      balances: [{ account: owner, token: ETH, amount: 1_000n }],
    });
    return (call, atSec) => {
      const from = call.from ?? owner;
      const whole = { from, nonce: model.nonce(from), fee: 1n, action: 'lock', terms: TERMS };
      const txId = model.send(encodeCall({ ...whole, ...call } as EthereumCall).bytes);
      model.mine(atSec);
      return model.receipt(txId)?.refusal;
    };
  }

  it('time before everything else, also of a lock that nobody made', () => {
    const send = chain();
    expect(send({ action: 'claim', secret: WRONG }, expiresAtSec)).toBe('ClaimTooLate');
    expect(send({ action: 'refund' }, expiresAtSec - 1n)).toBe('RefundTooEarly');
  });

  it('a wrong secret as another lock: the escrow has the hash lock in a commitment only', () => {
    const send = chain();
    send({}, START_SEC + 1n);
    expect(send({ action: 'claim', secret: WRONG }, START_SEC + 2n)).toBe('LockUnknown');
    expect(send({ action: 'claim', secret: SECRET }, START_SEC + 3n)).toBeUndefined();
    expect(send({ action: 'claim', secret: WRONG }, START_SEC + 4n)).toBe('LockSettled');
  });

  it('a consent by its time, then by its signer, then by its lock', () => {
    const send = chain();
    const release = (signer: typeof owner, lifeSec: bigint): string | undefined =>
      send(
        { action: 'release', consent: { signer, expiresAtSec: START_SEC + 1n + lifeSec } },
        START_SEC + 1n,
      );
    expect(release(owner, 0n)).toBe('ConsentExpired');
    expect(release(owner, 1n)).toBe('NotBeneficiary');
    expect(release(beneficiary, 1n)).toBe('LockUnknown');
    send({}, START_SEC + 1n);
    expect(release(beneficiary, 1n)).toBeUndefined();
  });

  it('deadlines that are too far and amounts that no word holds', () => {
    const send = chain();
    const leg = (change: Partial<SwapTerms['ethereum']>): Partial<EthereumCall> => ({
      terms: { ...TERMS, ethereum: { ...TERMS.ethereum, ...change } },
    });
    expect(send(leg({ expiresAtSec: START_SEC + 602n }), START_SEC + 1n)).toBe('DeadlineTooFar');
    expect(send(leg({ amount: 1n << 96n }), START_SEC + 1n)).toBe('AmountInvalid');
  });
});

describe('the model of Fabric refuses in the order of the chaincode', () => {
  function channel() {
    const model = createFabricModel({
      startSec: START_SEC,
      organizations: ['Org1MSP'],
      endorsements: 1,
      fabric: DEVELOPMENT.fabric,
      limits: {
        networkId: TERMS.fabric.networkId,
        maxDurationSec: 3_600n,
        marginSec: { 'fabric-first': 5n, 'ethereum-first': 5n },
      },
      notes: [{ owner: ALICE.fabric, assetId: TOKENS, amount: 1_000n }],
    });
    let count = 0;
    return (change: Partial<FabricProposal>): string => {
      count += 1;
      const proposal: FabricProposal = {
        creator: TERMS.fabric.owner,
        action: 'lock',
        terms: TERMS,
        stampSec: START_SEC,
        nonce: String(count),
        ...change,
      };
      try {
        const { txId, bytes } = model.endorse(proposal, ['Org1MSP']);
        model.order(bytes);
        model.cut();
        return model.receipt(txId)?.code ?? 'missing';
      } catch (error) {
        if (error instanceof ModelRefusal) return error.code;
        throw error;
      }
    };
  }
  const withFabric = (change: Partial<SwapTerms['fabric']>): SwapTerms => ({
    ...TERMS,
    fabric: { ...TERMS.fabric, ...change },
  });

  it('a settlement by its lock before its stamp', () => {
    const send = channel();
    const stale = { action: 'refund', stampSec: START_SEC - 100n } as const;
    expect(send(stale)).toBe('LOCK_UNKNOWN');
    send({});
    expect(send(stale)).toBe('STAMP_OUTSIDE_WINDOW');
    send({ action: 'release', creator: BOB.fabric });
    expect(send(stale)).toBe('LOCK_SETTLED');
  });

  it('a lock by network, owner, deadlines and only then by what stands', () => {
    const send = channel();
    send({});
    expect(send({ creator: CAROL.fabric })).toBe('NOT_OWNER');
    expect(send({ action: 'decline', creator: CAROL.fabric })).toBe('NOT_OWNER');
    expect(send({})).toBe('LOCK_EXISTS');
    const elsewhere = withFabric({ networkId: swapIdOf(TERMS) });
    expect(send({ terms: elsewhere, creator: CAROL.fabric })).toBe('NETWORK_MISMATCH');
    const { expiresAtSec } = TERMS.ethereum;
    expect(send({ terms: withFabric({ expiresAtSec: expiresAtSec + 4n }) })).toBe('DEADLINE_ORDER');
    expect(send({ terms: withFabric({ expiresAtSec: START_SEC + 3_601n }) })).toBe(
      'DEADLINE_TOO_FAR',
    );
  });
});
