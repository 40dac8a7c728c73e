import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageChaincode } from './chaincode-package.ts';

const dir = mkdtempSync(join(tmpdir(), 'midlock-package-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('the same input gives the same id, another address another one', () => {
  const first = packageChaincode('basic_1.0', '127.0.0.1:9999');
  expect(packageChaincode('basic_1.0', '127.0.0.1:9999').id).toBe(first.id);
  expect(first.id).toMatch(/^basic_1\.0:[0-9a-f]{64}$/);
  expect(packageChaincode('basic_1.0', '127.0.0.1:9998').id).not.toBe(first.id);
});

test('tar reads the package', () => {
  const file = join(dir, 'basic.tar.gz');
  writeFileSync(file, packageChaincode('basic_1.0', '127.0.0.1:9999').bytes);
  execFileSync('tar', ['-xzf', file, '-C', dir]);
  expect(JSON.parse(readFileSync(join(dir, 'metadata.json'), 'utf8'))).toEqual({
    type: 'ccaas',
    label: 'basic_1.0',
  });
  execFileSync('tar', ['-xzf', join(dir, 'code.tar.gz'), '-C', dir]);
  expect(JSON.parse(readFileSync(join(dir, 'connection.json'), 'utf8'))).toMatchObject({
    address: '127.0.0.1:9999',
    tls_required: false,
  });
});

test.each(['', '../x', 'a b', '.a', 'a/b'])('refuses the label %j', (label) => {
  expect(() => packageChaincode(label, 'h:1')).toThrow('DESCRIPTION_INVALID');
});

test.each(['', 'h', 'h:', 'h:port', 'https://h:1', 'h:1/x', 'h:123456'])(
  'refuses the address %j',
  (address) => {
    expect(() => packageChaincode('basic_1.0', address)).toThrow('DESCRIPTION_INVALID');
  },
);

test('the octets are the same on every machine and in every year', () => {
  expect(packageChaincode('midlock_1.0', '10.0.0.7:9999').id).toBe(
    'midlock_1.0:27fec8af06e4bcdadbf26de9c103d3228f7506c1ad567cd466c7d2a024121eba',
  );
});

test('a package larger than one block is read all the same', () => {
  const filler = 'QUJD'.repeat(40_000);
  const rootCertPem = `-----BEGIN CERTIFICATE-----\n${filler}\n-----END CERTIFICATE-----\n`;
  const file = join(dir, 'large.tar.gz');
  writeFileSync(file, packageChaincode('basic_1.0', 'h:1', { rootCertPem }).bytes);
  execFileSync('tar', ['-xzf', file, '-C', dir]);
  execFileSync('tar', ['-xzf', join(dir, 'code.tar.gz'), '-C', dir]);
  expect(readFileSync(join(dir, 'connection.json'), 'utf8')).toContain(filler);
});

test('TLS packs the certificate to expect, and is another package', () => {
  const rootCertPem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const plain = packageChaincode('basic_1.0', 'h:1');
  const secured = packageChaincode('basic_1.0', 'h:1', { rootCertPem });
  expect(secured.id).not.toBe(plain.id);
  const file = join(dir, 'tls.tar.gz');
  writeFileSync(file, secured.bytes);
  execFileSync('tar', ['-xzf', file, '-C', dir]);
  execFileSync('tar', ['-xzf', join(dir, 'code.tar.gz'), '-C', dir]);
  expect(JSON.parse(readFileSync(join(dir, 'connection.json'), 'utf8'))).toMatchObject({
    tls_required: true,
    root_cert: rootCertPem,
  });
  expect(() => packageChaincode('basic_1.0', 'h:1', { rootCertPem: 'x' })).toThrow('certificate');
});
