import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openSqliteStore } from '@midlock/client';
import { swapIdOf, type Direction, type Hex32, type SwapTerms } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import {
  ETHER,
  GOLD,
  startRig,
  type Books,
  type Launched,
  type PartyName,
  type ProcessRig,
} from '../../relayer/test/rig.ts';
import { fatalPoint } from './supervisor.ts';
import { legsOf } from './traffic.ts';

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** A party that dies at a point and finds nothing but its keys when it comes back. */
interface Loss {
  readonly who: PartyName;
  readonly at: string;
  /** What stood on the ledgers by then. */
  readonly state: string;
  /** `claimed` by the party's agent from the recovered terms; `returned`: the counterparty never locks, or the party does not. */
  readonly ends: 'claimed' | 'returned';
  /** The counterparty never hears of the swap. */
  readonly alone?: true;
}

const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];
/** Time for the first lock: enough for a death and a recovery at leisure, or for a lock by a process that runs. */
const SLACK_SEC = { claimed: 120n, returned: 20n } as const;
const OBSERVE_SEC = 6n;
const CASE_MS = 180_000;

/** Each state of a swap in which a party has something to lose, for both parties; what comes back is let run meanwhile. */
function lossesOf(direction: Direction): readonly Loss[] {
  const [long, short] =
    direction === 'fabric-first' ? ['fabric', 'ethereum'] : ['ethereum', 'fabric'];
  return [
    {
      who: 'alice',
      at: `submit.${long}.lock.after`,
      state: 'its lock alone',
      ends: 'returned',
      alone: true,
    },
    {
      who: 'bob',
      at: `prepare.${short}.lock.before`,
      state: "the other's lock alone",
      ends: 'returned',
    },
    { who: 'alice', at: `submit.${long}.lock.after`, state: 'its lock sent', ends: 'claimed' },
    { who: 'alice', at: `prepare.${short}.claim.before`, state: 'both locked', ends: 'claimed' },
    { who: 'alice', at: `submit.${short}.claim.after`, state: 'secret sent', ends: 'claimed' },
    { who: 'bob', at: `submit.${short}.lock.after`, state: 'its lock sent', ends: 'claimed' },
    { who: 'bob', at: `prepare.${long}.claim.before`, state: 'secret revealed', ends: 'claimed' },
    { who: 'bob', at: `submit.${long}.claim.after`, state: 'claim sent', ends: 'claimed' },
  ];
}

const LOSSES = DIRECTIONS.flatMap((direction) =>
  lossesOf(direction).map((loss) => ({ direction, ...loss })),
).sort((a, b) => (a.ends === b.ends ? 0 : a.ends === 'returned' ? -1 : 1));

interface Row {
  readonly swapId: Hex32;
  readonly fabric: string;
  readonly ethereum: string;
  readonly file: string | null;
}

describe('a party whose whole folder is gone has its keys, and `midlock swap recover`', () => {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-lost-folder-'));
  const lives: Partial<Record<PartyName, Launched>> = {};
  const swaps: {
    readonly terms: SwapTerms;
    readonly ends: Loss['ends'];
    readonly lone: boolean;
  }[] = [];
  let rig: ProcessRig;
  let reader: OpenParty;
  let before: Books;

  beforeAll(async () => {
    rig = await startRig(workDir, { notes: LOSSES.length });
    rig.setObserveSec(OBSERVE_SEC);
    before = await rig.books();
    reader = await rig.openReader();
    for (const who of ['alice', 'bob'] as const) await live(who);
  }, 240_000);

  afterAll(async () => {
    reader.close();
    await rig.close();
    if (process.env['KEEP'] === undefined) rmSync(workDir, { recursive: true, force: true });
  }, 60_000);

  async function live(who: PartyName, at?: string): Promise<Launched> {
    await lives[who]?.process.stop(30_000);
    const life = rig.launch(who, at === undefined ? {} : { MIDLOCK_CRASH_AT: at });
    lives[who] = life;
    await life.ready;
    return life;
  }

  async function recover(who: PartyName, ...options: readonly string[]): Promise<readonly Row[]> {
    const { stdout } = await run(
      process.execPath,
      [
        '--conditions=source',
        '--disable-warning=ExperimentalWarning',
        require.resolve('../../cli/src/main.ts'),
        ...['--json', '--config', join(workDir, `${who}.json`)],
        ...['swap', 'recover', '--out', join(workDir, 'recovered', who), ...options],
      ],
      { timeout: CASE_MS },
    );
    return (JSON.parse(stdout) as { readonly swaps: readonly Row[] }).swaps;
  }

  /** Asks until the swap is found as it has to be; who recovers knows of no other moment. */
  async function recoverUntil(
    who: PartyName,
    found: (rows: readonly Row[]) => boolean,
    ...options: readonly string[]
  ): Promise<readonly Row[]> {
    for (;;) {
      const rows = await recover(who, ...options);
      if (found(rows)) return rows;
      await sleep(500);
    }
  }

  async function untilBoth(terms: SwapTerms, states: readonly string[]): Promise<void> {
    for (;;) {
      const { fabric, ethereum } = await legsOf(reader, terms);
      if (states.includes(fabric) && states.includes(ethereum)) return;
      await sleep(300);
    }
  }

  /** In the party's own journal: a claim that it still follows could be the next death's. */
  async function untilDone(who: PartyName, swapId: Hex32): Promise<void> {
    const store = openSqliteStore(join(rig.folderOf(who), 'journal.db'));
    while ((await store.load(swapId))?.open !== false) await sleep(300);
    await store.close();
  }

  it.each(LOSSES)(
    '$direction: $who dies at $at ($state) and loses all: $ends',
    async ({ direction, who, at, ends, alone }) => {
      const life = await live(who, at);
      const { terms } = await rig.agree(direction, SLACK_SEC[ends], alone ? ['alice'] : undefined);
      const swapId = swapIdOf(terms);
      const lone = alone === true && direction === 'ethereum-first';
      swaps.push({ terms, ends, lone });
      const { signal } = await life.process.exited;
      const output = readFileSync(life.logFile, 'utf8');
      expect([signal, fatalPoint(output, life.process.pid)]).toEqual(['SIGKILL', at]);
      rmSync(rig.folderOf(who), { recursive: true });

      // A responder before its lock has nothing on Fabric that names the terms when the other's lock is on Ethereum.
      const nameless = lone || at === 'prepare.fabric.lock.before';
      const rows = await recoverUntil(who, (all) =>
        all.some((row) => row.swapId === swapId && (nameless || row.file !== null)),
      );
      const row = rows.find((each) => each.swapId === swapId);
      if (nameless) expect(row).toMatchObject({ fabric: 'none', ethereum: 'locked', file: null });
      const inbox = join(rig.folderOf(who), 'inbox');
      mkdirSync(inbox, { recursive: true });
      for (const { file } of rows)
        if (file !== null) copyFileSync(file, join(inbox, basename(file)));
      await live(who);
      if (ends === 'returned') return;
      await untilBoth(terms, ['claimed']);
      for (const each of ['alice', 'bob'] as const) await untilDone(each, swapId);
    },
    CASE_MS,
  );

  it('what could not settle came back, and nothing was lost or doubled', async () => {
    const lone = swaps.filter((swap) => swap.lone).map(({ terms }) => swapIdOf(terms));
    expect(lone.length).toBe(1);
    await lives.alice?.process.stop(30_000);
    await recoverUntil(
      'alice',
      (rows) =>
        rows.every(({ swapId, ethereum }) => !lone.includes(swapId) || ethereum === 'refunded'),
      '--refund',
    );
    await live('alice');
    for (const { terms, ends } of swaps)
      if (ends === 'returned') await untilBoth(terms, ['none', 'refunded']);

    const net = swaps
      .filter(({ ends }) => ends === 'claimed')
      .reduce((sum, { terms }) => sum + (terms.direction === 'fabric-first' ? 1n : -1n), 0n);
    const { conservation, ...after } = await rig.books();
    expect(after).toEqual({
      alice: { gold: before.alice.gold - net * GOLD, ether: before.alice.ether + net * ETHER },
      bob: { gold: before.bob.gold + net * GOLD, ether: before.bob.ether - net * ETHER },
    });
    expect(conservation).toMatchObject({ fabric: true, ethereum: true });
    expect(conservation.assets.map(({ locked }) => locked)).toEqual(['0']);
  }, 300_000);
});
