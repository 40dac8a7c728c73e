import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MidlockError, type LedgerName } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyInbox } from './inbox.ts';
import { silentLogger } from './logger.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function drop(name: string, resume: (ledger: LedgerName) => Promise<void>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-inbox-'));
  folders.push(folder);
  writeFileSync(join(folder, name), '');
  const never = (): Promise<void> => Promise.reject(new Error('not asked for'));
  await emptyInbox(folder, { take: never, abandon: never, resume }, silentLogger);
  return folder;
}

describe('the word to go on with a ledger', () => {
  it('is passed on once and put away', async () => {
    const resumed: LedgerName[] = [];
    const folder = await drop('ethereum.resume', (ledger) => {
      resumed.push(ledger);
      return Promise.resolve();
    });
    expect(resumed).toEqual(['ethereum']);
    expect(readdirSync(join(folder, 'taken'))).toEqual(['ethereum.resume']);
  });

  it('is refused with the reason at once, and not tried again unasked', async () => {
    const folder = await drop('fabric.resume', (ledger) =>
      Promise.reject(new MidlockError('FINALITY_REGRESSED', { ledger })),
    );
    const reason = readFileSync(join(folder, 'refused', 'fabric.resume.reason'), 'utf8');
    expect(JSON.parse(reason)).toMatchObject({ code: 'FINALITY_REGRESSED' });
    expect(readdirSync(folder).sort()).toEqual(['refused', 'taken']);
  });
});
