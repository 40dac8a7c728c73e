import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { serialize, deserialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { bytesInteger, concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { dealFrostKey } from '../testing/frost-dealer.ts';
import { seededRandom } from '../testing/random.ts';
import { hex, loadVectors, unhex } from '../testing/vectors.ts';
import { createFrostVerifier, frostProof } from '../verifier/frost-verifier.ts';
import { identifier, noblePublic, toEvenKey, toEvenShare, type FrostKeys } from './keys.ts';
import { hedgedBytes } from './nonces.ts';
import { maxSessions, receiveReply, startRobustSigning, type RobustState } from './robust.ts';
import { FrostSigner, parseCommitments, type SigningPackage } from './signer.ts';
import { secp256k1, secp256k1_FROST } from './suite.ts';

interface FrostVectors {
  readonly config: { readonly MAX_PARTICIPANTS: string; readonly MIN_PARTICIPANTS: string };
  readonly inputs: {
    readonly participant_list: readonly number[];
    readonly group_secret_key: string;
    readonly group_public_key: string;
    readonly message: string;
    readonly share_polynomial_coefficients: readonly string[];
    readonly participant_shares: readonly {
      readonly identifier: number;
      readonly participant_share: string;
    }[];
  };
  readonly round_one_outputs: {
    readonly outputs: readonly {
      readonly identifier: number;
      readonly hiding_nonce_randomness: string;
      readonly binding_nonce_randomness: string;
      readonly hiding_nonce: string;
      readonly binding_nonce: string;
      readonly hiding_nonce_commitment: string;
      readonly binding_nonce_commitment: string;
    }[];
  };
  readonly round_two_outputs: {
    readonly outputs: readonly { readonly identifier: number; readonly sig_share: string }[];
  };
  readonly final_output: { readonly sig: string };
}

const vectors = loadVectors<FrostVectors>('rfc9591/frost-secp256k1-sha256.json');
const ORDER = secp256k1.Point.Fn.ORDER;
const { keys, shares } = dealFrostKey(7, 5, seededRandom('frost'));
const random = seededRandom('frost signers');
const signers = (): FrostSigner[] => shares.map((share) => new FrostSigner(keys, share, random));
const message = sha256(utf8('release 9'));

function open(members: readonly FrostSigner[], text: Uint8Array): SigningPackage {
  return {
    message: text,
    commitments: new Map(members.map((signer) => [signer.index, signer.commit(text)])),
  };
}

function finish(
  session: SigningPackage,
  responses: ReadonlyMap<number, Uint8Array>,
  of: FrostKeys = keys,
): Uint8Array {
  const byName = Object.fromEntries(
    [...responses].map(([index, share]) => [identifier(index), share]),
  );
  return secp256k1_FROST.aggregate(
    noblePublic(of),
    parseCommitments(of, session),
    session.message,
    byName,
  );
}

describe.skipIf(vectors === undefined)('RFC 9591 E.5', () => {
  it('gives every value of both rounds', () => {
    const {
      config,
      inputs,
      round_one_outputs: one,
      round_two_outputs: two,
      final_output: final,
    } = vectors!;
    const size = Number(config.MAX_PARTICIPANTS);
    const dealt = secp256k1_FROST.utils.generateSecretPolynomial(
      { min: Number(config.MIN_PARTICIPANTS), max: size },
      unhex(inputs.group_secret_key),
      inputs.share_polynomial_coefficients.map((value) => BigInt(`0x${value}`)),
    );
    expect(hex(dealt.commitment[0]!)).toBe(inputs.group_public_key);
    const vectorKeys: FrostKeys = {
      size,
      threshold: Number(config.MIN_PARTICIPANTS),
      groupKey: unhex(inputs.group_public_key),
      shareKeys: inputs.participant_shares.map(({ participant_share: share }) =>
        secp256k1.getPublicKey(unhex(share), true),
      ),
    };
    const text = unhex(inputs.message);
    const rounds = one.outputs.map((output) => {
      const share = inputs.participant_shares.find(
        ({ identifier: id }) => id === output.identifier,
      )!.participant_share;
      const secret = { identifier: identifier(output.identifier), signingShare: unhex(share) };
      const draws = [unhex(output.hiding_nonce_randomness), unhex(output.binding_nonce_randomness)];
      const generated = secp256k1_FROST.commit(
        secret,
        () => draws.shift()! as Uint8Array<ArrayBuffer>,
      );
      expect(hex(generated.nonces.hiding)).toBe(output.hiding_nonce);
      expect(hex(generated.nonces.binding)).toBe(output.binding_nonce);
      expect(hex(generated.commitments.hiding)).toBe(output.hiding_nonce_commitment);
      expect(hex(generated.commitments.binding)).toBe(output.binding_nonce_commitment);
      return { secret, generated };
    });
    const session = {
      message: text,
      commitments: new Map(
        one.outputs.map((output) => [
          output.identifier,
          concat(unhex(output.hiding_nonce_commitment), unhex(output.binding_nonce_commitment)),
        ]),
      ),
    };
    const commitments = parseCommitments(vectorKeys, session);
    const responses = new Map(
      rounds.map(({ secret, generated }, i) => {
        const share = secp256k1_FROST.signShare(
          secret,
          noblePublic(vectorKeys),
          generated.nonces,
          commitments,
          text,
        );
        expect(hex(share)).toBe(two.outputs[i]!.sig_share);
        return [one.outputs[i]!.identifier, share] as const;
      }),
    );
    expect(hex(finish(session, responses, vectorKeys))).toBe(final.sig);
  });
});

describe('signing', () => {
  it('gives a signature that the verifier accepts, from every subset of the threshold', () => {
    const verifier = createFrostVerifier(keys.groupKey);
    for (const left of [
      [1, 2],
      [3, 7],
      [6, 7],
    ]) {
      const chosen = signers().filter(({ index }) => !left.includes(index));
      const session = open(chosen, message);
      const signature = finish(
        session,
        new Map(chosen.map((signer) => [signer.index, signer.respond(session)])),
      );
      expect(verifier.verify(message, frostProof(signature))).toBe(true);
    }
  });

  it('answers a commitment once', () => {
    const chosen = signers().slice(0, 5);
    const session = open(chosen, message);
    chosen[0]!.respond(session);
    expect(() => chosen[0]!.respond(session)).toThrow('frost.nonce-unused');
  });

  it('gives no answer after a restart from a snapshot between commitment and response', () => {
    const chosen = signers().slice(0, 5);
    const session = open(chosen, message);
    const snapshot = serialize({ signer: chosen[0], keys, share: shares[0] });
    const first = chosen[0]!.respond(session);
    expect(first).toHaveLength(32);
    const restored = deserialize(snapshot) as {
      signer: object;
      keys: FrostKeys;
      share: (typeof shares)[0];
    };
    expect(Object.keys(restored.signer)).toEqual(['index']);
    expect(JSON.stringify(chosen[1])).toBe('{"index":2}');
    const restarted = new FrostSigner(restored.keys, restored.share, random);
    expect(() => restarted.respond(session)).toThrow('frost.nonce-unused');
  });

  it('would lose the share to anyone who gets three answers to one commitment', () => {
    // What the rule is for: the bare scheme, with nonces copied as a snapshot would copy them.
    const chosen = signers().slice(0, 5);
    const secret = { identifier: identifier(1), signingShare: shares[0]!.secret.slice() };
    const { nonces, commitments: mine } = secp256k1_FROST.commit(secret);
    const answers = ['a', 'b', 'c'].map((name) => {
      const text = sha256(utf8(name));
      const session = {
        message: text,
        commitments: new Map([
          [1, concat(mine.hiding, mine.binding)] as const,
          ...chosen.slice(1).map((signer) => [signer.index, signer.commit(text)] as const),
        ]),
      };
      const copied = { hiding: nonces.hiding.slice(), binding: nonces.binding.slice() };
      const list = parseCommitments(keys, session);
      const z = bytesInteger(
        secp256k1_FROST.signShare(secret, noblePublic(keys), copied, list, text),
      );
      return { z, ...coefficients(session, 1) };
    });
    expect(solveForShare(answers)).toBe(bytesInteger(shares[0]!.secret));
  });

  it('signs only the message that it committed to', () => {
    const chosen = signers().slice(0, 5);
    const session = { ...open(chosen, message), message: sha256(utf8('release 10')) };
    expect(
      refusedOnlyBy('frost.message-committed', () => refresh(chosen[0]!, session).respond()),
    ).toBe(true);
  });

  it('refuses sessions of another size, unknown members, commitments of another length or shape', () => {
    const chosen = signers().slice(0, 5);
    const session = open(chosen, message);
    const withEntry = (index: number, bytes: Uint8Array): SigningPackage => ({
      message,
      commitments: new Map(
        [...session.commitments].map(([i, c]) => (i === 5 ? [index, bytes] : [i, c])),
      ),
    });
    const good = session.commitments.get(5)!;
    expect(
      refusedOnlyBy('frost.session-size', () =>
        parseCommitments(keys, {
          message,
          commitments: new Map([...session.commitments, [6, good]]),
        }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('frost.session-member', () => parseCommitments(keys, withEntry(8, good))),
    ).toBe(true);
    expect(
      refusedOnlyBy('frost.commitment-length', () =>
        parseCommitments(keys, withEntry(5, concat(good, good))),
      ),
    ).toBe(true);
    expect(() => chosen[0]!.respond(withEntry(5, new Uint8Array(66)))).toThrow('frost.package');
  });

  it('refuses a share that does not belong to the keys, and keys not in the agreed form', () => {
    expect(
      refusedOnlyBy(
        'frost.share-key',
        () => new FrostSigner(keys, { index: 2, secret: shares[0]!.secret }),
      ),
    ).toBe(true);
    expect(() => new FrostSigner(keys, { index: 1, secret: new Uint8Array(32) })).toThrow(
      'frost.share-key',
    );
    const odd = { ...keys, groupKey: concat(Uint8Array.of(3), keys.groupKey.subarray(1)) };
    expect(refusedOnlyBy('frost-keys.even', () => noblePublic(odd))).toBe(true);
  });

  it('forgets the oldest of too many commitments', () => {
    const chosen = signers().slice(0, 5);
    const session = open(chosen, message);
    for (let i = 0; i < 64; i += 1) chosen[0]!.commit(message);
    expect(() => chosen[0]!.respond(session)).toThrow('frost.nonce-unused');
    expect(chosen[1]!.respond(session)).toHaveLength(32);
  });
});

describe('the agreed form of a key', () => {
  it('has even y, and shares that still sign', () => {
    const secret = 12_345n;
    for (const scalar of [secret, ORDER - secret]) {
      const raw = {
        size: 1,
        threshold: 1,
        groupKey: secp256k1.getPublicKey(integerBytes(scalar, 32), true),
        shareKeys: [secp256k1.getPublicKey(integerBytes(scalar, 32), true)],
      };
      const even = toEvenKey(raw);
      const share = toEvenShare(raw.groupKey, { index: 1, secret: integerBytes(scalar, 32) });
      expect(even.groupKey[0]).toBe(2);
      expect(hex(secp256k1.getPublicKey(share.secret, true))).toBe(hex(even.shareKeys[0]!));
      expect(hex(even.groupKey)).toBe(hex(even.shareKeys[0]!));
    }
  });

  it('has x below the group order', () => {
    const above = concat(Uint8Array.of(2), integerBytes(ORDER, 32));
    expect(
      refusedOnlyBy('frost-keys.below-order', () => toEvenKey({ ...keys, groupKey: above })),
    ).toBe(true);
  });
});

describe('hedged randomness', () => {
  it('differs by draw, share, message and counter, also when the source repeats itself', () => {
    const same = (): ReturnType<typeof seededRandom> => seededRandom('stuck');
    const secret = shares[0]!.secret;
    const draw = (share: Uint8Array, text: Uint8Array, counter: number): string[] => {
      const bytes = hedgedBytes(same(), share, text, counter);
      return [hex(bytes(48)), hex(bytes(48))];
    };
    const all = [
      draw(secret, message, 1),
      draw(secret, message, 2),
      draw(secret, sha256(message), 1),
      draw(shares[1]!.secret, message, 1),
    ].flat();
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('robust signing', () => {
  type Behaviour = 'honest' | 'silent' | 'lies' | 'answers twice';

  /** Runs one signing; `order` decides whose pending reply arrives next. Silent members answer their first session never. */
  function run(behaviours: readonly Behaviour[], order: (pending: number) => number): RobustState {
    const team = signers();
    let state = startRobustSigning(keys, message);
    let replies: (() => Parameters<typeof receiveReply>[1])[] = team.map((signer) => () => ({
      index: signer.index,
      commitment: signer.commit(message),
    }));
    while (replies.length > 0 && state.signature === undefined) {
      const [reply] = replies.splice(order(replies.length), 1);
      const step = receiveReply(state, reply!());
      state = step.state;
      if (step.opened === undefined) continue;
      const session = step.opened.package;
      for (const index of session.commitments.keys()) {
        const behaviour = behaviours[index - 1]!;
        if (behaviour === 'silent') continue;
        const signer = team[index - 1]!;
        const answer = () => ({
          index,
          commitment: signer.commit(message),
          share: behaviour === 'lies' ? integerBytes(BigInt(index), 32) : signer.respond(session),
        });
        if (behaviour !== 'answers twice') replies = [...replies, answer];
        else {
          const once = answer();
          replies = [
            ...replies,
            () => once,
            () => once,
            () => ({ index, commitment: once.commitment }),
          ];
        }
      }
    }
    return state;
  }

  it('always signs with f members of any kind, in at most f + 1 sessions', () => {
    const behaviour = fc.constantFrom<Behaviour>('silent', 'lies', 'answers twice');
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 0, maxLength: 2 }),
        fc.array(behaviour, { minLength: 2, maxLength: 2 }),
        fc.infiniteStream(fc.nat(1000)),
        (bad, kinds, stream) => {
          const behaviours = shares.map((_, i): Behaviour =>
            bad.includes(i) ? kinds[bad.indexOf(i)]! : 'honest',
          );
          const state = run(behaviours, (pending) => (stream.next().value as number) % pending);
          expect(state.signature).toBeDefined();
          expect(
            createFrostVerifier(keys.groupKey).verify(message, frostProof(state.signature!)),
          ).toBe(true);
          expect(state.sessions.length).toBeLessThanOrEqual(maxSessions(keys));
          expect(maxSessions(keys)).toBe(3);
          for (const index of state.malicious) expect(bad).toContain(index - 1);
        },
      ),
      { numRuns: 25, seed: 8 },
    );
  });

  it('needs f + 1 sessions at worst, and reaches that', () => {
    // One silent member in each of the first two sessions: they spoil as many as they can.
    const state = run(
      ['silent', 'honest', 'honest', 'honest', 'honest', 'silent', 'honest'],
      () => 0,
    );
    expect(state.signature).toBeDefined();
    expect(state.sessions.length).toBe(maxSessions(keys));
  });

  it('accuses who sends a wrong share, a share nobody asked for, or no commitment, and never counts it again', () => {
    const team = signers();
    const start = startRobustSigning(keys, message);
    const hello = (i: number) => ({ index: i, commitment: team[i - 1]!.commit(message) });
    const ready = receiveReply(start, hello(1)).state;
    const twice = receiveReply(ready, hello(1)).state;
    expect([...twice.malicious]).toEqual([1]);
    expect(
      refusedOnlyBy(
        'robust.expected',
        () => receiveReply(ready, hello(1)).state.malicious.size === 0,
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy(
        'robust.commitment',
        () =>
          receiveReply(start, { index: 2, commitment: new Uint8Array(66) }).state.malicious.size ===
          0,
      ),
    ).toBe(true);
    expect(receiveReply(twice, hello(1)).state).toBe(twice);
    for (const index of [0, 8, 1.5])
      expect(receiveReply(start, { index, commitment: new Uint8Array(66) }).state).toBe(start);
    let state = start;
    for (let i = 1; i <= 5; i += 1) state = receiveReply(state, hello(i)).state;
    for (const share of [new Uint8Array(31), new Uint8Array(32).fill(0xff), new Uint8Array(0)]) {
      expect([...receiveReply(state, { ...hello(3), share }).state.malicious]).toEqual([3]);
    }
    const lie = { ...hello(2), share: integerBytes(1n, 32) };
    expect([...receiveReply(state, lie).state.malicious]).toEqual([2]);
    expect(
      refusedOnlyBy('robust.share', () => receiveReply(state, lie).state.malicious.size === 0),
    ).toBe(true);
  });
});

/** The coefficients of hiding nonce (1), binding nonce and share in one response: RFC 9591, 4.4 to 5.2, from public data. */
function coefficients(session: SigningPackage, index: number): { rho: bigint; weight: bigint } {
  const list = parseCommitments(keys, session);
  const { Point } = secp256k1;
  const prefix = utf8('FROST-secp256k1-SHA256-v1');
  const encoded = concat(
    ...list.flatMap(({ identifier: id, hiding, binding }) => [unhex(id), hiding, binding]),
  );
  const common = concat(
    keys.groupKey,
    sha256(concat(prefix, utf8('msg'), session.message)),
    sha256(concat(prefix, utf8('com'), encoded)),
  );
  const factors = list.map(({ identifier: id }) => hashToScalar(concat(common, unhex(id)), 'rho'));
  const group = list
    .map(({ hiding, binding }, i) =>
      Point.fromBytes(hiding).add(Point.fromBytes(binding).multiply(factors[i]!)),
    )
    .reduce((a, b) => a.add(b));
  const challenge = hashToScalar(
    concat(group.toBytes(true), keys.groupKey, session.message),
    'chal',
  );
  const ids = list.map(({ identifier: id }) => BigInt(`0x${id}`));
  const me = BigInt(index);
  const lambda = ids
    .filter((id) => id !== me)
    .reduce((product, id) => (((product * id) % ORDER) * inverse(id - me)) % ORDER, 1n);
  return { rho: factors[ids.indexOf(me)]!, weight: (lambda * challenge) % ORDER };
}

/** hash_to_field of RFC 9380 with SHA-256 and L = 48, written out a second time. */
function hashToScalar(input: Uint8Array, purpose: string): bigint {
  const tag = utf8(`FROST-secp256k1-SHA256-v1${purpose}`);
  const suffix = concat(tag, Uint8Array.of(tag.length));
  const b0 = sha256(concat(new Uint8Array(64), input, Uint8Array.of(0, 48, 0), suffix));
  const b1 = sha256(concat(b0, Uint8Array.of(1), suffix));
  const b2 = sha256(
    concat(
      b0.map((byte, i) => byte ^ b1[i]!),
      Uint8Array.of(2),
      suffix,
    ),
  );
  return bytesInteger(concat(b1, b2.subarray(0, 16))) % ORDER;
}

function inverse(value: bigint): bigint {
  return secp256k1.Point.Fn.inv(((value % ORDER) + ORDER) % ORDER);
}

/** z = d + rho e + w s from three answers, solved for s. */
function solveForShare(answers: readonly { z: bigint; rho: bigint; weight: bigint }[]): bigint {
  const [a, b, c] = answers as [(typeof answers)[0], (typeof answers)[0], (typeof answers)[0]];
  const mod = (value: bigint): bigint => ((value % ORDER) + ORDER) % ORDER;
  const [z1, r1, w1] = [mod(a.z - b.z), mod(a.rho - b.rho), mod(a.weight - b.weight)];
  const [z2, r2, w2] = [mod(a.z - c.z), mod(a.rho - c.rho), mod(a.weight - c.weight)];
  return mod((z1 * r2 - z2 * r1) * inverse(w1 * r2 - w2 * r1));
}

/** A signer with a fresh commitment put into the session, so that the attempt can be repeated. */
function refresh(signer: FrostSigner, session: SigningPackage): { respond(): Uint8Array } {
  return {
    respond: () =>
      signer.respond({
        ...session,
        commitments: new Map([...session.commitments, [signer.index, signer.commit(message)]]),
      }),
  };
}
