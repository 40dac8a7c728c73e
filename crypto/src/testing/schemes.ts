import { at } from '../internal/at.ts';
import { secp256k1, secp256k1_FROST } from '@noble/curves/secp256k1.js';
import { toEip2537 } from '../bls/eip2537.ts';
import { generateBlsKey, signWith } from '../bls/keys.ts';
import { nobleEngine } from '../bls/noble-engine.ts';
import { BLS_TAGS } from '../bls/tags.ts';
import { bytesInteger, integerBytes } from '../encoding/bytes.ts';
import { randomBelow, type RandomSource } from '../internal/random.ts';
import {
  addressOf,
  createQuorumVerifier,
  quorumProof,
  signCompact,
} from '../quorum/quorum-verifier.ts';
import { createBlsVerifier } from '../verifier/bls-verifier.ts';
import { createFrostVerifier, frostProof } from '../verifier/frost-verifier.ts';
import type { Verifier } from '../verifier/verifier.ts';

/** One scheme with its key in one hand: what the tests of both verifier interfaces share. */
export interface SchemeFixture {
  readonly verifier: Verifier;
  /** Name of the Solidity contract and its constructor's arguments. */
  readonly contract: string;
  readonly args: readonly unknown[];
  sign(digest: Uint8Array): Uint8Array;
}

/** A BLS key; `tag` other than the default for beacons of other networks. */
export function blsFixture(random: RandomSource): SchemeFixture {
  const pair = generateBlsKey(random);
  return {
    verifier: createBlsVerifier(nobleEngine, pair.publicKey),
    contract: 'BlsVerifier',
    args: [toEip2537(pair.publicKey), BLS_TAGS.attestation],
    sign: (digest) => signWith(pair.secretKey, BLS_TAGS.attestation, digest),
  };
}

/** A FROST key with even (prefix 2) or odd y, signing with the undivided secret: the signature has the same form as one made by many. */
export function frostFixture(random: RandomSource, prefix: 2 | 3 = 2): SchemeFixture {
  const order = secp256k1.Point.Fn.ORDER;
  const drawn = randomBelow(order, random);
  const right = secp256k1.getPublicKey(integerBytes(drawn, 32), true)[0] === prefix;
  const secret = integerBytes(right ? drawn : order - drawn, 32);
  const key = secp256k1.getPublicKey(secret, true);
  return {
    verifier: createFrostVerifier(key),
    contract: 'FrostVerifier',
    args: [bytesInteger(key.subarray(1)), at(key, 0)],
    sign: (digest) => frostProof(secp256k1_FROST.sign(digest, secret)),
  };
}

/** A quorum of `threshold` among `size` ECDSA keys; the first `threshold` places sign. */
export function quorumFixture(
  size: number,
  threshold: number,
  random: RandomSource,
): SchemeFixture {
  const secrets = Array.from({ length: size }, () =>
    integerBytes(randomBelow(secp256k1.Point.Fn.ORDER, random), 32),
  );
  const members = secrets
    .map((secret) => ({ secret, address: addressOf(secp256k1.getPublicKey(secret, false)) }))
    .sort((a, b) => Buffer.compare(a.address, b.address));
  const addresses = members.map(({ address }) => address);
  return {
    verifier: createQuorumVerifier({ members: addresses, threshold }),
    contract: 'QuorumVerifier',
    args: [addresses.map((address) => `0x${Buffer.from(address).toString('hex')}`), threshold],
    sign: (digest) =>
      quorumProof(
        new Map(
          members
            .slice(0, threshold)
            .map(({ secret }, place) => [place, signCompact(secret, digest)]),
        ),
      ),
  };
}
