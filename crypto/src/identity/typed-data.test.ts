import { TypedDataEncoder, Wallet } from 'ethers';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedOnlyBy } from '../testing/checks.ts';
import { verifyEthereumSignature } from './ethereum.ts';
import { typedDataDigest } from './typed-data.ts';

const EIP712Domain = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];
const types = {
  Person: [
    { name: 'name', type: 'string' },
    { name: 'wallets', type: 'address[]' },
  ],
  Mail: [
    { name: 'from', type: 'Person' },
    { name: 'to', type: 'Person[2]' },
    { name: 'amount', type: 'uint128' },
    { name: 'delta', type: 'int64' },
    { name: 'urgent', type: 'bool' },
    { name: 'tag', type: 'bytes4' },
    { name: 'body', type: 'bytes' },
    { name: 'id', type: 'bytes32' },
  ],
};
const domain = {
  name: 'Midlock',
  version: '1',
  chainId: 31_337n,
  verifyingContract: `0x${'ab'.repeat(20)}`,
};
const hexOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => `0x${bytesToHex(bytes)}`);
const person = fc.record({ name: fc.string(), wallets: fc.array(hexOf(20), { maxLength: 3 }) });
const mail = fc.record({
  from: person,
  to: fc.tuple(person, person),
  amount: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  delta: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  urgent: fc.boolean(),
  tag: hexOf(4),
  body: fc.uint8Array({ maxLength: 70 }).map((bytes) => `0x${bytesToHex(bytes)}`),
  id: hexOf(32),
});

describe('typed data', () => {
  it('has the digest that ethers computes', () => {
    fc.assert(
      fc.property(mail, (message) => {
        const ours = typedDataDigest({
          types: { EIP712Domain, ...types },
          primaryType: 'Mail',
          domain,
          message,
        });
        expect(`0x${bytesToHex(ours)}`).toBe(TypedDataEncoder.hash(domain, types, message));
      }),
      { seed: 12, numRuns: 100 },
    );
  });

  it('verifies what an ethers wallet signed', async () => {
    const wallet = Wallet.createRandom();
    const message = { name: 'x', wallets: [] };
    const signature = await wallet.signTypedData(domain, { Person: types.Person }, message);
    const digest = typedDataDigest({
      types: { EIP712Domain, Person: types.Person },
      primaryType: 'Person',
      domain,
      message,
    });
    expect(
      verifyEthereumSignature(
        hexToBytes(wallet.address.slice(2)),
        digest,
        hexToBytes(signature.slice(2)),
      ),
    ).toBe(true);
  });

  it('refuses values that do not fit their types', () => {
    const attempt = (type: string, value: unknown) => () =>
      typedDataDigest({
        types: { EIP712Domain, T: [{ name: 'x', type }] },
        primaryType: 'T',
        domain,
        message: { x: value },
      });
    expect(refusedOnlyBy('typed-data.integer-range', attempt('uint8', 256n))).toBe(true);
    expect(refusedOnlyBy('typed-data.integer-range', attempt('int8', -129n))).toBe(true);
    expect(refusedOnlyBy('typed-data.hex', attempt('bytes4', '0x1234'))).toBe(true);
    expect(refusedOnlyBy('typed-data.array', attempt('uint8[2]', [1n]))).toBe(true);
    expect(attempt('uint8', 1)).toThrow('typed-data.type');
    expect(attempt('fixed8x1', 1n)).toThrow('typed-data.type');
    const extra = () =>
      typedDataDigest({
        types: { EIP712Domain, T: [] },
        primaryType: 'T',
        domain,
        message: { x: 1n },
      });
    expect(refusedOnlyBy('typed-data.members', extra)).toBe(true);
    const nowhere = () =>
      typedDataDigest({ types: { EIP712Domain }, primaryType: 'T', domain, message: {} });
    expect(nowhere).toThrow(expect.objectContaining({ code: 'CRYPTO_ENCODING' }));
  });
});
