import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { REFUSALS, STORE_SCHEMA } from '@midlock/client';
import { CATALOGUE } from '@midlock/protocol';
import { fail, ok, warn, type Check, type Seen } from './check.ts';
import type { Subject } from './subject.ts';

const FSYNCS = 20;
/** A swap takes some ten durable writes; below this rate they hold it up. */
const SLOW_PER_SEC = 20;

/** Secrets, and the journal: its disk, its schema, who holds it. */
export const FILES: readonly Check<Subject>[] = [
  {
    name: 'secret files',
    look: ({ secretFiles }) => {
      const files = secretFiles.filter((file) => file !== undefined).filter(existsSync);
      const exposed = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
      return exposed.length === 0 || process.platform === 'win32'
        ? ok(`${String(files.length)}, readable by the owner only`)
        : fail(
            `${exposed.join(', ')}: ${REFUSALS['secret-exposed'].code}`,
            `chmod 600 ${exposed.join(' ')}`,
          );
    },
  },
  {
    name: 'disk',
    look: ({ config }) => {
      const folder = existing(dirname(resolve(config.store.path)));
      return judgeDisk(syncsPerSec(folder), folder);
    },
  },
  {
    name: 'journal schema',
    look: ({ config }) => {
      if (!existsSync(config.store.path)) return ok('none yet; made at the first start');
      const schema = schemaOf(config.store.path);
      if (schema > STORE_SCHEMA)
        return fail(
          `schema ${String(schema)}, this program knows ${String(STORE_SCHEMA)}`,
          CATALOGUE.STORE_VERSION.next,
        );
      return schema === STORE_SCHEMA
        ? ok(`schema ${String(schema)}`)
        : warn(
            `schema ${String(schema)} of ${String(STORE_SCHEMA)}`,
            'nothing: the next start upgrades it in one transaction; make a backup first',
          );
    },
  },
  {
    name: 'journal holder',
    look: async ({ config }) => {
      if (!existsSync(config.store.path)) return ok('nobody');
      const holders = await holdersOf(resolve(config.store.path));
      if (holders === undefined) return ok('not told by this system');
      if (holders.length === 0) return ok('nobody');
      const seen = holders.join('; ');
      return holders.length === 1
        ? ok(seen)
        : fail(
            `${String(holders.length)} processes: ${seen}`,
            'stop all but one: the one that started last has the lease, writes of the others are refused',
          );
    },
  },
];

/** The folder, or the nearest above it that is there: it will be made on the same disk. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}

/** Whether so many durable writes per second are enough. */
export function judgeDisk(perSec: number, folder: string): Seen {
  const seen = `${String(Math.round(perSec))} durable writes/s in ${folder}`;
  return perSec >= SLOW_PER_SEC
    ? ok(seen)
    : warn(seen, 'put the store on a local disk; swaps wait for each of their writes');
}

/** Small writes that reach the disk, per second, measured in a folder. */
function syncsPerSec(folder: string): number {
  const path = join(folder, `.doctor-${String(process.pid)}`);
  const file = openSync(path, 'wx', 0o600);
  try {
    const from = performance.now();
    for (let i = 0; i < FSYNCS; i += 1) {
      writeSync(file, 'midlock doctor\n');
      fsyncSync(file);
    }
    return (FSYNCS * 1000) / Math.max(performance.now() - from, 0.001);
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

function schemaOf(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  } finally {
    database.close();
  }
}

/** `pid (command)` of every process that has the file open; undefined where the system does not tell. */
async function holdersOf(path: string): Promise<readonly string[] | undefined> {
  if (!existsSync('/proc/self/fd')) return holdersByLsof(path);
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && hasOpen(pid, path))
    .map((pid) => `${pid} (${commandOf(pid)})`);
}

function holdersByLsof(path: string): Promise<readonly string[] | undefined> {
  return new Promise((done) => {
    execFile('lsof', ['-t', path], { timeout: 5_000 }, (error, stdout) => {
      if (error !== null && error.code === 'ENOENT') done(undefined);
      else done(stdout.split('\n').filter((pid) => /^\d+$/.test(pid)));
    });
  });
}

function hasOpen(pid: string, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => target(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false;
  }
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function commandOf(pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const from = words.findIndex((word) => /midlock|main\.[tj]s$/.test(word));
    return words.slice(Math.max(from, 0)).join(' ').trim().slice(0, 80);
  } catch {
    return 'gone';
  }
}
