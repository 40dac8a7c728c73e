import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../encoding/bytes.ts';
import { makeRandomSource } from '../internal/random.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { encapsulateWith } from '../testing/hpke-thief.ts';
import { unhex } from '../testing/vectors.ts';
import { hpkeRecipient, hpkeSender } from './hpke.ts';
import { acceptHandshake, startHandshake } from './noise-ik.ts';
import { noiseNonce, symmetricState, type Transport } from './noise-state.ts';
import { createReplayGuard } from './replay-guard.ts';
import { diffieHellman, generateKemKey, kemKeyPair, type KemKeyPair } from './x25519.ts';

type Vector = Readonly<Record<string, string>> & {
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
};
const { vectors } = JSON.parse(
  readFileSync(new URL('../../../vectors/noise/ik.json', import.meta.url), 'utf8'),
) as { readonly vectors: readonly Vector[] };

describe('the symmetric state', () => {
  it('encrypts and reads nothing before a key was mixed in', () => {
    const state = symmetricState(utf8('Noise_IK_25519_ChaChaPoly_SHA256'), utf8(''));
    const fault: unknown = expect.objectContaining({ code: 'CRYPTO_STATE' });
    expect(() => state.encryptAndHash(utf8('x'))).toThrow(fault);
    expect(() => state.decryptAndHash(new Uint8Array(17))).toThrow(fault);
    state.mixKey(new Uint8Array(32));
    expect(state.encryptAndHash(utf8('x'))).toHaveLength(17);
  });
});

describe('the public vector of Noise_IK_25519_ChaChaPoly_SHA256', () => {
  it('is reproduced to the byte', () => {
    const vector = vectors[0]!;
    const fixed = (name: string) => makeRandomSource(() => unhex(vector[name]!));
    const [initiator, responder] = [
      kemKeyPair(unhex(vector['init_static']!)),
      kemKeyPair(unhex(vector['resp_static']!)),
    ];
    const [m1, m2, ...rest] = vector.messages;
    const start = startHandshake(
      initiator,
      unhex(vector['init_remote_static']!),
      unhex(vector['init_prologue']!),
      unhex(m1!.payload),
      fixed('init_ephemeral'),
    );
    expect(start.message).toEqual(unhex(m1!.ciphertext));
    const accepted = acceptHandshake(
      responder,
      unhex(vector['resp_prologue']!),
      start.message,
      fixed('resp_ephemeral'),
    );
    expect(accepted.payload).toEqual(unhex(m1!.payload));
    expect(accepted.initiator).toEqual(initiator.publicKey);
    const reply = accepted.reply(unhex(m2!.payload));
    expect(reply.message).toEqual(unhex(m2!.ciphertext));
    const finished = start.finish(reply.message);
    expect(finished.transport.handshakeHash).toEqual(unhex(vector['handshake_hash']!));
    const ends: readonly [Transport, Transport] = [finished.transport, reply.transport];
    rest.forEach(({ payload, ciphertext }, i) => {
      const [from, to] = i % 2 === 0 ? ends : [ends[1], ends[0]];
      const sent = from.send(unhex(payload));
      expect(sent).toEqual(unhex(ciphertext));
      expect(to.receive(sent)).toEqual(unhex(payload));
    });
  });
});

const [alice, bob] = [generateKemKey(), generateKemKey()];
const prologue = utf8('midlock/v1/session/handshake');

function session() {
  const start = startHandshake(alice, bob.publicKey, prologue, utf8('request'));
  const accepted = acceptHandshake(bob, prologue, start.message);
  const reply = accepted.reply(utf8('response'));
  return { start, accepted, reply };
}

describe('the handshake', () => {
  it('refuses another prologue, another responder and any change', () => {
    const { start, reply } = session();
    expect(() => acceptHandshake(bob, utf8('other'), start.message)).toThrow('noise.tag');
    expect(() => acceptHandshake(alice, prologue, start.message)).toThrow('noise.tag');
    fc.assert(
      fc.property(
        fc.nat(start.message.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (place, change) => {
          const bytes = start.message.slice();
          bytes[place]! ^= change;
          // The top bit of an X25519 key is ignored by the curve but not by the transcript.
          expect(() => acceptHandshake(bob, prologue, bytes)).toThrow('CRYPTO_');
        },
      ),
      { seed: 14, numRuns: 60 },
    );
    const forged = reply.message.slice();
    forged[40]! ^= 1;
    expect(() => start.finish(forged)).toThrow('noise.tag');
    // A forged reply costs nothing: the true one still finishes.
    expect(start.finish(reply.message).payload).toEqual(utf8('response'));
  });

  it('answers and finishes once', () => {
    const { start, accepted, reply } = session();
    expect(() => accepted.reply(utf8('again'))).toThrow('CRYPTO_STATE');
    start.finish(reply.message);
    expect(() => start.finish(reply.message)).toThrow('CRYPTO_STATE');
  });

  it('refuses messages too short or too long', () => {
    expect(() => acceptHandshake(bob, prologue, new Uint8Array(95))).toThrow(
      'noise.message-length',
    );
    const longest = startHandshake(alice, bob.publicKey, prologue, new Uint8Array(65_535 - 96));
    expect(acceptHandshake(bob, prologue, longest.message).payload).toHaveLength(65_535 - 96);
    const long = startHandshake(alice, bob.publicKey, prologue, new Uint8Array(65_536));
    expect(
      refusedOnlyBy('noise.message-length', () => acceptHandshake(bob, prologue, long.message)),
    ).toBe(true);
  });

  it('opens a channel that refuses replays and gaps, in both directions', () => {
    const { start, reply } = session();
    const { transport } = start.finish(reply.message);
    for (const [from, to] of [
      [transport, reply.transport],
      [reply.transport, transport],
    ] as const) {
      const [first, second] = [from.send(utf8('1')), from.send(utf8('2'))];
      expect(() => to.receive(second)).toThrow('noise.tag');
      expect(to.receive(first)).toEqual(utf8('1'));
      expect(() => to.receive(first)).toThrow('noise.tag');
      expect(() => from.receive(second)).toThrow('noise.tag');
      expect(to.receive(second)).toEqual(utf8('2'));
    }
  });
});

describe('the counter', () => {
  it('ends before the reserved value', () => {
    expect(noiseNonce(258n)).toEqual(unhex('000000000201000000000000'));
    expect(noiseNonce((1n << 64n) - 2n)).toEqual(unhex('00000000feffffffffffffff'));
    expect(refusedOnlyBy('noise.counter', () => noiseNonce((1n << 64n) - 1n))).toBe(true);
  });
});

describe('what a leaked static key reveals', () => {
  const eavesdropped = () => {
    const { start, reply } = session();
    return {
      first: start.message,
      second: reply.message,
      transportMessage: start.finish(reply.message).transport.send(utf8('later')),
    };
  };

  it("HPKE: the recipient's key opens every past message, in both modes", () => {
    for (const sender of [undefined, alice]) {
      const sending = hpkeSender(bob.publicKey, { info: prologue }, sender);
      const recorded = sending.seal(prologue, utf8('secret'));
      const leaked = kemKeyPair(bob.secretKey.slice());
      expect(
        hpkeRecipient(sending.enc, leaked, { info: prologue }, sender?.publicKey).open(
          prologue,
          recorded,
        ),
      ).toEqual(utf8('secret'));
    }
  });

  it("HPKE auth: the recipient's key lets its thief pose as any sender towards that recipient", () => {
    const forged = forgeAsAnySender(alice.publicKey, bob);
    expect(
      hpkeRecipient(forged.enc, bob, { info: prologue }, alice.publicKey).open(
        prologue,
        forged.ciphertext,
      ),
    ).toEqual(utf8('pay the thief'));
  });

  it("HPKE auth: the sender's key opens nothing", () => {
    const sending = hpkeSender(bob.publicKey, { info: prologue }, alice);
    const recorded = sending.seal(prologue, utf8('secret'));
    // What the thief can compute: the static-static secret, without the ephemeral one.
    expect(() =>
      hpkeRecipient(sending.enc, alice, { info: prologue }, bob.publicKey).open(prologue, recorded),
    ).toThrow('hpke.tag');
  });

  it("handshake: the responder's key opens past first payloads, as the pattern says", () => {
    const { first } = eavesdropped();
    expect(acceptHandshake(kemKeyPair(bob.secretKey.slice()), prologue, first).payload).toEqual(
      utf8('request'),
    );
  });

  it('handshake: both static keys open neither the reply nor the channel', () => {
    const { first, second, transportMessage } = eavesdropped();
    const replayed = acceptHandshake(bob, prologue, first);
    // The thief lacks the responder's ephemeral key: with one of his own the keys differ.
    const own = replayed.reply(utf8('response'));
    expect(own.message).not.toEqual(second);
    expect(() => own.transport.receive(transportMessage)).toThrow('noise.tag');
    for (const guess of [alice, bob])
      expect(() => openReplyWith(guess, first, second)).toThrow('noise.tag');
  });

  it("handshake: the responder's key forges a first message, but gets no answer and no channel", () => {
    // With the responder's key the thief computes DH(static, static) and poses as Alice in message one: why its payload is not to be acted on alone.
    const forged = forgeFirstMessage(alice.publicKey, bob);
    const accepted = acceptHandshake(bob, prologue, forged.message);
    expect(accepted.initiator).toEqual(alice.publicKey);
    const reply = accepted.reply(utf8('response'));
    // The reply needs DH(Alice's static, Bob's ephemeral), for which the thief has neither secret.
    expect(() => forged.finish(reply.message)).toThrow('noise.tag');
  });

  it("handshake: the initiator's key does not let its thief pose as the responder towards her", () => {
    const start = startHandshake(alice, bob.publicKey, prologue, utf8('request'));
    expect(() => acceptHandshake(alice, prologue, start.message)).toThrow('noise.tag');
    const mallory = generateKemKey();
    const other = startHandshake(alice, mallory.publicKey, prologue, utf8('request'));
    const fake = acceptHandshake(mallory, prologue, other.message).reply(utf8('fake'));
    expect(() => start.finish(fake.message)).toThrow('noise.tag');
  });
});

describe('the replay guard', () => {
  const id = utf8('id');
  it('takes an id once within its window', () => {
    const guard = createReplayGuard(60n, 10);
    guard.accept(id, 100n, 120n);
    expect(
      refusedOnlyBy('replay.seen', () => {
        guard.accept(id, 100n, 120n);
      }),
    ).toBe(true);
    const old = createReplayGuard(60n, 10);
    expect(
      refusedOnlyBy('replay.window', () => {
        old.accept(id, 100n, 161n);
      }),
    ).toBe(true);
    expect(() => {
      createReplayGuard(60n, 10).accept(id, 200n, 100n);
    }).toThrow('replay.window');
  });

  it('makes room only for what has left the window', () => {
    const guard = createReplayGuard(60n, 2);
    guard.accept(utf8('a'), 100n, 100n);
    guard.accept(utf8('b'), 150n, 150n);
    expect(() => {
      guard.accept(utf8('c'), 155n, 155n);
    }).toThrow('replay.full');
    guard.accept(utf8('c'), 161n, 161n);
    expect(() =>
      withoutChecks(['replay.window'], () => {
        guard.accept(utf8('b'), 150n, 161n);
      }),
    ).toThrow('replay.seen');
  });
});

/** Auth-mode encapsulation by the thief of the recipient's key: DH(sender, recipient) needs only one of the two secrets. */
function forgeAsAnySender(
  sender: Uint8Array,
  stolen: KemKeyPair,
): { readonly enc: Uint8Array; readonly ciphertext: Uint8Array } {
  const ephemeral = generateKemKey();
  const products = concat(
    diffieHellman(ephemeral.secretKey, stolen.publicKey),
    diffieHellman(stolen.secretKey, sender),
  );
  const kemContext = concat(ephemeral.publicKey, stolen.publicKey, sender);
  return {
    enc: ephemeral.publicKey,
    ciphertext: encapsulateWith(products, kemContext, prologue, utf8('pay the thief')),
  };
}

/** A first message made with the responder's secret instead of the initiator's. */
function forgeFirstMessage(
  victim: Uint8Array,
  stolen: KemKeyPair,
): { readonly message: Uint8Array; finish(reply: Uint8Array): Uint8Array } {
  const state = symmetricState(utf8('Noise_IK_25519_ChaChaPoly_SHA256'), prologue);
  const ephemeral = generateKemKey();
  state.mixHash(stolen.publicKey);
  state.mixHash(ephemeral.publicKey);
  state.mixKey(diffieHellman(ephemeral.secretKey, stolen.publicKey));
  const sealedStatic = state.encryptAndHash(victim);
  state.mixKey(diffieHellman(stolen.secretKey, victim));
  const sealedPayload = state.encryptAndHash(utf8('pay the thief'));
  return {
    message: concat(ephemeral.publicKey, sealedStatic, sealedPayload),
    finish: (reply) => {
      state.mixHash(reply.subarray(0, 32));
      state.mixKey(diffieHellman(ephemeral.secretKey, reply.subarray(0, 32)));
      state.mixKey(diffieHellman(stolen.secretKey, reply.subarray(0, 32)));
      return state.decryptAndHash(reply.subarray(32));
    },
  };
}

/** A thief of static keys at the recorded messages: he replays the first message's steps and guesses the ephemeral products. */
function openReplyWith(guess: KemKeyPair, first: Uint8Array, second: Uint8Array): Uint8Array {
  const state = symmetricState(utf8('Noise_IK_25519_ChaChaPoly_SHA256'), prologue);
  state.mixHash(bob.publicKey);
  state.mixHash(first.subarray(0, 32));
  state.mixKey(diffieHellman(bob.secretKey, first.subarray(0, 32)));
  state.decryptAndHash(first.subarray(32, 80));
  state.mixKey(diffieHellman(bob.secretKey, alice.publicKey));
  state.decryptAndHash(first.subarray(80));
  state.mixHash(second.subarray(0, 32));
  state.mixKey(diffieHellman(guess.secretKey, first.subarray(0, 32)));
  state.mixKey(diffieHellman(alice.secretKey, second.subarray(0, 32)));
  return state.decryptAndHash(second.subarray(32));
}
