import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transaction, getBytes, hexlify, recoverAddress } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Address } from '@midlock/protocol';
import {
  decodeTransaction,
  signChecked,
  type UnsignedTransaction,
} from '../ethereum/transaction.ts';
import {
  createMemorySigner,
  encryptKeystore,
  loadKeyFileSigner,
  loadKeystoreSigner,
} from './ethereum-signer.ts';

const KEY = getBytes('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
const ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const call: UnsignedTransaction = {
  chainId: 31_337n,
  nonce: 7n,
  to: `0x${'11'.repeat(20)}` as Address,
  value: 5n,
  data: '0x1234',
  gasLimit: 50_000n,
  fees: { kind: 'eip1559', maxFeePerGas: 30n, maxPriorityFeePerGas: 2n },
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'midlock-signers-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('Ethereum signers', () => {
  it('sign digests with low s and transactions that recover to their address', async () => {
    const signer = createMemorySigner(KEY);
    expect(signer.address).toBe(ADDRESS);
    const digest = new Uint8Array(32).fill(3);
    const signature = await signer.signDigest(digest);
    expect(signature).toHaveLength(65);
    expect(recoverAddress(digest, hexlify(signature)).toLowerCase()).toBe(ADDRESS);
    for (const fees of [call.fees, { kind: 'legacy', gasPrice: 9n } as const]) {
      const { bytes, txId } = await signChecked(signer, { ...call, fees });
      expect(Transaction.from(hexlify(bytes)).from?.toLowerCase()).toBe(ADDRESS);
      expect(decodeTransaction(bytes)).toMatchObject({ ...call, fees, from: ADDRESS, txId });
    }
  });

  it('that change the transaction are found out', async () => {
    const honest = createMemorySigner(KEY);
    const greedy = {
      ...honest,
      signTransaction: (transaction: UnsignedTransaction) =>
        honest.signTransaction({ ...transaction, value: 6n }),
    };
    const stranger = { ...createMemorySigner(new Uint8Array(32).fill(1)), address: honest.address };
    await expect(signChecked(greedy, call)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' });
    await expect(signChecked(stranger, call)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' });
  });

  it('come from key files that nobody else may read', async () => {
    expect((await loadKeyFileSigner(await file('key', `${hexlify(KEY)}\n`))).address).toBe(ADDRESS);
    await expect(loadKeyFileSigner(await file('open', hexlify(KEY), 0o644))).rejects.toMatchObject({
      code: 'SECRET_FILE_EXPOSED',
    });
    for (const text of ['', '0x12', 'z'.repeat(64), '0'.repeat(64)])
      await expect(loadKeyFileSigner(await file('bad', text))).rejects.toMatchObject({
        code: 'IDENTITY_INVALID',
      });
    await expect(loadKeyFileSigner(join(dir, 'missing'))).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
    });
  });

  it('come from keystores, version 3', async () => {
    const path = await file('keystore.json', await encryptKeystore(KEY, 'correct horse'));
    expect((await loadKeystoreSigner(path, 'correct horse')).address).toBe(ADDRESS);
    await expect(loadKeystoreSigner(path, 'battery')).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
    });
    await expect(loadKeystoreSigner(await file('no.json', '{}'), 'x')).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
    });
  });
});

describe('bytes of our own store', () => {
  it('that are no transaction are refused without being quoted', () => {
    const secret = new Uint8Array(40).fill(0xab);
    let message = '';
    try {
      decodeTransaction(secret);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('INTERNAL');
    expect(message).not.toContain('abab');
  });

  it('are refused for what the library finds only when it is asked: no key fits, or the tip exceeds the fee', async () => {
    const bytes = await createMemorySigner(KEY).signTransaction(call);
    // Where r begins in the last 65 bytes; no point of the curve has the new x.
    const offCurve = Uint8Array.from(bytes).fill(0xff, -65, -40);
    const overpaid = Buffer.from(bytes);
    // Fields of EIP-1559: the tip (2) stands right before the fee (30).
    const tip = overpaid.indexOf(Buffer.from([2, 30]));
    overpaid[tip] = 31;
    for (const broken of [offCurve, Uint8Array.from(overpaid)])
      expect(() => decodeTransaction(broken)).toThrow('INTERNAL');
  });
});
