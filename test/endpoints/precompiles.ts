import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A precompile, what it is asked and what it must answer. */
export interface PrecompileCall {
  readonly name: string;
  readonly address: string;
  readonly input: string;
  readonly output: string;
}

const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const zeros = (bytes: number): string => '00'.repeat(bytes);
const ONE = word(1n);

/** Everything that Midlock's contracts and attestations rely on; the groups' neutral elements prove that a call is computed. */
export const PRECOMPILES: readonly PrecompileCall[] = [
  {
    name: 'SHA-256',
    address: '02',
    input: '6d69646c6f636b',
    output: createHash('sha256').update('midlock').digest('hex'),
  },
  // 3 ** 5 mod 7 = 5.
  {
    name: 'MODEXP',
    address: '05',
    input: [1n, 1n, 1n].map(word).join('') + '030507',
    output: '05',
  },
  { name: 'BN254 addition', address: '06', input: zeros(128), output: zeros(64) },
  { name: 'BN254 pairing', address: '08', input: '', output: ONE },
  { name: 'BLS12-381 addition in G1', address: '0b', input: zeros(256), output: zeros(128) },
  { name: 'BLS12-381 sums in G1', address: '0c', input: zeros(160), output: zeros(128) },
  { name: 'BLS12-381 addition in G2', address: '0d', input: zeros(512), output: zeros(256) },
  { name: 'BLS12-381 pairing', address: '0f', input: zeros(384), output: ONE },
  { name: 'P-256 verification', address: '0100', input: p256Call(), output: ONE },
];

/** Hash, r, s, x, y of a fresh signature (EIP-7951). */
function p256Call(): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.from('midlock');
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([
    createHash('sha256').update(message).digest(),
    signature,
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]).toString('hex');
}
