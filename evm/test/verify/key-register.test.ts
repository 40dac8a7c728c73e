import { BLS_TAGS } from '@midlock/crypto/bls/tags';
import { generateBlsKey, signWith } from '@midlock/crypto/bls/keys';
import { concat, utf8 } from '@midlock/crypto/encoding/bytes';
import { statementDigest } from '@midlock/crypto/encoding/statement';
import type { Statement, StatementDomain } from '@midlock/crypto/encoding/statement-schema';
import { quorumProof, signCompact, addressOf } from '@midlock/crypto/quorum/quorum-verifier';
import { seededRandom } from '@midlock/crypto/testing/random';
import { frostProof } from '@midlock/crypto/verifier/frost-verifier';
import { secp256k1, secp256k1_FROST } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Contract } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain, type TestChain } from './chain.ts';
import { compileVerifiers, type Compiled } from './compile.ts';

/** A committee in one hand, under one scheme. */
interface Committee {
  readonly scheme: Statement<'rotate'>['scheme'];
  readonly keyData: Uint8Array;
  /** What a rotate statement names. */
  readonly nextKey: Uint8Array;
  sign(digest: Uint8Array): Uint8Array;
}

const SCHEMES = ['bls12381-g1', 'frost-secp256k1', 'ecdsa-quorum'] as const;
const random = seededRandom('register');
const networkId = new Uint8Array(32).fill(7);
const far = 4_000_000_000n;

function frost(): Committee {
  const secret = secp256k1.utils.randomSecretKey(random.bytes(48));
  const key = secp256k1.getPublicKey(secret, true);
  return { scheme: 'frost-secp256k1', keyData: key, nextKey: key, sign: (digest) => frostProof(secp256k1_FROST.sign(digest, secret)) };
}

function bls(): Committee {
  const pair = generateBlsKey(random);
  const { publicKey } = pair;
  return { scheme: 'bls12381-g1', keyData: publicKey, nextKey: publicKey, sign: (digest) => signWith(pair.secretKey, BLS_TAGS.attestation, digest) };
}

function quorum(): Committee {
  const members = Array.from({ length: 15 }, () => secp256k1.utils.randomSecretKey(random.bytes(48)))
    .map((secret) => ({ secret, address: addressOf(secp256k1.getPublicKey(secret, false)) }))
    .sort((a, b) => Buffer.compare(a.address, b.address));
  const keyData = concat(Uint8Array.of(2), ...members.map(({ address }) => address));
  const sign = (digest: Uint8Array): Uint8Array =>
    quorumProof(new Map([3, 11].map((place) => [place, signCompact(members[place]!.secret, digest)])));
  return { scheme: 'ecdsa-quorum', keyData, nextKey: keccak_256(keyData), sign };
}

let chain: TestChain;
let compiled: Record<string, Compiled>;
beforeAll(async () => {
  compiled = compileVerifiers();
  chain = await startChain();
});
afterAll(() => chain.close());

const roster = (epoch: bigint): Uint8Array => new Uint8Array(32).fill(Number(epoch));

async function deploy(first: Committee): Promise<{ register: Contract; domain: StatementDomain }> {
  const register = await chain.deploy(compiled['KeyRegister']!, networkId, 'trade', 'midlock', 1n, roster(1n), SCHEMES.indexOf(first.scheme), first.keyData);
  const { chainId } = await chain.signer.provider.getNetwork();
  const contract = Uint8Array.from(Buffer.from((await register.getAddress()).slice(2), 'hex'));
  return { register, domain: { chainId, contract, networkId, channel: 'trade', chaincode: 'midlock' } };
}

function rotation(next: Committee, epoch = 1n, change: Partial<Statement<'rotate'>> = {}): Statement<'rotate'> {
  return {
    kind: 'rotate', epoch, rosterHash: roster(epoch), nextEpoch: epoch + 1n, nextRosterHash: roster(epoch + 1n), scheme: next.scheme,
    nextKey: next.nextKey, activeFromSec: 1n, lastDeadlineSec: far, ...change,
  };
}

function send(register: Contract, statement: Statement<'rotate'>, keyData: Uint8Array, proof: Uint8Array, simulate = false): Promise<unknown> {
  const body = { ...statement, scheme: SCHEMES.indexOf(statement.scheme) };
  const rotate = register.getFunction('rotate');
  const args = [statement.epoch, statement.rosterHash, body, keyData, proof] as const;
  return simulate ? rotate.staticCall(...args) : rotate.send(...args, { gasLimit: 5_000_000 }).then((response) => response.wait());
}

const certified = (register: Contract, epoch: bigint, digest: Uint8Array, proof: Uint8Array, rosterHash = roster(epoch)): Promise<boolean> =>
  register.getFunction('isCertified').staticCall(epoch, rosterHash, digest, proof) as Promise<boolean>;

describe('the key register', () => {
  const digest = keccak_256(utf8('some statement'));

  it('passes from scheme to scheme, each key certified by the one before, and refuses all but the last two', async () => {
    const committees = [frost(), bls(), quorum(), frost()];
    const { register, domain } = await deploy(committees[0]!);
    for (const [i, committee] of committees.entries()) {
      const epoch = BigInt(i + 1);
      expect(await certified(register, epoch, digest, committee.sign(digest))).toBe(true);
      const next = committees[i + 1];
      if (next === undefined) break;
      const statement = rotation(next, epoch);
      await send(register, statement, next.keyData, committee.sign(statementDigest(statement, domain)));
      // The old key finishes what it began, under its own epoch and roster only.
      expect(await certified(register, epoch, digest, committee.sign(digest))).toBe(true);
      expect(await certified(register, epoch + 1n, digest, committee.sign(digest))).toBe(false);
      expect(await certified(register, epoch, digest, committee.sign(digest), roster(9n))).toBe(false);
      // And it cannot rotate again, nor can the statement be used twice.
      await expect(send(register, statement, next.keyData, committee.sign(statementDigest(statement, domain)), true)).rejects.toThrow('RotateForeign');
    }
    expect(await certified(register, 1n, digest, committees[0]!.sign(digest))).toBe(false);
    expect(await certified(register, 2n, digest, committees[1]!.sign(digest))).toBe(false);
  });

  it('refuses the old key after its last deadline', async () => {
    const [old, next] = [frost(), frost()];
    const { register, domain } = await deploy(old);
    const statement = rotation(next, 1n, { lastDeadlineSec: 1n });
    await send(register, statement, next.keyData, old.sign(statementDigest(statement, domain)));
    expect(await certified(register, 1n, digest, old.sign(digest))).toBe(false);
    expect(await certified(register, 2n, digest, next.sign(digest))).toBe(true);
  });

  it('refuses a rotation that is unsigned, foreign, early, or brings other key data', async () => {
    const [old, next, other] = [frost(), bls(), quorum()];
    const { register, domain } = await deploy(old);
    const attempt = (change: Partial<Statement<'rotate'>>, options: { keyData?: Uint8Array; by?: Committee; at?: StatementDomain } = {}): Promise<unknown> => {
      const statement = rotation(next, 1n, change);
      const proof = (options.by ?? old).sign(statementDigest(statement, options.at ?? domain));
      return send(register, statement, options.keyData ?? next.keyData, proof, true);
    };
    await expect(attempt({})).resolves.toBeDefined();
    await expect(attempt({}, { by: frost() })).rejects.toThrow('RotateUnsigned');
    await expect(attempt({}, { at: { ...domain, chainId: 1n } })).rejects.toThrow('RotateUnsigned');
    await expect(attempt({}, { at: { ...domain, channel: 'other' } })).rejects.toThrow('RotateUnsigned');
    await expect(attempt({ epoch: 0n })).rejects.toThrow('RotateForeign');
    await expect(attempt({ nextEpoch: 3n })).rejects.toThrow('RotateForeign');
    await expect(attempt({ rosterHash: roster(5n) })).rejects.toThrow('RotateForeign');
    await expect(attempt({ activeFromSec: far })).rejects.toThrow('RotateTooEarly');
    await expect(attempt({}, { keyData: bls().keyData })).rejects.toThrow('KeyDataInvalid');
    await expect(attempt({ scheme: 'frost-secp256k1' })).rejects.toThrow('KeyDataInvalid');
    const cut = other.keyData.slice(0, -1);
    await expect(attempt({ scheme: 'ecdsa-quorum', nextKey: keccak_256(cut) }, { keyData: cut })).rejects.toThrow('KeyDataInvalid');
  });
});
