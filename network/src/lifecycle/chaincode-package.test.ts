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
