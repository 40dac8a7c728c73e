import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMidlockError } from '@midlock/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openSession, type Session } from '../core/session.ts';
import { createRig } from '../testing/rig.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-disk-'));
  folders.push(folder);
  return folder;
}

const rig = createRig();
const sessionOf = (number: number): Session =>
  openSession({
    terms: rig.terms('fabric-first', number),
    role: 'responder',
    profile: rig.profile,
    nowSec: 5n,
    accepted: true,
  });
const COMMITS = 12;

/** A store killed after its twelfth commit, its log not folded back: database and log as they lie on the disk. */
async function killed(folder: string): Promise<{ readonly file: string; readonly log: string }> {
  const path = join(folder, 'running.db');
  const store = openSqliteStore(path);
  const epoch = await store.acquireEpoch();
  for (let number = 1; number <= COMMITS; number += 1) {
    const session = sessionOf(number);
    await store.commit({
      epoch,
      sessions: [{ session, expectedVersion: 0, open: true }],
      opened: [
        {
          kind: 'send',
          key: `${session.swapId}/fabric/lock/1`,
          swapId: session.swapId,
          ledger: 'fabric',
          action: 'lock',
          urgentBySec: 9n,
        },
      ],
      secrets: [{ hashLock: session.terms.hashLock, secret: new Uint8Array(32).fill(number) }],
      journal: [{ atMs: 1n, swapId: session.swapId, kind: 'test', data: {} }],
    });
  }
  const [file, log] = [join(folder, 'killed.db'), join(folder, 'killed.db-wal')];
  copyFileSync(path, file);
  copyFileSync(`${path}-wal`, log);
  await store.close();
  return { file, log };
}

/** Opens and checks a store: how many sessions it has, or the code of its refusal. */
async function look(path: string): Promise<number | string> {
  try {
    const store = openSqliteStore(path);
    try {
      await store.verify();
      const [sessions, effects] = [await store.list({ limit: 100 }), await store.dueEffects(100)];
      expect(effects.length).toBe(sessions.length);
      for (const [index, { session }] of sessions.entries()) {
        expect(session).toEqual(sessionOf(index + 1));
        const secret = await store.secret(session.terms.hashLock);
        expect(secret).toEqual(new Uint8Array(32).fill(index + 1));
      }
      return sessions.length;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (isMidlockError(error)) return error.code;
    throw error;
  }
}

/** A copy of both files with the log changed. */
function variant(
  folder: string,
  { file, log }: { readonly file: string; readonly log: string },
  change: (log: Buffer) => Buffer,
): string {
  const path = join(folder, 'variant.db');
  rmSync(`${path}-shm`, { force: true });
  copyFileSync(file, path);
  writeFileSync(`${path}-wal`, change(readFileSync(log)));
  return path;
}

describe('a torn or reordered write', () => {
  it('at any length of the log leaves a whole number of commits', async () => {
    const folder = freshFolder();
    const files = await killed(folder);
    const size = statSync(files.log).size;
    const seen = new Set<number | string>();
    for (let length = 0; length <= size; length += 7_507) {
      const found = await look(variant(folder, files, (log) => log.subarray(0, length)));
      if (typeof found === 'string') expect(['STORE_CORRUPT', 'STORE_VERSION']).toContain(found);
      seen.add(found);
    }
    expect(await look(variant(folder, files, (log) => log))).toBe(COMMITS);
    expect(seen.size).toBeGreaterThan(5);
  });

  it('that lost a block in the middle while later ones arrived leaves the commits before it', async () => {
    const folder = freshFolder();
    const files = await killed(folder);
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (at) => {
        const found = await look(
          variant(folder, files, (log) => {
            const sector = at % Math.floor(log.length / 512);
            return Buffer.from(log).fill(0, sector * 512, sector * 512 + 512);
          }),
        );
        if (typeof found === 'number') expect(found).toBeLessThanOrEqual(COMMITS);
        else expect(found).toBe('STORE_CORRUPT');
      }),
      { numRuns: 40, seed: 20261121 },
    );
  });
});

describe('a damaged page', () => {
  it('anywhere in the file is STORE_CORRUPT, or lies where nothing stands', async () => {
    const folder = freshFolder();
    const path = join(folder, 'journal.db');
    const files = await killed(folder);
    copyFileSync(files.file, path);
    copyFileSync(files.log, `${path}-wal`);
    await openSqliteStore(path).close();
    const whole = readFileSync(path);
    const codes: (number | string)[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const damaged = Buffer.from(whole);
          damaged[at] = (damaged[at] ?? 0) ^ by;
          const copy = join(folder, 'damaged.db');
          writeFileSync(copy, damaged);
          const found = await look(copy);
          codes.push(found);
          if (typeof found === 'string')
            expect(['STORE_CORRUPT', 'STORE_VERSION', 'STORE_UNWRITABLE']).toContain(found);
          else expect(found).toBe(COMMITS);
          for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
        },
      ),
      { numRuns: 150, seed: 20261121 },
    );
    expect(codes.filter((code) => code === 'STORE_CORRUPT').length).toBeGreaterThan(20);
  });

  it('a file that was cut short is STORE_CORRUPT', async () => {
    const folder = freshFolder();
    const path = join(folder, 'journal.db');
    const files = await killed(folder);
    copyFileSync(files.file, path);
    copyFileSync(files.log, `${path}-wal`);
    await openSqliteStore(path).close();
    truncateSync(path, Math.floor(statSync(path).size / 2));
    expect(await look(path)).toBe('STORE_CORRUPT');
  });
});

const WRITER = fileURLToPath(new URL('testing/disk-writer.ts', import.meta.url));

/** Runs the writer in a shell that limits it; its last line is what became of it. */
function write(shell: string, path: string): { readonly committed: number; readonly code: string } {
  const run = spawnSync(
    'sh',
    [
      '-c',
      `${shell} exec "$0" --conditions=source --disable-warning=ExperimentalWarning "$@"`,
      process.execPath,
      WRITER,
      path,
    ],
    { encoding: 'utf8', timeout: 50_000 },
  );
  const line = run.stdout.trim().split('\n').at(-1) ?? '';
  if (line === '') throw new Error(run.stderr);
  return JSON.parse(line) as { committed: number; code: string };
}

describe('the disk itself', () => {
  it('full: STORE_UNWRITABLE, and every commit that was confirmed stands', async () => {
    const path = join(freshFolder(), 'journal.db');
    // No file may grow beyond 200 blocks of 512 bytes.
    const { committed, code } = write('ulimit -f 400;', path);
    expect(code).toBe('STORE_UNWRITABLE');
    expect(committed).toBeGreaterThan(0);
    const store = openSqliteStore(path);
    await store.verify();
    expect((await store.list({ limit: 10_000 })).length).toBe(committed);
    const epoch = await store.acquireEpoch();
    await store.commit({
      epoch,
      sessions: [{ session: sessionOf(9_999), expectedVersion: 0, open: true }],
      journal: [],
    });
    await store.close();
  });

  it('read-only: STORE_UNWRITABLE at the start, and nothing is changed', () => {
    const folder = freshFolder();
    const path = join(folder, 'data', 'journal.db');
    // The writer gives up its rights over the folder before it opens the file.
    expect(write('MIDLOCK_READ_ONLY=1', path)).toEqual({ committed: 0, code: 'STORE_UNWRITABLE' });
    expect(existsSync(path)).toBe(false);
  });
});
