import { toEip2537 } from '@midlock/crypto/bls/eip2537';
import { parseCompressed, encodePoint } from '@midlock/crypto/bls/points';
import { nobleEngine } from '@midlock/crypto/bls/noble-engine';
import { seededRandom } from '@midlock/crypto/testing/random';
import { blsFixture, frostFixture, quorumFixture } from '@midlock/crypto/testing/schemes';
import { orderThreePoint } from '@midlock/crypto/testing/small-order';
import { loadVectors, unhex } from '@midlock/crypto/testing/vectors';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Contract } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain, verifyGas, type TestChain } from './chain.ts';
import { compileVerifiers, type Compiled } from './compile.ts';

interface Beacon {
  readonly scheme: string;
  readonly pk: string;
  readonly round: number;
  readonly signature: string;
}

let chain: TestChain;
let compiled: Record<string, Compiled>;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

beforeAll(async () => {
  compiled = compileVerifiers();
  chain = await startChain();
});
afterAll(() => chain.close());

const verify = async (
  contract: Contract,
  digest: Uint8Array,
  proof: Uint8Array,
): Promise<boolean> => (await contract.getFunction('verify').staticCall(digest, proof)) as boolean;

const fixtures = [
  { name: 'bls', fixture: blsFixture(seededRandom('evm bls')), gas: 148_000 },
  { name: 'frost', fixture: frostFixture(seededRandom('evm frost')), gas: 29_000 },
  {
    name: 'frost with the other parity',
    fixture: frostFixture(seededRandom('evm frost'), 3),
    gas: 29_000,
  },
  { name: 'quorum of 1', fixture: quorumFixture(1, 1, seededRandom('evm quorum')), gas: 33_000 },
  {
    name: 'quorum of 5 among 7',
    fixture: quorumFixture(7, 5, seededRandom('evm quorum')),
    gas: 54_000,
  },
];

describe.each(fixtures)('$name', ({ fixture, gas }) => {
  let contract: Contract;
  const digest = sha256(text('statement'));
  const proof = fixture.sign(digest);

  beforeAll(async () => {
    contract = await chain.deploy(compiled[fixture.contract]!, ...fixture.args);
  });

  it('names its scheme as in TypeScript', async () => {
    const scheme = (await contract.getFunction('scheme').staticCall()) as string;
    expect(Buffer.from(scheme.slice(2), 'hex').toString().replace(/\0+$/, '')).toBe(
      fixture.verifier.scheme,
    );
  });

  it('answers as the TypeScript verifier does, for good and for damaged proofs', async () => {
    expect(await verify(contract, digest, proof)).toBe(true);
    expect(fixture.verifier.verify(digest, proof)).toBe(true);
    const random = seededRandom('damage');
    const damaged = Array.from({ length: 24 }, () => {
      const bytes = proof.slice();
      const at = (random.bytes(2)[0]! * 256 + random.bytes(1)[0]!) % bytes.length;
      bytes[at] = bytes[at]! ^ (1 << (random.bytes(1)[0]! & 7));
      return bytes;
    });
    const others = [
      new Uint8Array(0),
      proof.slice(1),
      new Uint8Array([...proof, 0]),
      new Uint8Array(proof.length),
      new Uint8Array(proof.length).fill(0xff),
    ];
    for (const bytes of [...damaged, ...others]) {
      expect(await verify(contract, digest, bytes)).toBe(false);
      expect(fixture.verifier.verify(digest, bytes)).toBe(false);
    }
    for (const other of [sha256(digest), new Uint8Array(32)]) {
      expect(await verify(contract, other, proof)).toBe(false);
      expect(fixture.verifier.verify(other, proof)).toBe(false);
    }
  });

  it('accepts every fresh signature', async () => {
    for (let i = 0; i < 8; i += 1) {
      const fresh = sha256(text(`statement ${i}`));
      expect(await verify(contract, fresh, fixture.sign(fresh))).toBe(true);
    }
  });

  it(`costs at most ${gas} gas as a whole transaction`, async () => {
    const used = await verifyGas(contract, digest, proof);
    console.info(`${fixture.verifier.scheme}: ${used} gas`);
    expect(used).toBeLessThanOrEqual(gas);
  });
});

const beacons = loadVectors<Beacon[]>('drand.json');

describe.skipIf(beacons === undefined)('League of Entropy through the BLS verifier', () => {
  const tag = text('BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_');
  const wrongTag = text('BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_');
  const check = async (beacon: Beacon, byTag: Uint8Array): Promise<boolean> => {
    const key = encodePoint(nobleEngine.g2, parseCompressed(nobleEngine.g2, unhex(beacon.pk)));
    const signature = encodePoint(
      nobleEngine.g1,
      parseCompressed(nobleEngine.g1, unhex(beacon.signature)),
    );
    const contract = await chain.deploy(compiled['BlsVerifier']!, toEip2537(key), byTag);
    const round = new Uint8Array(8);
    new DataView(round.buffer).setBigUint64(0, BigInt(beacon.round));
    expect(
      Buffer.from(
        ((await contract.getFunction('domainTag').staticCall()) as string).slice(2),
        'hex',
      ).toString(),
    ).toBe(Buffer.from(byTag).toString());
    return verify(contract, sha256(round), signature);
  };

  it('accepts quicknet rounds', async () => {
    const quicknet = beacons!.filter(({ scheme }) => scheme === 'bls-unchained-g1-rfc9380');
    expect(quicknet).toHaveLength(3);
    for (const beacon of quicknet) expect(await check(beacon, tag)).toBe(true);
  });

  it('refuses the fastnet beacon under the right tag, and accepts it under the wrong one it was made with', async () => {
    const fastnet = beacons!.find(({ scheme }) => scheme === 'bls-unchained-on-g1')!;
    expect(await check(fastnet, tag)).toBe(false);
    expect(await check(fastnet, wrongTag)).toBe(true);
  });
});

describe('keys that cannot stand in a contract', () => {
  const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
  const tag = text('TAG');
  const base = toEip2537(nobleEngine.g2.toCoordinates(nobleEngine.g2.generator));

  it('BLS: identity, off the curve, wrong length, tag of 0 or 64 bytes', async () => {
    const off = base.slice();
    off[255] = off[255]! ^ 1;
    const bad: [Uint8Array, Uint8Array][] = [
      [new Uint8Array(256), tag],
      [off, tag],
      [base.slice(1), tag],
      [base, new Uint8Array(0)],
      [base, new Uint8Array(64).fill(65)],
    ];
    for (const [key, byTag] of bad)
      await expect(chain.deploy(compiled['BlsVerifier']!, key, byTag)).rejects.toThrow();
    const long = text('T'.repeat(63));
    expect(
      await (
        await chain.deploy(compiled['BlsVerifier']!, base, long)
      )
        .getFunction('domainTag')
        .staticCall(),
    ).toBe(hexOf(long));
  });

  it('BLS: a proof of order three is refused', async () => {
    const contract = await chain.deploy(compiled['BlsVerifier']!, base, tag);
    expect(await verify(contract, new Uint8Array(32), orderThreePoint())).toBe(false);
  });

  it('FROST: x of zero, at or above the order, without a point, a prefix other than 2 and 3', async () => {
    const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
    for (const [x, prefix] of [
      [0n, 2],
      [BigInt(`0x${order}`), 2],
      [5n, 2],
      [1n, 4],
      [1n, 1],
    ] as const) {
      await expect(chain.deploy(compiled['FrostVerifier']!, x, prefix)).rejects.toThrow();
    }
    await chain.deploy(compiled['FrostVerifier']!, 1n, 2);
  });

  it('quorum: an empty, unordered, repeating or zero roster, a threshold of none or too many', async () => {
    const [a, b] = [
      '0x00000000000000000000000000000000000000aa',
      '0x00000000000000000000000000000000000000bb',
    ];
    const zero = '0x0000000000000000000000000000000000000000';
    for (const [members, threshold] of [
      [[], 0],
      [[b, a], 1],
      [[a, a], 1],
      [[zero, a], 1],
      [[a, b], 0],
      [[a, b], 3],
    ] as const) {
      await expect(chain.deploy(compiled['QuorumVerifier']!, members, threshold)).rejects.toThrow();
    }
    await chain.deploy(compiled['QuorumVerifier']!, [a, b], 2);
  });
});
