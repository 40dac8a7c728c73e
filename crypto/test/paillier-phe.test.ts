import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../src/node/paillier-native.ts';
import {
  addCiphertexts,
  decrypt,
  encrypt,
  encryptWithUnit,
  type Ciphertext,
} from '../src/paillier/cipher.ts';
import { portableEngine } from '../src/paillier/portable-engine.ts';
import { generateKey, secretFromPrimes, type SecretKey } from '../src/paillier/key.ts';
import { withoutChecks } from '../src/testing/checks.ts';

interface Recorded {
  readonly source: string;
  readonly keys: readonly {
    readonly bits: number;
    readonly p: string;
    readonly q: string;
    readonly product: string;
    readonly sum: string;
    readonly cases: readonly { readonly m: string; readonly r: string; readonly c: string }[];
  }[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../../vectors/paillier/phe.json', import.meta.url), 'utf8'),
) as Recorded;
const native = createNativeEngine();

describe.each(recorded.keys)(
  'recorded cases of phe, $bits bits',
  ({ bits, p, q, cases, product, sum }) => {
    // phe asks of its primes only that they differ.
    const secret: SecretKey = withoutChecks(['paillier.primes-blum', 'paillier.primes-top'], () =>
      secretFromPrimes(BigInt(p), BigInt(q), bits),
    );
    const key = secret.public;

    it.each([native, portableEngine])('encrypt, decrypt and add as phe does ($name)', (engine) => {
      for (const { m, r, c } of cases) {
        expect(encryptWithUnit(key, BigInt(m), engine.unit(key.n, key.nSquared, BigInt(r)))).toBe(
          BigInt(c),
        );
        expect(decrypt(secret, BigInt(c) as Ciphertext, engine)).toBe(BigInt(m));
      }
      const [first, ...others] = cases.map(({ c }) => BigInt(c) as Ciphertext);
      expect(addCiphertexts(key, first!, ...others)).toBe(BigInt(product));
      expect(decrypt(secret, BigInt(product) as Ciphertext, engine)).toBe(BigInt(sum));
    });
  },
);

const hasPhe = spawnSync('python3', ['-c', 'import phe'], { timeout: 20_000 }).status === 0;
if (!hasPhe)
  console.log(
    'live comparison with phe skipped: `python3 -c "import phe"` fails here; the recorded cases ran',
  );

describe.skipIf(!hasPhe)('phe, live', () => {
  it('decrypts what we encrypt and encrypts what we decrypt', () => {
    const secret = generateKey(native, 2048);
    const key = secret.public;
    const messages = [0n, 1n, key.n - 1n, 3n ** 300n];
    const program = [
      'import sys, json',
      'from phe import paillier',
      'd = json.load(sys.stdin)',
      'pk = paillier.PaillierPublicKey(int(d["p"]) * int(d["q"]))',
      'sk = paillier.PaillierPrivateKey(pk, int(d["p"]), int(d["q"]))',
      'json.dump({"m": [str(sk.raw_decrypt(int(c))) for c in d["c"]], "c": [str(pk.raw_encrypt(int(m))) for m in d["m"]]}, sys.stdout)',
    ].join('\n');
    const input = JSON.stringify({
      p: String(secret.p),
      q: String(secret.q),
      m: messages.map(String),
      c: messages.map((m) => String(encrypt(key, m, native))),
    });
    const { stdout } = spawnSync('python3', ['-c', program], {
      input,
      encoding: 'utf8',
      timeout: 60_000,
    });
    const answer = JSON.parse(stdout) as {
      readonly m: readonly string[];
      readonly c: readonly string[];
    };
    expect(answer.m.map(BigInt)).toEqual(messages);
    expect(answer.c.map((c) => decrypt(secret, BigInt(c) as Ciphertext, native))).toEqual(messages);
  });
});
