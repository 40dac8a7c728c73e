import { generateBlsKey, signWith } from '@midlock/crypto/bls/keys';
import { BLS_TAGS } from '@midlock/crypto/bls/tags';
import { concat } from '@midlock/crypto/encoding/bytes';
import { statementDigest } from '@midlock/crypto/encoding/statement';
import type { Statement, StatementDomain } from '@midlock/crypto/encoding/statement-schema';
import { addressOf, quorumProof, signCompact } from '@midlock/crypto/quorum/quorum-verifier';
import { seededRandom } from '@midlock/crypto/testing/random';
import { frostProof } from '@midlock/crypto/verifier/frost-verifier';
import { secp256k1, secp256k1_FROST } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Contract } from 'ethers';
import type { TestChain } from './chain.ts';
import type { Compiled } from './compile.ts';

/** A committee in one hand, under one scheme. */
export interface Committee {
  readonly scheme: Statement<'rotate'>['scheme'];
  readonly keyData: Uint8Array;
  /** What a rotate statement names. */
  readonly nextKey: Uint8Array;
  sign(digest: Uint8Array): Uint8Array;
}

const SCHEMES = ['bls12381-g1', 'frost-secp256k1', 'ecdsa-quorum'] as const;
const random = seededRandom('register');
const networkId = new Uint8Array(32).fill(7);

/** A time that no test reaches. */
export const FAR_SEC = 4_000_000_000n;

export function frost(): Committee {
  const secret = secp256k1.utils.randomSecretKey(random.bytes(48));
  const key = secp256k1.getPublicKey(secret, true);
  return {
    scheme: 'frost-secp256k1',
    keyData: key,
    nextKey: key,
    sign: (digest) => frostProof(secp256k1_FROST.sign(digest, secret)),
  };
}

export function bls(): Committee {
  const { publicKey, secretKey } = generateBlsKey(random);
  return {
    scheme: 'bls12381-g1',
    keyData: publicKey,
    nextKey: publicKey,
    sign: (digest) => signWith(secretKey, BLS_TAGS.attestation, digest),
  };
}

export function quorum(): Committee {
  const members = Array.from({ length: 15 }, () =>
    secp256k1.utils.randomSecretKey(random.bytes(48)),
  )
    .map((secret) => ({ secret, address: addressOf(secp256k1.getPublicKey(secret, false)) }))
    .sort((a, b) => Buffer.compare(a.address, b.address));
  const keyData = concat(Uint8Array.of(2), ...members.map(({ address }) => address));
  const sign = (digest: Uint8Array): Uint8Array =>
    quorumProof(
      new Map([3, 11].map((place) => [place, signCompact(members[place]!.secret, digest)])),
    );
  return { scheme: 'ecdsa-quorum', keyData, nextKey: keccak_256(keyData), sign };
}

export const rosterOf = (epoch: bigint): Uint8Array => new Uint8Array(32).fill(Number(epoch));

/** A register on a chain, with the statements and calls that tests make of it. */
export class RegisterUnderTest {
  readonly contract: Contract;
  readonly domain: StatementDomain;

  private constructor(contract: Contract, domain: StatementDomain) {
    this.contract = contract;
    this.domain = domain;
  }

  static async deploy(
    chain: TestChain,
    compiled: Record<string, Compiled>,
    first: Committee,
  ): Promise<RegisterUnderTest> {
    const args = [
      networkId,
      'trade',
      'midlock',
      1n,
      rosterOf(1n),
      SCHEMES.indexOf(first.scheme),
      first.keyData,
    ];
    const contract = await chain.deploy(compiled['KeyRegister']!, ...args);
    const { chainId } = await chain.signer.provider.getNetwork();
    const address = Uint8Array.from(Buffer.from((await contract.getAddress()).slice(2), 'hex'));
    return new RegisterUnderTest(contract, {
      chainId,
      contract: address,
      networkId,
      channel: 'trade',
      chaincode: 'midlock',
    });
  }

  rotation(
    next: Committee,
    epoch = 1n,
    change: Partial<Statement<'rotate'>> = {},
  ): Statement<'rotate'> {
    return {
      kind: 'rotate',
      epoch,
      rosterHash: rosterOf(epoch),
      nextEpoch: epoch + 1n,
      nextRosterHash: rosterOf(epoch + 1n),
      scheme: next.scheme,
      nextKey: next.nextKey,
      activeFromSec: 1n,
      lastDeadlineSec: FAR_SEC,
      ...change,
    };
  }

  /** Sends the statement signed by `by`, or only tries it. */
  async rotate(
    statement: Statement<'rotate'>,
    keyData: Uint8Array,
    by: Committee,
    options: { readonly simulate?: boolean; readonly domain?: StatementDomain } = {},
  ): Promise<unknown> {
    const proof = by.sign(statementDigest(statement, options.domain ?? this.domain));
    const body = { ...statement, scheme: SCHEMES.indexOf(statement.scheme) };
    const args = [statement.epoch, statement.rosterHash, body, keyData, proof] as const;
    const rotate = this.contract.getFunction('rotate');
    if (options.simulate === true) return rotate.staticCall(...args);
    const response = await rotate.send(...args, { gasLimit: 5_000_000 });
    return response.wait();
  }

  isCertified(
    epoch: bigint,
    digest: Uint8Array,
    proof: Uint8Array,
    rosterHash = rosterOf(epoch),
  ): Promise<boolean> {
    return this.contract
      .getFunction('isCertified')
      .staticCall(epoch, rosterHash, digest, proof) as Promise<boolean>;
  }
}
