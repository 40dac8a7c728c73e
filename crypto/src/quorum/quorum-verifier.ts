import { at, known } from '../internal/at.ts';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesInteger, concat, sameBytes } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import type { Verifier } from '../verifier/verifier.ts';

/** Length of one signer's part of a proof: place, r, s with the parity of R in its top bit (EIP-2098). */
const ENTRY = 65;
const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n;

/**
 * A quorum's roster: addresses (20 bytes each), none zero, strictly ascending, 1 to 255; `threshold` of them make a proof.
 */
export interface QuorumRoster {
  readonly members: readonly Uint8Array[];
  readonly threshold: number;
}

/**
 * The verifier of an ECDSA quorum. A proof is exactly `threshold` entries of 65 bytes: the signer's place in the roster, then his
 * compact signature over the digest; places strictly ascend. s is in the lower half, so a set of signers has one proof up to
 * the signers' own choice of nonces.
 * @throws {CryptoError} CRYPTO_KEY for a roster that is empty, too long, unordered or holds zero; CRYPTO_RANGE for its threshold.
 */
export function createQuorumVerifier(roster: QuorumRoster): Verifier {
  const { members, threshold } = roster;
  check('quorum.roster-size', members.length >= 1 && members.length <= 255, 'CRYPTO_KEY');
  let last = 0n;
  for (const member of members) {
    check('quorum.roster-address', member.length === 20, 'CRYPTO_KEY');
    // Starting from zero, this refuses the zero address too.
    check('quorum.roster-ascending', bytesInteger(member) > last, 'CRYPTO_KEY');
    last = bytesInteger(member);
  }
  check(
    'quorum.threshold',
    Number.isInteger(threshold) && threshold >= 1 && threshold <= members.length,
    'CRYPTO_RANGE',
  );
  return {
    scheme: 'ecdsa-quorum',
    verify: (digest, proof) =>
      holds('quorum.digest-length', digest.length === 32) &&
      holds('quorum.proof-length', proof.length === threshold * ENTRY) &&
      everyEntryHolds(members, digest, proof),
  };
}

/** One signer's compact signature (64 bytes) over a digest, s low. The key is secret; noble derives the nonce by RFC 6979. */
export function signCompact(secretKey: Uint8Array, digest: Uint8Array): Uint8Array {
  const signature = secp256k1.sign(digest, secretKey, { prehash: false, format: 'recovered' });
  const compact = signature.slice(1);
  compact[32] = at(compact, 32) | (at(signature, 0) << 7);
  return compact;
}

/** A proof from compact signatures by place in the roster. */
export function quorumProof(signatures: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const places = [...signatures.keys()].sort((a, b) => a - b);
  return concat(...places.flatMap((place) => [Uint8Array.of(place), known(signatures, place)]));
}

/** The address of an uncompressed public key (65 bytes): the last 20 bytes of keccak256 over its coordinates. */
export function addressOf(publicKey: Uint8Array): Uint8Array {
  return keccak_256(publicKey.subarray(1)).subarray(12);
}

function everyEntryHolds(
  members: readonly Uint8Array[],
  digest: Uint8Array,
  proof: Uint8Array,
): boolean {
  let next = 0;
  for (let offset = 0; offset + ENTRY <= proof.length; offset += ENTRY) {
    const place = at(proof, offset);
    const member = members[place];
    if (!holds('quorum.place-ascending', place >= next) || member === undefined) return false;
    const signer = recover(digest, proof.subarray(offset + 1, offset + ENTRY));
    if (!holds('quorum.signer', signer !== undefined && sameBytes(signer, member))) return false;
    next = place + 1;
  }
  return true;
}

/** The address that made a compact signature, or undefined when it is none or s is high. */
function recover(digest: Uint8Array, compact: Uint8Array): Uint8Array | undefined {
  const parity = at(compact, 32) >> 7;
  const signature = compact.slice();
  signature[32] = at(signature, 32) & 0x7f;
  if (!holds('quorum.s-low', bytesInteger(signature.subarray(32)) <= HALF_ORDER)) return undefined;
  try {
    const recovered = secp256k1.Signature.fromBytes(signature, 'compact')
      .addRecoveryBit(parity)
      .recoverPublicKey(digest);
    return addressOf(recovered.toBytes(false));
  } catch {
    return undefined;
  }
}
