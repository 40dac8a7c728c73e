import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { ContractFactory, Interface, hexlify } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  counterpartHash,
  ethereumLegHash,
  fabricLegHash,
  parseTerms,
  swapIdOf,
  type Address,
  type AssetKind,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import { compile } from '../scripts/compiler.ts';
import { startAnvil, type Chain } from './support/anvil.ts';

interface Vector {
  readonly name: string;
  readonly terms: unknown;
  readonly fabricLegHash: Hex32;
  readonly ethereumLegHash: Hex32;
  readonly counterpartHash: Hex32;
  readonly swapId: Hex32;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/swap-ids.json', import.meta.url), 'utf8'),
) as { cases: Vector[] };
const HARNESS = 'test/forge/support/SwapHashHarness.sol';
let chain: Chain;
let call: (name: string, argument: unknown) => Promise<string>;

beforeAll(async () => {
  const compiled = compile([HARNESS])[`${HARNESS}:SwapHashHarness`];
  if (compiled === undefined) throw new Error('no harness');
  const abi = new Interface(JSON.stringify(compiled.abi));
  chain = await startAnvil();
  const contract = await new ContractFactory(
    abi,
    compiled.evm.bytecode.object,
    await chain.signer(0),
  ).deploy();
  await contract.waitForDeployment();
  const to = await contract.getAddress();
  call = async (name, argument) => {
    const data: unknown = await chain.provider.send('eth_call', [
      { to, data: abi.encodeFunctionData(name, [argument]) },
      'latest',
    ]);
    return String(abi.decodeFunctionResult(name, data as string)[0]);
  };
});
afterAll(() => chain.close());

/** What Solidity makes of the terms. */
async function bySolidity(terms: SwapTerms) {
  const { version, nonce, hashLock, fabric, ethereum } = terms;
  const counterpart = {
    version,
    direction: terms.direction === 'fabric-first' ? 0 : 1,
    nonce,
    fabric,
  };
  return {
    fabricLegHash: await call('fabricLegHash', fabric),
    ethereumLegHash: await call('ethereumLegHash', ethereum),
    counterpartHash: await call('counterpartHash', counterpart),
    swapId: await call('swapId', { ethereum, hashLock, counterpart }),
  };
}

describe('SwapHash.sol', () => {
  it.each(vectors.cases.map((vector) => [vector.name, vector] as const))(
    'agrees with the vector "%s"',
    async (_, vector) => {
      const {
        fabricLegHash: fabric,
        ethereumLegHash: ethereum,
        counterpartHash: counterpart,
        swapId,
      } = vector;
      expect(await bySolidity(parseTerms(vector.terms))).toEqual({
        fabricLegHash: fabric,
        ethereumLegHash: ethereum,
        counterpartHash: counterpart,
        swapId,
      });
    },
  );

  it('agrees with protocol on random terms', async () => {
    const hex = (bytes: number): fc.Arbitrary<string> =>
      fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(hexlify);
    const hex32 = hex(32).map((text) => text as Hex32);
    const address = hex(20).map((text) => text as Address);
    // Any text, not only names that terms allow: the hash must not depend on that.
    const text = fc
      .string({ unit: 'binary', maxLength: 80 })
      .filter((value) => value.isWellFormed());
    const account = fc.record({ mspId: text, key: hex32 });
    const terms: fc.Arbitrary<SwapTerms> = fc.record({
      version: fc.constant(1 as const),
      direction: fc.constantFrom('fabric-first' as const, 'ethereum-first' as const),
      hashLock: hex32,
      nonce: hex32,
      fabric: fc.record({
        networkId: hex32,
        channel: text,
        chaincode: text,
        assetKind: text.map((kind) => kind as AssetKind),
        assetId: text,
        amount: fc.bigInt(0n, (1n << 256n) - 1n),
        owner: account,
        beneficiary: account,
        expiresAtSec: fc.bigInt(0n, (1n << 256n) - 1n),
      }),
      ethereum: fc.record({
        chainId: fc.bigInt(0n, (1n << 256n) - 1n),
        escrow: address,
        token: address,
        amount: fc.bigInt(0n, (1n << 256n) - 1n),
        owner: address,
        beneficiary: address,
        expiresAtSec: fc.bigInt(0n, (1n << 256n) - 1n),
      }),
    });
    await fc.assert(
      fc.asyncProperty(terms, async (swap) => {
        expect(await bySolidity(swap)).toEqual({
          fabricLegHash: fabricLegHash(swap.fabric),
          ethereumLegHash: ethereumLegHash(swap.ethereum),
          counterpartHash: counterpartHash(swap),
          swapId: swapIdOf(swap),
        });
      }),
      { seed: 6, numRuns: 100 },
    );
  });
});
