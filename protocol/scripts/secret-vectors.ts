// Writes vectors/secrets.json by node:crypto, which shares no code with protocol's hashing.
import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { VectorRandom } from './random.ts';

const random = new VectorRandom('midlock/vectors/secrets');
const zero = `0x${'00'.repeat(32)}`;
const ones = `0x${'ff'.repeat(32)}`;
const inputs = [
  { name: 'all zero', seed: zero, domain: zero, nonce: zero },
  { name: 'all ones', seed: ones, domain: ones, nonce: ones },
  ...Array.from({ length: 12 }, (_, index) => ({
    name: `random ${index}`,
    seed: random.hex(32),
    domain: random.hex(32),
    nonce: random.hex(32),
  })),
];

const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), 'hex');
const hex = (buffer: Buffer): string => `0x${buffer.toString('hex')}`;

const cases = inputs.map(({ name, seed, domain, nonce }) => {
  const message = Buffer.concat([Buffer.from('midlock/secret/v1'), bytes(domain), bytes(nonce)]);
  const secret = createHmac('sha256', bytes(seed)).update(message).digest();
  const hashLock = hex(createHash('sha256').update(secret).digest());
  return { name, seed, domain, nonce, secret: hex(secret), hashLock };
});

const file = {
  about:
    'secret = HMAC-SHA-256(seed, "midlock/secret/v1" || domain || nonce); hashLock = SHA-256(secret). Written by protocol/scripts/secret-vectors.ts with node:crypto.',
  cases,
  notSecrets: {
    about: 'What every parser of a secret refuses; shown as JSON strings.',
    texts: [
      '',
      '0x',
      `0x${'ab'.repeat(31)}`,
      `0x${'ab'.repeat(33)}`,
      `0x${'AB'.repeat(32)}`,
      `0X${'ab'.repeat(32)}`,
      'ab'.repeat(32),
      ` 0x${'ab'.repeat(32)}`,
      `0x${'ab'.repeat(32)}\n`,
      `0x${'ag'.repeat(32)}`,
    ],
  },
};
writeFileSync(
  new URL('../../vectors/secrets.json', import.meta.url),
  `${JSON.stringify(file, null, 2)}\n`,
);
