import { encrypt, decrypt, addCiphertexts, randomUnit } from '@midlock/crypto/paillier/cipher';
import { divide, recombine } from '@midlock/crypto/paillier/divide';
import type { PaillierEngine } from '@midlock/crypto/paillier/engine';
import { portableEngine } from '@midlock/crypto/paillier/portable-engine';
import { generateKey, generatePaperKey, type SecretKey } from '@midlock/crypto/paillier/key';
import { proveModulus, verifyModulusProof } from '@midlock/crypto/paillier/modulus-proof';
import { createUnitPool } from '@midlock/crypto/paillier/pool';
import { shortExponentEncryptor } from '@midlock/crypto/paillier/short-exponent';
import { createNativeEngine } from '@midlock/crypto/node/paillier-native';
import { rowOf, type BenchOptions, type Row } from '../row.ts';
import { buildLimitProgram, type LimitProgram, type Limits } from './limit.ts';

/** Table 1 of the ExchangeSC paper (Electronics 2024, 13, 3116): mean of 200 operations in ms, Python 3.7, i5-12500H. */
const TABLE_1 = {
  512: { div: 0.018, encrypt: 8.727, decrypt: 1.597, overall: 10.342 },
  1024: { div: 0.018, encrypt: 31.913, decrypt: 9.648, overall: 41.579 },
  2048: { div: 0.019, encrypt: 341.626, decrypt: 71.619, overall: 413.264 },
} as const;
const SIZES = [512, 1024, 2048, 3072] as const;
/** Ours and the limit are measured in turns, and the calmest round of each counts: a shared machine slows single rounds. */
const ROUNDS = 7;
const CONTEXT = { owner: new Uint8Array(20).fill(1), session: new Uint8Array(32).fill(2) };

type Bits = (typeof SIZES)[number];
type Column = keyof (typeof TABLE_1)[512];

/**
 * S0's Table 1 at 512 to 3,072 bits: Div, both encryptions, decryption and the whole, on both engines, with and without pool,
 * beside the paper's figures and the same powers in C.
 */
export function run({ quick, progress }: BenchOptions): Promise<Row[]> {
  const program = buildLimitProgram(progress);
  try {
    const rows = SIZES.flatMap((bits) => {
      progress(`paillier, ${bits} bits`);
      return measureSize(bits, quick, program);
    });
    return Promise.resolve(rows);
  } finally {
    program?.remove();
  }
}

function measureSize(bits: Bits, quick: boolean, program: LimitProgram | undefined): Row[] {
  const native = createNativeEngine();
  const secret: SecretKey =
    bits === 512 || bits === 1024 ? generatePaperKey(native, bits) : generateKey(native, bits);
  const { public: key } = secret;
  const base = randomUnit(key);
  const repetitions = Math.ceil({ 512: 120, 1024: 60, 2048: 15, 3072: 6 }[bits] / (quick ? 4 : 1));
  const cases = [native, portableEngine].flatMap((engine) => engineCases(secret, engine));
  const pool = createUnitPool(key, native, 2_000);
  const ready = (): void => {
    pool.encrypt(12_345n);
    pool.encrypt(67_890n);
  };
  const short = shortExponentEncryptor(key, native);
  const proof = proveModulus(secret, CONTEXT, native);
  const times = new Map<string, number>();
  let limits: Limits | undefined;
  for (let round = 0; round < (quick ? 2 : ROUNDS); round += 1) {
    if (program !== undefined)
      limits = least(limits, program.measure(repetitions, secret.p, secret.q, base));
    for (const { name, action } of cases) keepLeast(times, name, median(repetitions, action));
    pool.fill(2 * repetitions + 4);
    keepLeast(times, 'pool', median(repetitions, ready));
    keepLeast(
      times,
      'short',
      median(repetitions, () => {
        short.encrypt(1n);
        short.encrypt(2n);
      }),
    );
    keepLeast(
      times,
      'unit',
      median(repetitions, () => native.unit(key.n, key.nSquared, base)),
    );
    keepLeast(
      times,
      'prove',
      median(Math.ceil(repetitions / 3), () => proveModulus(secret, CONTEXT, native)),
    );
    keepLeast(
      times,
      'verify',
      median(Math.ceil(repetitions / 3), () =>
        verifyModulusProof(key.n, bits, CONTEXT, proof, native),
      ),
    );
  }
  return rowsOf(bits, times, limits, program?.about ?? '');
}

function engineCases(
  secret: SecretKey,
  engine: PaillierEngine,
): readonly { readonly name: string; readonly action: () => void }[] {
  const key = secret.public;
  const id = 0xfeedn << 200n;
  const [a, b] = divide(key, id);
  const ciphertext = encrypt(key, id, engine);
  const whole = (): void => {
    const [first, second] = divide(key, id);
    const sum = addCiphertexts(key, encrypt(key, first!, engine), encrypt(key, second!, engine));
    if (decrypt(secret, sum, engine) !== recombine(key, [first!, second!]))
      throw new Error('wrong sum');
  };
  return [
    ...(engine.name === 'native'
      ? [
          {
            name: 'div',
            action: () => {
              divide(key, id);
            },
          },
        ]
      : []),
    {
      name: `encrypt ${engine.name}`,
      action: () => {
        encrypt(key, a!, engine);
        encrypt(key, b!, engine);
      },
    },
    {
      name: `decrypt ${engine.name}`,
      action: () => {
        decrypt(secret, ciphertext, engine);
      },
    },
    { name: `whole ${engine.name}`, action: whole },
  ];
}

function rowsOf(
  bits: Bits,
  times: ReadonlyMap<string, number>,
  limits: Limits | undefined,
  about: string,
): Row[] {
  const time = (name: string): number => times.get(name) ?? Number.NaN;
  const paper = (column: Column): Row['reference'] =>
    bits === 3072 ? null : { value: TABLE_1[bits][column], source: 'paper, Table 1' };
  const limit = (value: number | undefined, how: string): Row['limit'] =>
    value === undefined ? null : { value, how };
  const row = (
    name: string,
    value: number,
    reference: Row['reference'],
    bound: Row['limit'],
  ): Row => rowOf({ name: `${bits} bit, ${name}`, unit: 'ms', value, reference, limit: bound });
  const openssl = `${about}, constant time`;
  const twice = limits === undefined ? undefined : 2 * limits.opensslUnit;
  const overall = limits === undefined ? undefined : 2 * limits.opensslUnit + limits.opensslDecrypt;
  const readyTwice =
    limits?.gmpReadyEncryption === undefined ? undefined : 2 * limits.gmpReadyEncryption;
  return [
    row('Div', time('div'), paper('div'), null),
    row('r^n, native', time('unit'), null, limit(limits?.opensslUnit, openssl)),
    row('r^n, native, beside GMP', time('unit'), null, limit(limits?.gmpUnit, 'C, GMP mpz_powm')),
    row(
      'two encryptions, native',
      time('encrypt native'),
      paper('encrypt'),
      limit(twice, `${openssl}, 2 powers`),
    ),
    row(
      'two encryptions, portable',
      time('encrypt portable'),
      paper('encrypt'),
      limit(twice, `${openssl}, 2 powers`),
    ),
    row('two encryptions, native, short exponent', time('short'), paper('encrypt'), null),
    row(
      'two encryptions, pool',
      time('pool'),
      paper('encrypt'),
      limit(readyTwice, 'C, GMP, 4 products'),
    ),
    row(
      'decryption, native',
      time('decrypt native'),
      paper('decrypt'),
      limit(limits?.opensslDecrypt, `${openssl}, CRT`),
    ),
    row(
      'decryption, native, beside GMP',
      time('decrypt native'),
      paper('decrypt'),
      limit(limits?.gmpDecrypt, 'C, GMP, CRT'),
    ),
    row(
      'decryption, portable',
      time('decrypt portable'),
      paper('decrypt'),
      limit(limits?.opensslDecrypt, `${openssl}, CRT`),
    ),
    row('whole, native', time('whole native'), paper('overall'), limit(overall, openssl)),
    row('whole, portable', time('whole portable'), paper('overall'), limit(overall, openssl)),
    row(
      'whole, native with pool',
      time('div') + time('pool') + time('decrypt native'),
      paper('overall'),
      limit(limits?.opensslDecrypt, `${openssl}, decryption alone`),
    ),
    row('modulus proof, making', time('prove'), null, limit(time('unit'), 'one r^n of ours')),
    row('modulus proof, checking', time('verify'), null, limit(time('unit'), 'one r^n of ours')),
  ];
}

/** Median of single times in ms, after two runs that do not count. */
function median(repetitions: number, action: () => void): number {
  action();
  if (repetitions > 4) action();
  const samples = Array.from({ length: repetitions }, () => {
    const start = performance.now();
    action();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return samples[samples.length >> 1] ?? Number.NaN;
}

function keepLeast(times: Map<string, number>, name: string, value: number): void {
  times.set(name, Math.min(times.get(name) ?? Number.POSITIVE_INFINITY, value));
}

function least(before: Limits | undefined, now: Limits): Limits {
  if (before === undefined) return now;
  const pairs = Object.entries(now) as [keyof Limits, number][];
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, Math.min(value, before[name] ?? value)]),
  ) as unknown as Limits;
}
