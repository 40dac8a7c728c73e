import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_AMOUNT,
  canonicalJson,
  concatBytes,
  fabricAccount,
  formatAccount,
  fromHex,
  isMidlockError,
  parseAccount,
  parseAddress,
  parseAmount,
  parseDecimal,
  parseHex32,
  parseMspId,
  sameAccount,
  toHex,
  toHex32,
} from './index.ts';

const RUNS = { seed: 1, numRuns: 400 };
const KEY = `0x${'ab'.repeat(32)}`;

/** A parser accepts, or throws a MidlockError; nothing else. */
function neverFaults(parse: (value: unknown) => unknown): void {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.string(), fc.stringMatching(/^0x[0-9a-fA-F]{0,70}$/)),
      (value) => {
        try {
          parse(value);
        } catch (error) {
          expect(isMidlockError(error)).toBe(true);
        }
      },
    ),
    RUNS,
  );
}

describe('bytes', () => {
  it('go to hex and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(toHex(bytes)).toBe(`0x${Buffer.from(bytes).toString('hex')}`);
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
      RUNS,
    );
  });

  it('join in order', () => {
    expect(concatBytes()).toEqual(new Uint8Array());
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });

  it.each(['', '0', '0x0', '0xAB', 'ab', '0xzz', '0x 0'])('are not read from %j', (text) => {
    expect(() => fromHex(text)).toThrow(/^TERMS_FIELD_INVALID/);
  });

  it('of 32 only make a Hex32', () => {
    expect(toHex32(new Uint8Array(32))).toBe(`0x${'00'.repeat(32)}`);
    for (const length of [0, 31, 33])
      expect(() => toHex32(new Uint8Array(length))).toThrow(/^TERMS_FIELD_INVALID/);
  });

  it('in texts are lower case and exact', () => {
    expect(parseHex32(KEY, 'x')).toBe(KEY);
    expect(parseAddress(`0x${'ab'.repeat(20)}`, 'x')).toBe(`0x${'ab'.repeat(20)}`);
    for (const bad of [KEY.toUpperCase(), `${KEY}0`, KEY.slice(0, -1), `${KEY}\n`, 7, null])
      expect(() => parseHex32(bad, 'x')).toThrow(/^TERMS_FIELD_INVALID.*"field":"x"/);
    for (const bad of [KEY, `0x${'AB'.repeat(20)}`, `0x${'ab'.repeat(19)}`, undefined])
      expect(() => parseAddress(bad, 'x')).toThrow(/^TERMS_FIELD_INVALID/);
    neverFaults((value) => parseHex32(value, 'x'));
    neverFaults((value) => parseAddress(value, 'x'));
  });
});

describe('amounts', () => {
  it('are whole and positive, at most 128 bits', () => {
    expect(parseAmount('1', 'x')).toBe(1n);
    expect(parseAmount(String(MAX_AMOUNT), 'x')).toBe(MAX_AMOUNT);
    expect(parseDecimal('0', 'x')).toBe(0n);
    for (const bad of [
      '0',
      '',
      '-1',
      '+1',
      '01',
      '1.0',
      '1e3',
      '0x1',
      ' 1',
      '1\n',
      '١',
      String(MAX_AMOUNT + 1n),
      1,
      1n,
      null,
    ])
      expect(() => parseAmount(bad, 'x')).toThrow(/^AMOUNT_INVALID.*"field":"x"/);
    neverFaults((value) => parseAmount(value, 'x'));
  });

  it('are written as they were read', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: MAX_AMOUNT }), (amount) => {
        expect(parseAmount(String(amount), 'x')).toBe(amount);
      }),
      RUNS,
    );
  });
});

describe('accounts', () => {
  it('are the MSP and the hash of the public key', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const hash = createHash('sha256').update(der).digest('hex');
    expect(formatAccount(fabricAccount('Org1MSP', der))).toBe(`Org1MSP:0x${hash}`);
  });

  it('are read back from their text', () => {
    const account = parseAccount(`Org1MSP:${KEY}`, 'owner');
    expect(account).toEqual({ mspId: 'Org1MSP', key: KEY });
    expect(formatAccount(account)).toBe(`Org1MSP:${KEY}`);
    for (const bad of [
      '',
      'Org1MSP',
      `:${KEY}`,
      `Org1MSP:${KEY}0`,
      `Org:1:${KEY}`,
      `-Org:${KEY}`,
      `Org1MSP:${KEY.toUpperCase()}`,
      `${'O'.repeat(65)}:${KEY}`,
      7,
    ])
      expect(() => parseAccount(bad, 'owner')).toThrow(/^TERMS_FIELD_INVALID.*"field":"owner"/);
    neverFaults((value) => parseAccount(value, 'owner'));
  });

  it('name an MSP by what stands unescaped everywhere', () => {
    for (const good of ['Org1MSP', 'org_1', 'a.b-c', '0', 'O'.repeat(64)]) {
      expect(parseMspId(good, 'x')).toBe(good);
      expect(parseAccount(`${good}:${KEY}`, 'x').mspId).toBe(good);
    }
    for (const bad of ['', 'a:b', '_a', 'a b', 'O'.repeat(65), 7, null])
      expect(() => parseMspId(bad, 'x')).toThrow(/^TERMS_FIELD_INVALID/);
  });

  it('are the same only in both parts', () => {
    const account = parseAccount(`Org1MSP:${KEY}`, 'x');
    expect(sameAccount(account, { ...account })).toBe(true);
    expect(sameAccount(account, { ...account, mspId: 'Org2MSP' })).toBe(false);
    expect(sameAccount(account, parseAccount(`Org1MSP:0x${'cd'.repeat(32)}`, 'x'))).toBe(false);
  });
});

describe('canonicalJson', () => {
  it('sorts keys, writes bigints as strings and leaves undefined out', () => {
    const value = { b: 1n, a: [true, null, 'x"\n'], c: undefined, Z: { y: 0, x: -5 } };
    expect(canonicalJson(value)).toBe('{"Z":{"x":-5,"y":0},"a":[true,null,"x\\"\\n"],"b":"1"}');
  });

  it('is JSON that reads back, and writes equal values equally', () => {
    const json = fc
      .jsonValue({ noUnicodeString: false })
      .filter(
        (value) =>
          !/\d\.|e[+-]?\d/.test(JSON.stringify(value)) && !JSON.stringify(value).includes('-0'),
      );
    fc.assert(
      fc.property(json, (value) => {
        let text: string;
        try {
          text = canonicalJson(value);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(canonicalJson(JSON.parse(text) as object)).toBe(text);
      }),
      RUNS,
    );
  });

  it('writes lone surrogates so that every machine reads the same', () => {
    expect(canonicalJson('\ud800')).toBe('"\ufffd"');
  });

  it.each([1.5, Number.NaN, Infinity, 2 ** 53, -(2 ** 53)])('refuses the number %d', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });

  it('refuses what JSON cannot hold', () => {
    for (const value of [() => 1, Symbol('x')])
      expect(() => canonicalJson({ value })).toThrow(TypeError);
    expect(() => canonicalJson([undefined])).toThrow(TypeError);
  });
});
