import { createHash } from 'node:crypto';
import { Contract, type Signer, type TransactionReceipt } from 'ethers';
import { ETH, type Address, type EthereumLock, type SwapTerms } from '@midlock/protocol';
import { DEMO_TOKEN_ARTIFACT } from '../../src/artifacts.ts';
import { consentDigest, escrowDomain, REFUND_CONSENT_TYPES } from '../../src/consent.ts';
import { DEFAULT_LIMITS, deployDemoToken, deployEscrow } from '../../src/deploy.ts';
import {
  encodeClaim,
  encodeClaimMany,
  encodeDeposit,
  encodeLock,
  encodeLockMany,
  encodeRefund,
  encodeRefundMany,
  encodeRefundWithConsent,
  encodeWithdraw,
  type Calldata,
  type LockChoice,
} from '../../src/escrow-calls.ts';
import { decodeEscrowLog } from '../../src/escrow-events.ts';
import { START_SEC, type Chain } from './anvil.ts';

/** Gas of whole transactions by name of the operation, from receipts; batches per swap, rounded up. */
export type GasTable = Readonly<Record<string, number>>;

const AMOUNT = 1_234_567_890_123_456_789n;
const FUNDS = AMOUNT * 1_000n;
const DURATION_SEC = 3_661n;
const BATCH = 50;
/** Time enough to deploy on a busy machine; a fixed moment, since a zero byte in a deadline costs less. */
const MEASURED_FROM_SEC = START_SEC + 1_000n;

/**
 * Measures every operation in steady state: slots used before, both parties with balances in escrow and token, unlimited allowance, the
 * claim sent by the beneficiary. Rows ending in "first use" are on a slot that never held a lock. Timestamps and secrets are fixed,
 * so that the figures are the same in every run. Takes some 5 s.
 */
export async function measureGas(chain: Chain): Promise<GasTable> {
  const world = await World.create(chain);
  const table: Record<string, number> = {};
  for (const [name, token] of [
    ['ETH', ETH],
    ['ERC-20', world.token],
  ] as const) {
    Object.assign(table, await measureOneShot(world, name, token));
  }
  Object.assign(
    table,
    await measureMidAccount(world),
    await measureBatches(world),
    await measureConsent(world),
  );
  table['deploy'] = Number(world.deployGas);
  return table;
}

async function measureOneShot(world: World, name: string, token: Address): Promise<GasTable> {
  const slot = token === ETH ? 6n : 7n;
  const first = await world.lock(token, { slot, generation: 0n, direct: true });
  await world.settle(first);
  const second = await world.lock(token, { slot, generation: 1n, direct: true });
  const claim = await world.settle(second);
  const third = await world.lock(token, { slot, generation: 2n, direct: true });
  const refund = await world.refund(third);
  return {
    [`${name} one-shot lock, first use`]: first.gas,
    [`${name} one-shot lock`]: second.gas,
    [`${name} one-shot claim`]: claim,
    [`${name} one-shot refund`]: refund,
  };
}

async function measureMidAccount(world: World): Promise<GasTable> {
  const first = await world.lock(world.token, { slot: 8n, generation: 0n, direct: false });
  await world.settle(first);
  const second = await world.lock(world.token, { slot: 8n, generation: 1n, direct: false });
  const claim = await world.settle(second);
  const third = await world.lock(world.token, { slot: 8n, generation: 2n, direct: false });
  return {
    'mid-account lock, first use': first.gas,
    'mid-account lock': second.gas,
    'mid-account claim': claim,
    'mid-account refund': await world.refund(third),
    'ETH deposit': await world.send(world.owner, encodeDeposit(ETH, AMOUNT), AMOUNT),
    'ERC-20 deposit': await world.send(world.owner, encodeDeposit(world.token, AMOUNT)),
    'ETH withdraw': await world.send(world.owner, encodeWithdraw(ETH, AMOUNT, world.ownerAddress)),
    'ERC-20 withdraw': await world.send(
      world.owner,
      encodeWithdraw(world.token, AMOUNT, world.ownerAddress),
    ),
  };
}

async function measureBatches(world: World): Promise<GasTable> {
  const first = await world.lockMany(100n, 0n);
  await world.claimMany(first.locks);
  const second = await world.lockMany(100n, 1n);
  const claim = await world.claimMany(second.locks);
  const third = await world.lockMany(100n, 2n);
  const refund = await world.refundMany(third.locks);
  return {
    'batch of 50 lock, first use': first.gas,
    'batch of 50 lock': second.gas,
    'batch of 50 claim': claim,
    'batch of 50 refund': refund,
  };
}

async function measureConsent(world: World): Promise<GasTable> {
  const first = await world.lock(ETH, { slot: 9n, generation: 0n, direct: true });
  await world.settle(first);
  const { lock } = await world.lock(ETH, { slot: 9n, generation: 1n, direct: true });
  const expiresAtSec = world.nowSec + 600n;
  const consent = { lockId: lock.lockId, expiresAtSec };
  const signature = await world.beneficiary.signTypedData(
    escrowDomain(world.chain.chainId, world.escrow),
    REFUND_CONSENT_TYPES,
    consent,
  );
  if (consentDigest(world.chain.chainId, world.escrow, consent) === lock.lockId)
    throw new Error('cannot be');
  return {
    'ETH one-shot refund with consent': await world.send(
      world.owner,
      encodeRefundWithConsent(lock, { expiresAtSec, signature }),
    ),
  };
}

/** One owner, one beneficiary, one token, a fixed clock. */
class World {
  readonly chain: Chain;
  readonly escrow: Address;
  readonly token: Address;
  readonly owner: Signer;
  readonly beneficiary: Signer;
  readonly ownerAddress: Address;
  readonly beneficiaryAddress: Address;
  readonly deployGas: bigint;
  nowSec: bigint;
  private swaps = 0;
  private readonly secrets = new Map<string, Uint8Array>();

  private constructor(
    fields: Omit<
      World,
      'lock' | 'settle' | 'refund' | 'send' | 'lockMany' | 'claimMany' | 'refundMany'
    >,
  ) {
    this.chain = fields.chain;
    this.escrow = fields.escrow;
    this.token = fields.token;
    this.owner = fields.owner;
    this.beneficiary = fields.beneficiary;
    this.ownerAddress = fields.ownerAddress;
    this.beneficiaryAddress = fields.beneficiaryAddress;
    this.deployGas = fields.deployGas;
    this.nowSec = fields.nowSec;
  }

  static async create(chain: Chain): Promise<World> {
    const owner = await chain.signer(1);
    const beneficiary = await chain.signer(2);
    const deployer = await chain.signer(0);
    const { address: escrow, gasUsed } = await deployEscrow(deployer, DEFAULT_LIMITS);
    const { address: token } = await deployDemoToken(deployer, 'Euro', 'TEUR');
    const erc20 = new Contract(token, DEMO_TOKEN_ARTIFACT.abi, deployer);
    const world = new World({
      chain,
      escrow,
      token,
      owner,
      beneficiary,
      ownerAddress: (await owner.getAddress()).toLowerCase() as Address,
      beneficiaryAddress: (await beneficiary.getAddress()).toLowerCase() as Address,
      deployGas: gasUsed,
      nowSec: MEASURED_FROM_SEC,
    });
    // These take the host's time, so they come before the clock is set.
    for (const party of [owner, beneficiary]) {
      await (await erc20.getFunction('mint').send(await party.getAddress(), FUNDS)).wait();
      await (
        await (erc20.connect(party) as Contract)
          .getFunction('approve')
          .send(escrow, 2n ** 256n - 1n)
      ).wait();
    }
    for (const party of [owner, beneficiary]) {
      await world.send(party, encodeDeposit(ETH, AMOUNT * 100n), AMOUNT * 100n);
      await world.send(party, encodeDeposit(token, AMOUNT * 200n));
    }
    return world;
  }

  /** Sends at the next second and returns the gas used. */
  async send(from: Signer, data: Calldata, value = 0n): Promise<number> {
    return Number((await this.transact(from, data, value)).gasUsed);
  }

  async lock(
    token: Address,
    choice: LockChoice,
  ): Promise<{ readonly lock: EthereumLock; readonly gas: number }> {
    const value = token === ETH && choice.direct ? AMOUNT : 0n;
    const receipt = await this.transact(this.owner, encodeLock(this.terms(token), choice), value);
    const [lock] = this.locksOf(receipt);
    if (lock === undefined) throw new Error('no lock');
    return { lock, gas: Number(receipt.gasUsed) };
  }

  async settle({ lock }: { readonly lock: EthereumLock }): Promise<number> {
    return this.send(this.beneficiary, encodeClaim(lock, this.secretOf(lock)));
  }

  async refund({ lock }: { readonly lock: EthereumLock }): Promise<number> {
    this.nowSec = lock.expiresAtSec;
    return this.send(this.owner, encodeRefund(lock));
  }

  async lockMany(
    slot: bigint,
    generation: bigint,
  ): Promise<{ readonly locks: EthereumLock[]; readonly gas: number }> {
    const orders = Array.from({ length: BATCH }, (_, i) => ({
      terms: this.terms(this.token),
      choice: { slot: slot + BigInt(i), generation, direct: false },
    }));
    const receipt = await this.transact(this.owner, encodeLockMany(this.token, orders), 0n);
    return { locks: this.locksOf(receipt), gas: perSwap(receipt.gasUsed) };
  }

  async claimMany(locks: readonly EthereumLock[]): Promise<number> {
    const items = locks.map((lock) => ({ lock, secret: this.secretOf(lock) }));
    return perSwap(
      (await this.transact(this.beneficiary, encodeClaimMany(this.token, items), 0n)).gasUsed,
    );
  }

  async refundMany(locks: readonly EthereumLock[]): Promise<number> {
    this.nowSec = locks[0]?.expiresAtSec ?? this.nowSec;
    return perSwap(
      (await this.transact(this.owner, encodeRefundMany(this.token, locks), 0n)).gasUsed,
    );
  }

  private async transact(from: Signer, data: Calldata, value: bigint): Promise<TransactionReceipt> {
    this.nowSec += 1n;
    await this.chain.nextTimestamp(this.nowSec);
    const response = await from.sendTransaction({
      to: this.escrow,
      data,
      value,
      gasLimit: 5_000_000n,
    });
    const receipt = await response.wait();
    if (receipt?.status !== 1) throw new Error('reverted');
    return receipt;
  }

  private locksOf(receipt: TransactionReceipt): EthereumLock[] {
    return receipt.logs.flatMap((log) => {
      const event =
        log.address.toLowerCase() === this.escrow
          ? decodeEscrowLog(log, this.chain.chainId)
          : undefined;
      return event?.kind === 'locked' ? [event.lock] : [];
    });
  }

  private secretOf(lock: EthereumLock): Uint8Array {
    const secret = this.secrets.get(lock.hashLock);
    if (secret === undefined) throw new Error('no secret');
    return secret;
  }

  private terms(token: Address): SwapTerms {
    this.swaps += 1;
    const secret = withoutZeros(`secret ${this.swaps}`);
    const hashLock =
      `0x${createHash('sha256').update(secret).digest('hex')}` as SwapTerms['hashLock'];
    this.secrets.set(hashLock, secret);
    const account = { mspId: 'Org1MSP', key: `0x${'ab'.repeat(32)}` as SwapTerms['nonce'] };
    return {
      version: 1,
      direction: 'fabric-first',
      hashLock,
      nonce:
        `0x${Buffer.from(withoutZeros(`nonce ${this.swaps}`)).toString('hex')}` as SwapTerms['nonce'],
      fabric: {
        networkId: `0x${'cd'.repeat(32)}` as SwapTerms['nonce'],
        channel: 'trade',
        chaincode: 'midlock',
        assetKind: 'fungible',
        assetId: 'EUR',
        amount: 100n,
        owner: account,
        beneficiary: account,
        expiresAtSec: this.nowSec + 2n * DURATION_SEC,
      },
      ethereum: {
        chainId: this.chain.chainId,
        escrow: this.escrow,
        token,
        amount: AMOUNT,
        owner: this.ownerAddress,
        beneficiary: this.beneficiaryAddress,
        expiresAtSec: this.nowSec + DURATION_SEC,
      },
    };
  }
}

function perSwap(gas: bigint): number {
  return Math.ceil(Number(gas) / BATCH);
}

/** 32 bytes that depend on the name and hold no zero, so that calldata costs the same every time. */
function withoutZeros(name: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(name).digest(), (byte) => byte || 1);
}
