import './testing/silence.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { midlockContracts } from './contracts.ts';
import { fileClock } from './file-clock.ts';
import { serve } from './serve.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'midlock-serve-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('the server', () => {
  const contracts = midlockContracts({ clock: systemClock, mspId: 'Org1MSP' });
  const complete = { CHAINCODE_ID: 'midlock:1', CHAINCODE_SERVER_ADDRESS: '127.0.0.1:0' };

  it.each([
    ['CORE_CHAINCODE_ID_NAME', { CHAINCODE_SERVER_ADDRESS: '127.0.0.1:0' }],
    ['CHAINCODE_SERVER_ADDRESS', { CHAINCODE_ID: 'midlock:1' }],
    ['CHAINCODE_SERVER_ADDRESS', { CHAINCODE_ID: 'midlock:1', CHAINCODE_SERVER_ADDRESS: '' }],
    ['CHAINCODE_TLS_CERT_FILE', { ...complete, CHAINCODE_TLS_KEY_FILE: __filename }],
    ['CHAINCODE_TLS_KEY_FILE', { ...complete, CHAINCODE_TLS_CERT_FILE: __filename }],
  ])('does not start without %s, given %o', async (key, env) => {
    await expect(serve(contracts, env)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      data: { key },
    });
  });
});

describe('the clock of tests', () => {
  const offsetOf = (text: string): number => {
    const file = join(dir, 'clock');
    writeFileSync(file, text);
    return Math.round((Number(fileClock(file).nowMs()) - Date.now()) / 1000);
  };

  it.each([
    ['0', 0],
    ['', 0],
    ['-300000\n', -300],
    ['300000', 300],
  ])("is the system's with the offset %j", (text, offsetSec) => {
    expect(offsetOf(text)).toBe(offsetSec);
  });

  it("stands at the system's until its file is there, and refuses anything but a number", () => {
    expect(Number(fileClock(join(dir, 'none')).nowMs()) - Number(systemClock.nowMs())).toBeLessThan(
      1000,
    );
    expect(() => offsetOf('soon')).toThrow(SyntaxError);
    expect(() => fileClock(dir).nowMs()).toThrow(/EISDIR/);
  });
});
