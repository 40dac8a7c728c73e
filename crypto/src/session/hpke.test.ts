import type { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AeadId, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, Aes128Gcm } from '@hpke/core';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../encoding/bytes.ts';
import { makeRandomSource } from '../internal/random.ts';
import { loadVectors, unhex } from '../testing/vectors.ts';
import { hpkeRecipient, hpkeSender, deriveKemKey, type HpkeAead } from './hpke.ts';
import { checkKemPublicKey, diffieHellman, generateKemKey, kemKeyPair } from './x25519.ts';
import { refusedOnlyBy } from '../testing/checks.ts';

type Printed = Readonly<Record<string, string>> & {
  readonly encryptions: readonly Readonly<Record<string, string>>[];
  readonly exports: readonly Readonly<Record<string, string>>[];
};
const { vectors } = JSON.parse(
  readFileSync(new URL('../../../vectors/rfc9180/hpke.json', import.meta.url), 'utf8'),
) as { readonly vectors: readonly Printed[] };

describe.each(vectors)('RFC 9180, appendix $section', (vector) => {
  const aead: HpkeAead = vector['aead_id'] === '1' ? 'aes-128-gcm' : 'chacha20-poly1305';
  const options = { aead, info: unhex(vector['info']!) };
  const sender = vector['mode'] === '2' ? kemKeyPair(unhex(vector['skSm']!)) : undefined;
  const recipient = kemKeyPair(unhex(vector['skRm']!));
  const source = makeRandomSource(() => unhex(vector['ikmE']!));
  const sending = () => hpkeSender(recipient.publicKey, options, sender, source);
  const receiving = () =>
    hpkeRecipient(unhex(vector['enc']!), recipient, options, sender?.publicKey);

  it('derives its keys', () => {
    expect(deriveKemKey(unhex(vector['ikmE']!)).secretKey).toEqual(unhex(vector['skEm']!));
    expect(recipient.publicKey).toEqual(unhex(vector['pkRm']!));
    expect(sending().enc).toEqual(unhex(vector['enc']!));
    if (sender !== undefined) expect(sender.publicKey).toEqual(unhex(vector['pkSm']!));
  });

  it('seals and opens every printed message, up to number 256', () => {
    const [seal, open] = [sending(), receiving()];
    let number = 0;
    for (const printed of vector.encryptions) {
      const [plaintext, aad] = [unhex(printed['pt']!), unhex(printed['aad']!)];
      for (; number < Number(printed['sequence number']); number += 1) {
        open.open(utf8('skip'), seal.seal(utf8('skip'), plaintext));
      }
      const ciphertext = seal.seal(aad, plaintext);
      expect(ciphertext).toEqual(unhex(printed['ct']!));
      expect(open.open(aad, ciphertext)).toEqual(plaintext);
      number += 1;
    }
    expect(number).toBe(257);
  });

  it('exports every printed secret', () => {
    for (const printed of vector.exports) {
      const context = unhex(printed['exporter_context']!);
      expect(sending().exportSecret(context, 32)).toEqual(unhex(printed['exported_value']!));
      expect(receiving().exportSecret(context, 32)).toEqual(unhex(printed['exported_value']!));
    }
  });
});

describe('HPKE beside @hpke/core', () => {
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes128Gcm(),
  });

  it.each(['base', 'auth'])('opens what the other sealed, both ways (%s)', async (mode) => {
    expect(suite.aead.id).toBe(AeadId.Aes128Gcm);
    for (let round = 0; round < 5; round += 1) {
      const [sender, recipient] = [generateKemKey(), generateKemKey()];
      const buffer = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer;
      // The package's key type is the DOM's, which Node's types lack.
      const read = async (bytes: Uint8Array, isPublic: boolean) =>
        (await suite.kem.importKey('raw', buffer(bytes), isPublic)) as webcrypto.CryptoKey;
      const imported = async ({ secretKey, publicKey }: typeof sender) => ({
        privateKey: await read(secretKey, false),
        publicKey: await read(publicKey, true),
      });
      const [theirSender, theirRecipient] = [await imported(sender), await imported(recipient)];
      const [info, aad, text] = [utf8('info'), utf8('aad'), utf8(`text ${round}`)];
      const auth = mode === 'auth';
      const theirs = await suite.createSenderContext({
        recipientPublicKey: theirRecipient.publicKey,
        info: buffer(info),
        ...(auth ? { senderKey: theirSender } : {}),
      });
      const ours = hpkeRecipient(
        new Uint8Array(theirs.enc),
        recipient,
        { aead: 'aes-128-gcm', info },
        auth ? sender.publicKey : undefined,
      );
      expect(ours.open(aad, new Uint8Array(await theirs.seal(buffer(text), buffer(aad))))).toEqual(
        text,
      );
      const sending = hpkeSender(
        recipient.publicKey,
        { aead: 'aes-128-gcm', info },
        auth ? sender : undefined,
      );
      const receiving = await suite.createRecipientContext({
        recipientKey: theirRecipient,
        enc: buffer(sending.enc),
        info: buffer(info),
        ...(auth ? { senderPublicKey: theirSender.publicKey } : {}),
      });
      expect(
        new Uint8Array(await receiving.open(buffer(sending.seal(aad, text)), buffer(aad))),
      ).toEqual(text);
    }
  });
});

describe('HPKE refuses', () => {
  const [sender, recipient] = [generateKemKey(), generateKemKey()];
  const info = utf8('info');

  it('another info, aad, sender, mode, cipher or order, and stays usable', () => {
    const sending = hpkeSender(recipient.publicKey, { info }, sender);
    const [first, second] = [
      sending.seal(utf8('a'), utf8('one')),
      sending.seal(utf8('a'), utf8('two')),
    ];
    const receive = (
      change: { info?: Uint8Array; aead?: HpkeAead } = {},
      from: Uint8Array | undefined = sender.publicKey,
    ) => hpkeRecipient(sending.enc, recipient, { info, ...change }, from);
    expect(() => receive({ info: utf8('other') }).open(utf8('a'), first)).toThrow('hpke.tag');
    expect(() => receive({ aead: 'aes-128-gcm' }).open(utf8('a'), first)).toThrow('hpke.tag');
    expect(() => receive({}, recipient.publicKey).open(utf8('a'), first)).toThrow('hpke.tag');
    expect(() => hpkeRecipient(sending.enc, recipient, { info }).open(utf8('a'), first)).toThrow(
      'hpke.tag',
    );
    const opening = receive();
    expect(() => opening.open(utf8('b'), first)).toThrow('hpke.tag');
    expect(() => opening.open(utf8('a'), second)).toThrow('hpke.tag');
    expect(opening.open(utf8('a'), first)).toEqual(utf8('one'));
    expect(() => opening.open(utf8('a'), first)).toThrow('hpke.tag');
    expect(opening.open(utf8('a'), second)).toEqual(utf8('two'));
  });

  it('any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 60 }),
        (enc, bytes) => {
          expect(() => hpkeRecipient(enc, recipient, { info }).open(utf8('a'), bytes)).toThrow(
            'CRYPTO_',
          );
        },
      ),
      { seed: 13, numRuns: 40 },
    );
  });

  it('secrets of no length or too much', () => {
    const sending = hpkeSender(recipient.publicKey, { info });
    for (const length of [0, 255 * 32 + 1])
      expect(() => sending.exportSecret(info, length)).toThrow('hpke.export-length');
  });
});

describe('X25519', () => {
  it('refuses keys of small order, other lengths and second forms', () => {
    const own = generateKemKey();
    for (const bad of [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    ]) {
      expect(() => diffieHellman(own.secretKey, unhex(bad))).toThrow('x25519.small-order');
      expect(() => checkKemPublicKey(unhex(bad))).toThrow('x25519.small-order');
    }
    expect(() => diffieHellman(own.secretKey, own.publicKey.subarray(1))).toThrow(
      'x25519.public-length',
    );
    expect(() => kemKeyPair(own.publicKey.subarray(1))).toThrow('x25519.secret-length');
    const second = own.publicKey.slice();
    second[31]! |= 0x80;
    expect(diffieHellman(own.secretKey, second)).toEqual(
      diffieHellman(own.secretKey, own.publicKey),
    );
    expect(
      refusedOnlyBy('x25519.canonical', () => {
        checkKemPublicKey(second);
      }),
    ).toBe(true);
  });
});

interface Wycheproof {
  readonly testGroups: readonly {
    readonly tests: readonly {
      readonly tcId: number;
      readonly public: string;
      readonly private: string;
      readonly shared: string;
      readonly result: string;
    }[];
  }[];
}
const wycheproof = loadVectors<Wycheproof>('wycheproof/x25519_test.json');
describe.skipIf(wycheproof === undefined)('Wycheproof, X25519', () => {
  it('agrees in every case; a zero result is refused', () => {
    let zeros = 0;
    for (const { tests } of wycheproof!.testGroups) {
      for (const { tcId, public: publicKey, private: secretKey, shared } of tests) {
        const attempt = () => diffieHellman(unhex(secretKey), unhex(publicKey));
        if (/^0+$/.test(shared)) {
          zeros += 1;
          expect(attempt, `case ${tcId}`).toThrow('x25519.small-order');
        } else expect(attempt(), `case ${tcId}`).toEqual(unhex(shared));
      }
    }
    expect(zeros).toBeGreaterThan(5);
  });
});

interface Ciphers {
  readonly testGroups: readonly {
    readonly ivSize: number;
    readonly keySize: number;
    readonly tagSize: number;
    readonly tests: readonly Readonly<
      Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag' | 'result', string>
    >[];
  }[];
}
const { gcm } = await import('@noble/ciphers/aes.js');
const { chacha20poly1305 } = await import('@noble/ciphers/chacha.js');
describe.each([
  ['aes_gcm', gcm, 128],
  ['chacha20_poly1305', chacha20poly1305, 256],
] as const)('Wycheproof, %s as HPKE uses it', (file, cipher, keySize) => {
  const set = loadVectors<Ciphers>(`wycheproof/${file}_test.json`);
  it.skipIf(set === undefined)('agrees in every case', () => {
    let count = 0;
    for (const group of set!.testGroups) {
      if (group.ivSize !== 96 || group.keySize !== keySize || group.tagSize !== 128) continue;
      for (const test of group.tests) {
        const whole = unhex(test.ct + test.tag);
        const open = () => cipher(unhex(test.key), unhex(test.iv), unhex(test.aad)).decrypt(whole);
        if (test.result === 'invalid') expect(open).toThrow();
        else
          expect([
            open(),
            cipher(unhex(test.key), unhex(test.iv), unhex(test.aad)).encrypt(unhex(test.msg)),
          ]).toEqual([unhex(test.msg), whole]);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(50);
  });
});

interface Hkdf {
  readonly testGroups: readonly {
    readonly tests: readonly (Readonly<
      Record<'ikm' | 'salt' | 'info' | 'okm' | 'result', string>
    > & {
      readonly tcId: number;
      readonly size: number;
    })[];
  }[];
}
const hkdfVectors = loadVectors<Hkdf>('wycheproof/hkdf_sha256_test.json');
describe.skipIf(hkdfVectors === undefined)(
  'Wycheproof, HKDF-SHA256 as HPKE and the handshake use it',
  () => {
    it('agrees in every case', () => {
      for (const { tests } of hkdfVectors?.testGroups ?? []) {
        for (const { tcId, ikm, salt, info, okm, size, result } of tests) {
          const derive = () => hkdf(sha256, unhex(ikm), unhex(salt), unhex(info), size);
          if (result === 'invalid') expect(derive, `case ${tcId}`).toThrow();
          else expect(derive(), `case ${tcId}`).toEqual(unhex(okm));
        }
      }
    });
  },
);
