import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaseContract } from 'ethers';
import { integerBytes } from '../src/encoding/bytes.ts';
import { createNativeEngine } from '../src/node/paillier-native.ts';
import {
  addCiphertexts,
  encodeCiphertext,
  encrypt,
  parseCiphertext,
} from '../src/paillier/cipher.ts';
import { generateKey, generatePaperKey, type PublicKey } from '../src/paillier/key.ts';
import { seededRandom } from '../src/testing/random.ts';
import { compile, startChain, type Chain } from './evm.ts';

const HARNESS = `
import {PaillierModulus} from "contracts/verify/paillier/PaillierModulus.sol";
import {PaillierProduct} from "contracts/verify/paillier/PaillierProduct.sol";
contract Harness {
  address public store;
  function register(bytes calldata n) external { store = PaillierModulus.write(n); }
  function verify(bytes calldata a, bytes calldata b, bytes calldata c) external view returns (bool) { return PaillierProduct.verify(store, a, b, c); }
  function execution(bytes calldata a, bytes calldata b, bytes calldata c) external view returns (uint256) {
    address modulus = store;
    uint256 before = gasleft();
    PaillierProduct.verify(modulus, a, b, c);
    return before - gasleft();
  }
}`;

const native = createNativeEngine();
let chain: Chain;
beforeAll(async () => {
  chain = await startChain();
});
afterAll(async () => {
  await chain.stop();
});

async function deploy(n: Uint8Array, withoutCheck?: string): Promise<BaseContract> {
  const contract = await chain.deploy(compile(HARNESS, 'Harness', withoutCheck));
  const sent = await contract.getFunction('register').send(n, { gasLimit: 5_000_000n });
  await sent.wait();
  return contract;
}

const verify = async (
  contract: BaseContract,
  ...operands: readonly Uint8Array[]
): Promise<boolean> => (await contract.getFunction('verify').staticCall(...operands)) as boolean;

const raw = (key: PublicKey, value: bigint): Uint8Array => integerBytes(value, key.bits / 4);

describe.each([512, 1024, 2048, 3072, 4096] as const)(
  'the product check on chain, %i bits',
  (bits) => {
    const seed = seededRandom(`product key ${bits}`);
    const secret =
      bits === 512 || bits === 1024
        ? generatePaperKey(native, bits, seed)
        : generateKey(native, bits, seed);
    const key = secret.public;
    let contract: BaseContract;
    beforeAll(async () => {
      contract = await deploy(integerBytes(key.n, bits / 8));
    });

    it('stores n squared as code', async () => {
      const store = (await contract.getFunction('store').staticCall()) as string;
      expect(await chain.provider.getCode(store)).toBe(
        `0x00${key.nSquared.toString(16).padStart(bits / 2, '0')}`,
      );
    });

    it('agrees with TypeScript on right and wrong products', async () => {
      const random = seededRandom(`product ${bits}`);
      for (let i = 0; i < 6; i += 1) {
        const [a, b] = [
          encrypt(key, BigInt(i), native, random),
          encrypt(key, key.n - 3n, native, random),
        ];
        const c = addCiphertexts(key, a, b);
        expect(await verify(contract, raw(key, a), raw(key, b), raw(key, c))).toBe(true);
        expect(await verify(contract, raw(key, b), raw(key, a), encodeCiphertext(key, c))).toBe(
          true,
        );
        for (const wrong of [
          c ^ 1n,
          c ^ (1n << BigInt(bits)),
          (c + 1n) % key.nSquared,
          (c * 2n) % key.nSquared,
          key.nSquared - c,
        ]) {
          expect(await verify(contract, raw(key, a), raw(key, b), raw(key, wrong))).toBe(false);
        }
      }
    });

    it('takes the ends of the range', async () => {
      const top = key.nSquared - 1n;
      const cases: readonly (readonly [bigint, bigint, bigint, boolean])[] = [
        [0n, 0n, 0n, true],
        [0n, top, 0n, true],
        [1n, top, top, true],
        [top, top, 1n, true],
        [top, top, top, false],
        [top, 1n, 1n, false],
        [top, 2n, top - 1n, true],
        [1n << 255n, 2n, 1n << 256n, true],
        [1n << 255n, 2n, 0n, false],
      ];
      for (const [a, b, c, right] of cases)
        expect(await verify(contract, raw(key, a), raw(key, b), raw(key, c))).toBe(right);
    });

    it('costs what the documentation says', async () => {
      // Gas varies by some three percent with modulus and operands; the documented figure is the usual one.
      const random = seededRandom(`gas ${bits}`);
      const costs: bigint[] = [];
      for (let i = 0; i < 9; i += 1) {
        const [a, b] = [encrypt(key, 1n, native, random), encrypt(key, 2n, native, random)];
        const operands = [raw(key, a), raw(key, b), raw(key, addCiphertexts(key, a, b))] as const;
        costs.push((await contract.getFunction('execution').staticCall(...operands)) as bigint);
      }
      costs.sort((a, b) => (a < b ? -1 : 1));
      console.log(`product check ${bits} bits: execution ${costs.join(', ')}`);
      const usual: Record<number, bigint> = {
        512: 11_545n,
        1024: 18_390n,
        2048: 41_672n,
        3072: 80_000n,
        4096: 130_000n,
      };
      expect(costs[4]).toBeLessThan(usual[bits]!);
    });
  },
);

describe('each check of the contracts', () => {
  const key = generatePaperKey(native, 512).public;
  const n = integerBytes(key.n, 64);
  const [a, b] = [encrypt(key, 1n, native), encrypt(key, 2n, native)];
  const c = addCiphertexts(key, a, b);
  // A value below 2^1024 - n^2 has a second form, n^2 higher.
  const small = 5n;

  it.each([
    ['product-first-below', small + key.nSquared, 1n, small],
    ['product-second-below', 1n, small + key.nSquared, small],
    ['product-claimed-below', 1n, small, small + key.nSquared],
  ])('%s refuses a second form of the same residue', async (id, first, second, claimed) => {
    const operands = [raw(key, first), raw(key, second), raw(key, claimed)];
    expect(await verify(await deploy(n), ...operands)).toBe(false);
    expect(await verify(await deploy(n, id), ...operands)).toBe(true);
    expect(() => parseCiphertext(key, raw(key, small + key.nSquared))).toThrow(
      'paillier.ciphertext-below',
    );
  });

  it('product-length refuses operands with bytes behind them', async () => {
    const operands = [raw(key, a), raw(key, b), new Uint8Array([...raw(key, c), 0])];
    const contract = await deploy(n);
    await expect(verify(contract, ...operands)).rejects.toThrow();
    for (const longer of [0, 1, 2]) {
      const right = [raw(key, a), raw(key, b), raw(key, c)];
      const wrong = right.map((bytes, at) =>
        at === longer ? new Uint8Array([...bytes, 0]) : bytes,
      );
      expect(await verify(contract, ...right)).toBe(true);
      await expect(verify(contract, ...wrong)).rejects.toThrow();
    }
    expect(await verify(await deploy(n, 'product-length'), ...operands)).toBe(true);
  });

  it('product-carries refuses a product without its top bit', async () => {
    // Twice such a claim has all the words of twice the product: only the carry out of them differs.
    const full = generatePaperKey(native, 512, seededRandom('n squared fills its words')).public;
    const [top, topBit] = [full.nSquared - 1n, 1n << 1023n];
    expect(top & topBit).toBe(topBit);
    const operands = [raw(full, 1n), raw(full, top), raw(full, top - topBit)];
    const modulus = integerBytes(full.n, 64);
    expect(await verify(await deploy(modulus), ...operands)).toBe(false);
  });

  it.each([
    ['modulus-size', integerBytes(key.n, 96)],
    ['modulus-top-bit', integerBytes((key.n >> 1n) | 1n, 64)],
    ['modulus-odd', integerBytes(key.n - 1n, 64)],
  ])('%s refuses the modulus', async (id, modulus) => {
    const bad = id === 'modulus-size' ? new Uint8Array([...n, ...n.subarray(0, 31), 1]) : modulus;
    await expect(deploy(bad)).rejects.toThrow();
    await expect(deploy(bad, id)).resolves.toBeDefined();
  });
});
