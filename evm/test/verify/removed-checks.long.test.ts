import { toEip2537 } from '@midlock/crypto/bls/eip2537';
import { bytesInteger, concat, integerBytes, utf8 } from '@midlock/crypto/encoding/bytes';
import { addressOf, signCompact } from '@midlock/crypto/quorum/quorum-verifier';
import { seededRandom } from '@midlock/crypto/testing/random';
import { blsFixture, frostFixture } from '@midlock/crypto/testing/schemes';
import { cofactorPoint } from '@midlock/crypto/testing/small-order';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain, type TestChain } from './chain.ts';
import {
  bls,
  FAR_SEC,
  frost,
  quorum,
  RegisterUnderTest,
  rosterOf,
  type Committee,
} from './committees.ts';
import { checkIds, compileVerifiers, contractOf, SECOND_LINE, type Compiled } from './compile.ts';

type Attack = (compiled: Record<string, Compiled>) => Promise<boolean>;

let chain: TestChain;
let whole: Record<string, Compiled>;
beforeAll(async () => {
  whole = compileVerifiers();
  chain = await startChain();
});
afterAll(() => chain.close());

const digest = sha256(utf8('statement'));
const ORDER = secp256k1.Point.Fn.ORDER;
const secrets = [5n, 6n, 7n]
  .map((k) => integerBytes(k, 32))
  .sort((a, b) => (bytesInteger(memberOf(a)) < bytesInteger(memberOf(b)) ? -1 : 1));
const members = secrets.map(memberOf).map((address) => `0x${Buffer.from(address).toString('hex')}`);
const entry = (place: number, key = place): Uint8Array =>
  concat(Uint8Array.of(place), signCompact(secrets[key]!, digest));

function memberOf(secret: Uint8Array): Uint8Array {
  return addressOf(secp256k1.getPublicKey(secret, false));
}

/** True when the contract can be deployed. */
const deploys =
  (contract: string, ...args: unknown[]): Attack =>
  (compiled) =>
    chain.deploy(compiled[contract]!, ...args).then(
      () => true,
      () => false,
    );

/** True when the contract accepts the proof. */
const accepts =
  (
    contract: string,
    args: readonly unknown[],
    proof: Uint8Array,
    over: Uint8Array = digest,
  ): Attack =>
  async (compiled) =>
    (await (
      await chain.deploy(compiled[contract]!, ...args)
    )
      .getFunction('verify')
      .staticCall(over, proof)) as boolean;

const longer = (bytes: Uint8Array): Uint8Array => concat(bytes, Uint8Array.of(0));
const frostScheme = frostFixture(seededRandom('removed'));
const blsScheme = blsFixture(seededRandom('removed'));
const tag = utf8('TAG');
const quorumArgs = [members, 2];

/** A rotation by the right committee with something changed, or a question after one. */
const rotates =
  (
    change: Parameters<RegisterUnderTest['rotation']>[2],
    options: { byOther?: boolean; otherKey?: boolean } = {},
  ): Attack =>
  async (compiled) => {
    const [old, next] = [frost(), frost()];
    const register = await RegisterUnderTest.deploy(chain, compiled, old);
    const keyData = options.otherKey === true ? frost().keyData : next.keyData;
    const by = options.byOther === true ? frost() : old;
    return register
      .rotate(register.rotation(next, 1n, change), keyData, by, { simulate: true })
      .then(
        () => true,
        () => false,
      );
  };
const certifies =
  (epoch: bigint, roster: bigint, lastDeadlineSec: bigint): Attack =>
  async (compiled) => {
    const [old, next] = [frost(), bls()];
    const register = await RegisterUnderTest.deploy(chain, compiled, old);
    await register.rotate(register.rotation(next, 1n, { lastDeadlineSec }), next.keyData, old);
    return register.isCertified(epoch, digest, old.sign(digest), rosterOf(roster));
  };

/** A key register over a key with one byte too many. */
function registers(committee: Committee): Attack {
  return (compiled) =>
    RegisterUnderTest.deploy(chain, compiled, {
      ...committee,
      keyData: longer(committee.keyData),
    }).then(
      () => true,
      () => false,
    );
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  'frost-length': accepts(frostScheme.contract, frostScheme.args, longer(frostScheme.sign(digest))),
  'frost-key-prefix': deploys('FrostVerifier', 1n, 258n),
  // 5^3 + 7 is no square.
  'frost-key-point': deploys('FrostVerifier', 5n, 2n),
  'bls-length': accepts(blsScheme.contract, blsScheme.args, longer(blsScheme.sign(digest))),
  'bls-tag-length': deploys('BlsVerifier', blsScheme.args[0], new Uint8Array(0)),
  'bls-key-order': deploys('BlsVerifier', toEip2537(cofactorPoint()), tag),
  // A pairing of two pairs, the second with the identity: the same key in another length.
  'bls-key-length': deploys(
    'BlsVerifier',
    concat(blsScheme.args[0] as Uint8Array, new Uint8Array(128), blsScheme.args[0] as Uint8Array),
    tag,
  ),
  'bls-key-identity': deploys('BlsVerifier', new Uint8Array(256), tag),
  'quorum-length': accepts('QuorumVerifier', quorumArgs, concat(entry(0), entry(1), entry(2))),
  'quorum-roster-ascending': deploys('QuorumVerifier', [members[0], members[0]], 1),
  'quorum-roster-size': deploys(
    'QuorumVerifier',
    Array.from({ length: 256 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}`),
    1,
  ),
  'quorum-threshold': deploys('QuorumVerifier', members, 0),
  'quorum-signer': accepts('QuorumVerifier', quorumArgs, concat(entry(0), entry(1, 2))),
  'quorum-ascending': accepts('QuorumVerifier', quorumArgs, concat(entry(0), entry(0))),
  'quorum-s-low': (() => {
    const high = nearHalf(secrets[0]!);
    const second = concat(Uint8Array.of(1), signCompact(secrets[1]!, high.digest));
    return accepts(
      'QuorumVerifier',
      quorumArgs,
      concat(Uint8Array.of(0), high.compact, second),
      high.digest,
    );
  })(),
  'rotate-epoch': rotates({ epoch: 2n, rosterHash: rosterOf(1n), nextEpoch: 2n }),
  'rotate-roster': rotates({ rosterHash: rosterOf(5n) }),
  'rotate-next-epoch': rotates({ nextEpoch: 3n }),
  'rotate-active': rotates({ activeFromSec: FAR_SEC }),
  'rotate-key': rotates({}, { otherKey: true }),
  'rotate-signature': rotates({}, { byOther: true }),
  'register-epoch': certifies(7n, 1n, FAR_SEC),
  'register-deadline': certifies(1n, 1n, 1n),
  'register-roster': certifies(1n, 9n, FAR_SEC),
  'register-frost-length': registers(frost()),
  'register-bls-length': registers(bls()),
  'register-quorum-length': registers(quorum()),
};

describe('each check in the verifiers and the register', () => {
  it.each(Object.entries(ATTACKS))('%s refuses what would pass without it', async (id, attack) => {
    expect(await attack(whole)).toBe(false);
    expect(await attack(compileVerifiers({ check: id, contract: contractOf(id) }))).toBe(true);
  });

  it('is here', () => {
    const first = checkIds().filter((id) => SECOND_LINE[id] === undefined);
    expect(first.sort()).toEqual(Object.keys(ATTACKS).sort());
  });
});

/** A valid signature with n/2 < s < 2^255: s chosen, nonce 1, digest solved for. */
function nearHalf(secret: Uint8Array): { digest: Uint8Array; compact: Uint8Array } {
  const s = (ORDER >> 1n) + 5n;
  const { x, y } = secp256k1.Point.BASE.toAffine();
  const message = (((s - x * bytesInteger(secret)) % ORDER) + ORDER) % ORDER;
  const compact = concat(integerBytes(x, 32), integerBytes(s, 32));
  compact[32] = compact[32]! | (Number(y & 1n) << 7);
  return { digest: integerBytes(message, 32), compact };
}
