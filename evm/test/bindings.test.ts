import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { Contract, type Signer, type TransactionReceipt } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ETH,
  swapIdOf,
  type Address,
  type EthereumLock,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import {
  DEMO_TOKEN_ARTIFACT,
  DEVELOPMENT_LIMITS,
  MAX_LOCK_AMOUNT,
  REFUND_CONSENT_TYPES,
  consentDigest,
  decodeEscrowLog,
  deployDemoToken,
  deployEscrow,
  encodeClaim,
  encodeClaimMany,
  encodeDeposit,
  encodeLock,
  encodeLockMany,
  encodeRefund,
  encodeRefundMany,
  encodeRefundWithConsent,
  encodeWithdraw,
  escrowDomain,
  escrowError,
  lockIdOf,
  readBalance,
  readDeployment,
  readFreeSlots,
  readLimits,
  readLockId,
  readSlot,
  readStatus,
  surplusOf,
  writeDeployment,
  type EscrowCall,
  type EscrowEvent,
  type LockChoice,
} from '../src/index.ts';
import { startAnvil, type Chain } from './support/anvil.ts';

const AMOUNT = 1_000_000n;
let chain: Chain;
let owner: Signer;
let beneficiary: Signer;
let ownerAddress: Address;
let beneficiaryAddress: Address;
let escrow: Address;
let token: Address;
let call: EscrowCall;

const lower = async (signer: Signer): Promise<Address> =>
  (await signer.getAddress()).toLowerCase() as Address;
const hex = (bytes: Uint8Array): Hex32 => `0x${Buffer.from(bytes).toString('hex')}` as Hex32;

beforeAll(async () => {
  chain = await startAnvil();
  owner = await chain.signer(1);
  beneficiary = await chain.signer(2);
  [ownerAddress, beneficiaryAddress] = [await lower(owner), await lower(beneficiary)];
  const deployer = await chain.signer(0);
  escrow = (await deployEscrow(deployer, DEVELOPMENT_LIMITS)).address;
  token = (await deployDemoToken(deployer, 'Euro', 'TEUR')).address;
  call = async (data) =>
    (await chain.provider.send('eth_call', [{ to: escrow, data }, 'latest'])) as string;
  const erc20 = new Contract(token, DEMO_TOKEN_ARTIFACT.abi, deployer);
  await (await erc20.getFunction('mint').send(ownerAddress, AMOUNT * 100n)).wait();
  await (
    await (erc20.connect(owner) as Contract).getFunction('approve').send(escrow, AMOUNT * 100n)
  ).wait();
});
afterAll(() => chain.close());

async function send(
  from: Signer,
  data: string,
  value = 0n,
): Promise<{ readonly receipt: TransactionReceipt; readonly events: EscrowEvent[] }> {
  const response = await from.sendTransaction({ to: escrow, data, value, gasLimit: 3_000_000n });
  const receipt = await response.wait();
  if (receipt === null) throw new Error('no receipt');
  const events = receipt.logs
    .filter((log) => log.address.toLowerCase() === escrow)
    .flatMap((log) => decodeEscrowLog(log, chain.chainId) ?? []);
  return { receipt, events };
}

async function terms(
  asset: Address,
  amount = AMOUNT,
  secret = randomBytes(32),
): Promise<{ terms: SwapTerms; secret: Uint8Array }> {
  const expiresAtSec = (await chain.now()) + 600n;
  const account = { mspId: 'Org1MSP', key: hex(randomBytes(32)) };
  return {
    secret,
    terms: {
      version: 1,
      direction: 'fabric-first',
      hashLock: hex(createHash('sha256').update(secret).digest()),
      nonce: hex(randomBytes(32)),
      fabric: {
        networkId: hex(randomBytes(32)),
        channel: 'trade',
        chaincode: 'midlock',
        assetKind: 'fungible',
        assetId: 'EUR',
        amount: 100n,
        owner: account,
        beneficiary: account,
        expiresAtSec: expiresAtSec + 600n,
      },
      ethereum: {
        chainId: chain.chainId,
        escrow,
        token: asset,
        amount,
        owner: ownerAddress,
        beneficiary: beneficiaryAddress,
        expiresAtSec,
      },
    },
  };
}

async function freeChoice(direct: boolean, skip = 0): Promise<LockChoice> {
  const free = (await readFreeSlots(call, ownerAddress, { count: skip + 1 })).at(skip);
  if (free === undefined) throw new Error('no free slot');
  return { ...free, direct };
}

async function locked(swap: SwapTerms, direct: boolean): Promise<EthereumLock> {
  const choice = await freeChoice(direct);
  const { events } = await send(
    owner,
    encodeLock(swap, choice),
    direct && swap.ethereum.token === ETH ? swap.ethereum.amount : 0n,
  );
  const event = events.find(({ kind }) => kind === 'locked');
  if (event?.kind !== 'locked') throw new Error('no lock');
  return event.lock;
}

describe('a swap leg through the bindings', () => {
  it.each([
    ['ETH', true],
    ['ETH', false],
    ['ERC-20', true],
    ['ERC-20', false],
  ] as const)('locks and claims %s, direct: %s', async (asset, direct) => {
    const { terms: swap, secret } = await terms(asset === 'ETH' ? ETH : token);
    if (!direct)
      await send(owner, encodeDeposit(swap.ethereum.token, AMOUNT), asset === 'ETH' ? AMOUNT : 0n);
    const lock = await locked(swap, direct);
    expect(lock).toMatchObject({
      swapId: swapIdOf(swap),
      owner: ownerAddress,
      beneficiary: beneficiaryAddress,
      token: swap.ethereum.token,
      amount: AMOUNT,
      expiresAtSec: swap.ethereum.expiresAtSec,
      hashLock: swap.hashLock,
      direct,
    });
    expect(lock.lockId).toBe(await readLockId(call, lock));
    expect(lock.lockId).toBe(lockIdOf({ ...lock, chainId: chain.chainId, escrow }));
    expect(await readStatus(call, lock)).toBe('open');
    expect(await readSlot(call, ownerAddress, lock.slot)).toEqual({ locked: true });

    const before = await readBalance(call, swap.ethereum.token, beneficiaryAddress);
    const { events } = await send(await chain.signer(5), encodeClaim(lock, secret));
    expect(events).toEqual([
      { kind: 'claimed', swapId: lock.swapId, lockId: lock.lockId, secret: new Uint8Array(secret) },
    ]);
    expect((await readBalance(call, swap.ethereum.token, beneficiaryAddress)) - before).toBe(
      direct ? 0n : AMOUNT,
    );
    expect(await readStatus(call, lock)).toBe('settled');
    expect(await readSlot(call, ownerAddress, lock.slot)).toEqual({
      locked: false,
      generation: lock.generation + 1n,
    });
  });

  it('refunds with a consent signed by a wallet as typed data', async () => {
    const { terms: swap } = await terms(ETH);
    const lock = await locked(swap, true);
    const consent = { lockId: lock.lockId, expiresAtSec: (await chain.now()) + 60n };
    const signature = await beneficiary.signTypedData(
      escrowDomain(chain.chainId, escrow),
      REFUND_CONSENT_TYPES,
      consent,
    );
    const escrowContract = new Contract(
      escrow,
      ['function consentDigest(bytes32,uint256) view returns (bytes32)'],
      chain.provider,
    );
    expect(consentDigest(chain.chainId, escrow, consent)).toBe(
      await escrowContract
        .getFunction('consentDigest')
        .staticCall(consent.lockId, consent.expiresAtSec),
    );
    const { events } = await send(
      owner,
      encodeRefundWithConsent(lock, { expiresAtSec: consent.expiresAtSec, signature }),
    );
    expect(events).toEqual([{ kind: 'refunded', swapId: lock.swapId, lockId: lock.lockId }]);
  });

  it('locks and claims in batches, reports what it skips, refunds the rest after the deadline', async () => {
    const swaps = await Promise.all([1, 2, 3].map(() => terms(ETH)));
    await send(owner, encodeDeposit(ETH, 3n * AMOUNT), 3n * AMOUNT);
    const free = await readFreeSlots(call, ownerAddress, { count: 3 });
    const orders = swaps.map(({ terms: swap }, i) => ({
      terms: swap,
      choice: { ...free[i]!, direct: false },
    }));
    const { events } = await send(owner, encodeLockMany(ETH, [...orders, orders[0]!]));
    const locks = events.flatMap((event) => (event.kind === 'locked' ? [event.lock] : []));
    expect(locks).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      kind: 'skipped',
      lockId: locks[0]!.lockId,
      reason: 'LockExists',
    });

    const claims = [0, 1, 0].map((i) => ({ lock: locks[i]!, secret: swaps[i]!.secret }));
    const settled = await send(beneficiary, encodeClaimMany(ETH, claims));
    expect(settled.events.map(({ kind }) => kind)).toEqual(['claimed', 'claimed', 'skipped']);
    expect(settled.events[2]).toMatchObject({ reason: 'LockSettled' });

    const snapshot = await chain.snapshot();
    await chain.nextTimestamp(locks[2]!.expiresAtSec);
    const refunds = await send(owner, encodeRefundMany(ETH, locks));
    expect(refunds.events.map(({ kind }) => kind)).toEqual(['skipped', 'skipped', 'refunded']);
    await chain.revert(snapshot);
    await chain.nextTimestamp(locks[2]!.expiresAtSec);
    await send(owner, encodeRefund(locks[2]!));
    await send(owner, encodeWithdraw(ETH, AMOUNT, ownerAddress));
  });

  it('turns a refusal into an error of the catalogue', async () => {
    const { terms: swap, secret } = await terms(ETH, 5n * AMOUNT);
    const lock = await locked(swap, true);
    const data = await chain.provider.call({ to: escrow, data: encodeRefund(lock) }).then(
      () => '0x',
      (error: unknown) => (error as { data?: string }).data ?? '0x',
    );
    expect(escrowError(data)).toMatchObject({
      code: 'REFUND_TOO_EARLY',
      data: { expiresAtSec: String(lock.expiresAtSec) },
    });
    await send(beneficiary, encodeClaim(lock, secret));
  });

  it('refuses amounts that no lock holds', async () => {
    const { terms: swap } = await terms(ETH, MAX_LOCK_AMOUNT + 1n);
    expect(() => encodeLock(swap, { slot: 0n, generation: 0n, direct: true })).toThrow(
      'AMOUNT_INVALID',
    );
  });

  it('knows the surplus from the events', async () => {
    const all = await chain.provider.getLogs({ address: escrow, fromBlock: 0, toBlock: 'latest' });
    const events = all.flatMap((log) => decodeEscrowLog(log, chain.chainId) ?? []);
    expect(surplusOf(await chain.provider.getBalance(escrow), events, ETH)).toBe(0n);
    const erc20 = new Contract(token, DEMO_TOKEN_ARTIFACT.abi, owner);
    await (await erc20.getFunction('transfer').send(escrow, 7n)).wait();
    const balance = (await erc20.getFunction('balanceOf').staticCall(escrow)) as bigint;
    expect(surplusOf(balance, events, token)).toBe(7n);
  });
});

describe('deployment', () => {
  it('has the limits it was given', async () => {
    expect(await readLimits(call)).toEqual(DEVELOPMENT_LIMITS);
    await expect(readLimits(() => Promise.resolve('0x'))).rejects.toThrow('NETWORK_MISMATCH');
  });

  it('writes addresses in the shape of Ignition, and ABIs', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'midlock-deploy-'));
    try {
      const path = await writeDeployment(directory, chain.chainId, { MidlockEscrow: escrow });
      await writeDeployment(directory, chain.chainId, { TEUR: token });
      expect(path).toBe(join(directory, '31337', 'addresses.json'));
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
        'Midlock#MidlockEscrow': escrow,
        'Midlock#TEUR': token,
      });
      expect(await readDeployment(directory, chain.chainId)).toBe(escrow);
      expect(await readDeployment(directory, chain.chainId, 'TEUR')).toBe(token);
      await expect(readDeployment(directory, chain.chainId, 'TUSD')).rejects.toThrow(
        'CONFIG_INVALID',
      );
      await expect(readDeployment(directory, 1n)).rejects.toThrow('CONFIG_INVALID');
      const abi = JSON.parse(
        await readFile(join(directory, '31337', 'abi', 'MidlockEscrow.json'), 'utf8'),
      ) as unknown[];
      expect(abi.length).toBeGreaterThan(20);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
