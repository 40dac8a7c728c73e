import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createAgent,
  createLoggerFamily,
  createRelayerClient,
  signTerms,
  silentLogger,
  stateOf,
  termsFileText,
  type CrashPort,
  type RelayerClient,
  type ServiceModules,
} from '@midlock/client';
import {
  CAROL,
  Crash,
  createRig,
  createVictim,
  partyFor,
  testSigners,
  type Rig,
  type Victim,
  type VictimBody,
} from '@midlock/client/testing';
import { DEVELOPMENT, swapIdOf, type Direction, type SwapProfile } from '@midlock/protocol';
import { createDaemon } from '@midlock/relayer';
import { correspond } from '../../client/src/shell/correspondence.ts';
import { createTelling } from '../../client/src/shell/telling.ts';
import { WHO, type Who } from './scenarios.ts';

/** The points that only letters pass, by who passes them: Alice begins, by her inbox and a letter; Bob signs what he gets. */
export const LETTER_POINTS: Readonly<Record<Who, readonly string[]>> = {
  alice: both('inbox', 'mail', 'tell', 'write.document'),
  bob: both('mail', 'tell', 'answer', 'write.document'),
  relayer: both('write.document'),
};

function both(...steps: readonly string[]): readonly string[] {
  return steps.flatMap((step) => [`${step}.before`, `${step}.after`]);
}

export interface LetterRun {
  /** False when the victim never came to the point. */
  readonly died: boolean;
  readonly faults: readonly string[];
}

/** So long that no wait for a disk or a socket takes a swap's time. */
const PATIENT: SwapProfile = { ...DEVELOPMENT, party: { ...DEVELOPMENT.party, observeSec: 600n } };
const MAX_SEC = 500;

/**
 * A swap that is agreed by letters, through a real relayer's API on the models; whoever passes the point dies there once and
 * comes back on its store.
 */
export async function runLetters(
  direction: Direction,
  kill?: { readonly who: Who; readonly at: string },
): Promise<LetterRun> {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-letters-'));
  const [anna, ben] = [testSigners(0), testSigners(1)];
  const [alice, bob] = [partyFor('a', anna), partyFor('b', ben)];
  const rig = createRig({ initiator: alice, responder: bob, profile: PATIENT });
  let died = false;
  let apiUrl = '';
  let calls = 0;
  const switchOf =
    (who: Who): CrashPort =>
    (id) => {
      if (died || kill?.who !== who || kill.at !== id) return;
      died = true;
      throw new Crash(id);
    };
  /** The relayer's address changes with each of its lives; calls are counted, so that time waits for them. */
  const during = async <T>(work: (client: RelayerClient) => Promise<T>): Promise<T> => {
    calls += 1;
    try {
      return await work(createRelayerClient({ url: apiUrl, timeoutMs: 2_000 }));
    } finally {
      calls -= 1;
    }
  };
  const client: RelayerClient = {
    postSwap: (file) => during((to) => to.postSwap(file)),
    postLetter: (file) => during((to) => to.postLetter(file)),
    knowsSwap: (swapId) => during((to) => to.knowsSwap(swapId)),
    letters: (account, after) => during((to) => to.letters(account, after)),
    acknowledge: (...given) => during((to) => to.acknowledge(...given)),
  };
  const agentOf = (who: 'alice' | 'bob', modules: ServiceModules): VictimBody => {
    const [signers, { seed, ...accounts }] = who === 'alice' ? [anna, alice] : [ben, bob];
    const stop = new AbortController();
    const agent = createAgent({ accounts, profile: PATIENT, tickMs: 1000 }, { ...modules, seed });
    const logger = silentLogger;
    let work: readonly Promise<void>[] = [];
    return {
      async start() {
        const telling = await createTelling({ ...modules, agent, relayer: client, logger });
        await agent.start();
        const mail = correspond(
          {
            ...modules,
            agent,
            signers,
            profile: PATIENT,
            accept: who === 'bob' ? 'all' : 'manual',
            logger,
            inbox: join(folder, who),
            relayer: { mailbox: client, telling },
          },
          stop.signal,
        );
        work = [mail, telling.run(stop.signal)];
      },
      async close() {
        stop.abort();
        await Promise.allSettled(work);
        await agent.close();
      },
      failed: agent.failed,
    };
  };
  const relayerOf = (modules: ServiceModules): VictimBody => {
    const daemon = createDaemon(daemonOptions(rig), {
      ...modules,
      logs: createLoggerFamily({ spec: 'error', format: 'json' }),
    });
    return {
      async start() {
        ({ apiUrl } = await daemon.start());
      },
      close: () => daemon.close(),
      failed: daemon.relayer.failed,
    };
  };
  const all: Readonly<Record<Who, Victim<VictimBody>>> = {
    alice: createVictim({ rig, party: alice, build: (modules) => agentOf('alice', modules) }),
    bob: createVictim({ rig, party: bob, build: (modules) => agentOf('bob', modules) }),
    relayer: createVictim({ rig, party: CAROL, build: relayerOf }),
  };
  const file = await signTerms(
    { version: 1, terms: rig.terms(direction, 1), acceptances: {} },
    anna,
  );
  const swapId = swapIdOf(file.terms);
  mkdirSync(join(folder, 'alice'), { recursive: true });
  writeFileSync(join(folder, 'alice', 'terms.json'), termsFileText(file));

  let posted = false;
  try {
    for (let second = 0; second < MAX_SEC; second += 1) {
      for (const who of ['relayer', 'alice', 'bob'] as const)
        if (!all[who].alive) await all[who].start(switchOf(who));
      // Her operator posts it again until somebody has answered.
      if (!posted) posted = await client.postLetter(file).then(isDone, () => false);
      await rig.second();
      do {
        await sleep(2);
        await rig.settle();
      } while (calls > 0);
      const stored = await Promise.all(WHO.map((who) => all[who].store.load(swapId)));
      if (stored.every((each) => each?.open === false) && second > 3) break;
    }
    const faults = rig.conserved() ? [] : ['an asset came or went'];
    for (const who of WHO) {
      const stored = await all[who].store.load(swapId);
      const state = stored === undefined ? 'unknown' : stateOf(stored.session);
      if (stored?.open !== false || state !== 'settled') faults.push(`${who} says ${state}`);
      await all[who].store.verify().catch(() => faults.push(`${who}'s journal is damaged`));
    }
    if (rig.ethereum.locksOf(swapId).length > 1) faults.push('locked twice on Ethereum');
    return { died, faults };
  } finally {
    for (const who of ['alice', 'bob', 'relayer'] as const) await all[who].body?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const isDone = (): boolean => true;

function daemonOptions(rig: Rig): Parameters<typeof createDaemon>[0] {
  return {
    profile: rig.profile,
    tickMs: 1000,
    concurrency: 4,
    maxOpen: 100,
    maxBacklog: 100,
    api: { host: '127.0.0.1', port: 0, tokens: [] },
    operations: { host: '127.0.0.1', port: 0 },
  };
}
