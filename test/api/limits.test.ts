import { setTimeout as sleep } from 'node:timers/promises';
import { createMemoryStore, termsFileToJson } from '@midlock/client';
import { formatAccount } from '@midlock/protocol';
import { apiLimits, type ApiLimits } from '@midlock/relayer';
import { afterEach, describe, expect, it } from 'vitest';
import { createEventStore, type EventStore } from './event-store.ts';
import { openRaw, type RawConnection } from './raw-client.ts';
import { startStage, type Stage, type StageOptions } from './stage.ts';

/** What somebody does against one bound, and what comes of it with the bound and without. */
interface Attempt {
  /** So low that the attempt meets it, and what it is told then. */
  readonly low: readonly [limit: number, told: string];
  /** So high that it might as well be gone. */
  readonly high: readonly [limit: number, told: string];
  readonly options?: () => StageOptions | Promise<StageOptions>;
  /** `patient` when the bound must show itself in time, and not when it must not show itself at all. */
  readonly act: (stage: Stage, patient: boolean) => Promise<string>;
}

const LONG_MS = 600_000;
const HEAD = 'GET /api/v1/stats HTTP/1.1\r\nhost: localhost\r\n';

/** The status of the last of so many calls. */
async function last(times: number, call: () => Promise<Response>): Promise<string> {
  let status = 0;
  for (let count = 0; count < times; count += 1) {
    const answer = await call();
    status = answer.status;
    await answer.arrayBuffer();
    if (status === 429 || status === 507)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  return String(status);
}

/** The status of the second of two letters. */
async function secondLetter(stage: Stage): Promise<string> {
  let number = 0;
  return last(2, async () =>
    stage.post('/api/v1/mailbox', termsFileToJson(await stage.file((number += 1)))),
  );
}

const wrongToken = `Bearer mlk_tester_${'A'.repeat(43)}`;

async function secondConnection({ port }: Stage): Promise<string> {
  const first = openRaw(port);
  first.send(`${HEAD}\r\n`);
  await first.until(/\r\n\r\n/);
  const second = openRaw(port);
  second.send(`${HEAD}\r\n`);
  const told = await second.until(/\r\n\r\n/);
  for (const connection of [first, second]) connection.hangUp();
  return told === '' ? 'closed' : 'answered';
}

async function secondStream(stage: Stage): Promise<string> {
  const first = await stage.get('/api/v1/events');
  const second = await stage.get('/api/v1/events');
  for (const { body } of [first, second]) await body?.cancel();
  return String(second.status);
}

const EVENTS = 12_000;

/** About 12 MB of events: more than the sockets of both sides hold. */
const withEvents = async (limits: Partial<ApiLimits>): Promise<StageOptions> => ({
  store: await createEventStore(EVENTS, 1_000),
  limits: { maxStreamsPerAddress: 1, ...limits },
});

/** Opens a stream and reads nothing of it. */
function openDeaf({ port }: Stage): void {
  const connection = openRaw(port, { reading: false });
  connection.send('GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  deaf.push(connection);
}

/** The one place for a stream is free again: the deaf reader was hung up on. */
async function wasDropped(stage: Stage): Promise<boolean> {
  const { status, body } = await stage.get('/api/v1/events');
  await body?.cancel();
  return status === 200;
}

async function readByDeaf(stage: Stage): Promise<string> {
  const store = stage.store as EventStore;
  openDeaf(stage);
  while (store.readTo() === 0) await sleep(10);
  while (store.readTo() < EVENTS) {
    if (await wasDropped(stage)) return store.readTo() < EVENTS ? 'bounded' : 'all';
    await sleep(50);
  }
  return 'all';
}

async function fateOfDeaf(stage: Stage, patient: boolean): Promise<string> {
  openDeaf(stage);
  while ((stage.store as EventStore).readTo() === 0) await sleep(10);
  for (let count = 0; patient || count < 10; count += 1) {
    if (await wasDropped(stage)) return 'dropped';
    await sleep(100);
  }
  return 'kept';
}

const ATTEMPTS: Readonly<Record<keyof ApiLimits, Attempt>> = {
  readsPerMinute: {
    low: [2, '429'],
    high: [100, '200'],
    act: (stage) => last(3, () => stage.get('/api/v1/stats')),
  },
  writesPerMinute: {
    low: [2, '429'],
    high: [100, '202'],
    act: (stage) => last(3, () => stage.post('/api/v1/drain', {})),
  },
  tokenReadsPerMinute: {
    low: [2, '429'],
    high: [100, '200'],
    options: () => ({ scopes: ['read'] }),
    act: (stage) => last(3, () => stage.get('/api/v1/stats')),
  },
  tokenWritesPerMinute: {
    low: [2, '429'],
    high: [100, '202'],
    options: () => ({ scopes: ['operate'] }),
    act: (stage) => last(3, () => stage.post('/api/v1/drain', {})),
  },
  authFailuresPerMinute: {
    low: [2, '429'],
    high: [100, '401'],
    options: () => ({ scopes: ['read'] }),
    act: async (stage) => {
      // Who has shown a right token before is not kept out by the guesses of others behind the same address.
      expect(await last(1, () => stage.get('/api/v1/stats'))).toBe('200');
      const told = await last(3, () => stage.get('/api/v1/stats', { authorization: wrongToken }));
      expect(await last(1, () => stage.get('/api/v1/stats'))).toBe('200');
      return told;
    },
  },
  authHashesPerSecond: {
    low: [1, '429'],
    high: [100, '401'],
    options: () => ({ scopes: ['read'], oldTokens: true }),
    act: async (stage) => {
      // The clock of the stage stands still within a second.
      const told = await last(2, () => stage.get('/api/v1/stats', { authorization: wrongToken }));
      stage.rig.clock.advance(1_000);
      expect(await last(1, () => stage.get('/api/v1/stats'))).toBe('200');
      await last(1, () => stage.get('/api/v1/stats', { authorization: wrongToken }));
      expect(await last(1, () => stage.get('/api/v1/stats'))).toBe('200');
      return told;
    },
  },
  maxLetters: { low: [1, '507'], high: [1_000, '201'], act: secondLetter },
  maxLettersPerSender: { low: [1, '429'], high: [1_000, '201'], act: secondLetter },
  maxLettersPerRecipient: { low: [1, '507'], high: [1_000, '201'], act: secondLetter },
  letterLifeSec: {
    low: [1, '0'],
    high: [1_000_000, '1'],
    act: async (stage) => {
      const file = await stage.file(1);
      expect((await stage.post('/api/v1/mailbox', termsFileToJson(file))).status).toBe(201);
      for (let second = 0; second < 5; second += 1) await stage.rig.second();
      const account = encodeURIComponent(formatAccount(file.terms.fabric.owner));
      const answer = await stage.get(`/api/v1/mailbox?account=${account}`);
      return String(((await answer.json()) as { items: unknown[] }).items.length);
    },
  },
  maxConnections: { low: [1, 'closed'], high: [100, 'answered'], act: secondConnection },
  maxConnectionsPerAddress: { low: [1, 'closed'], high: [100, 'answered'], act: secondConnection },
  maxRequestsPerConnection: {
    low: [1, 'close'],
    high: [100, 'keep-alive'],
    act: async ({ port }) => {
      const connection = openRaw(port);
      connection.send(`${HEAD}\r\n`);
      const told = await connection.until(/\r\n\r\n/);
      connection.hangUp();
      return /^connection: (.*)\r$/im.exec(told)?.[1] ?? '';
    },
  },
  maxStreams: { low: [1, '503'], high: [100, '200'], act: secondStream },
  maxStreamsPerAddress: { low: [1, '429'], high: [100, '200'], act: secondStream },
  maxStreamBufferBytes: {
    low: [65_536, 'bounded'],
    high: [1_000_000_000, 'all'],
    options: () => withEvents({ streamStallMs: 300 }),
    act: readByDeaf,
  },
  streamStallMs: {
    low: [200, 'dropped'],
    high: [LONG_MS, 'kept'],
    options: () => withEvents({}),
    act: fateOfDeaf,
  },
  maxBodyBytes: {
    low: [1_000, '413'],
    high: [100_000, '400'],
    act: (stage) => last(1, () => stage.post('/api/v1/swaps', { filler: 'x'.repeat(2_000) })),
  },
  maxHeaderBytes: {
    low: [2_000, '431'],
    high: [100_000, '200'],
    act: (stage) => last(1, () => stage.get('/api/v1/stats', { filler: 'x'.repeat(4_000) })),
  },
  maxHeaders: {
    low: [20, '431'],
    high: [1_000, '200'],
    act: (stage) => {
      const many = Array.from({ length: 30 }, (_, index) => [`x-${String(index)}`, '1'] as const);
      return last(1, () => stage.get('/api/v1/stats', Object.fromEntries(many)));
    },
  },
  maxUrlBytes: {
    low: [500, '414'],
    high: [5_000, '400'],
    act: (stage) => last(1, () => stage.get(`/api/v1/swaps?x=${'x'.repeat(1_000)}`)),
  },
  maxJsonDepth: {
    low: [3, 'at most 3 levels'],
    high: [1_000, 'Invalid input: expected object, received array'],
    act: async (stage) => {
      const answer = await stage.post('/api/v1/swaps', '[[[[]]]]');
      return ((await answer.json()) as { data: { expected: string } }).data.expected;
    },
  },
  requestMs: {
    low: [300, '408'],
    high: [LONG_MS, '200'],
    act: async ({ port }) => {
      const connection = openRaw(port);
      void connection.trickle(`${HEAD}\r\n`, 20);
      const told = await connection.until(/\r\n\r\n/);
      connection.hangUp();
      return told.slice(9, 12);
    },
  },
  idleMs: {
    low: [200, 'closed'],
    high: [LONG_MS, 'open'],
    act: async ({ port }, patient) => {
      const connection = openRaw(port);
      const closed = connection.closed.then(() => 'closed');
      const told = await (patient ? closed : Promise.race([closed, sleep(1_000, 'open')]));
      connection.hangUp();
      return told;
    },
  },
  answerMs: {
    low: [200, '503'],
    high: [LONG_MS, 'waiting'],
    options: () => ({
      store: {
        ...createMemoryStore(),
        list: ({ open }) => (open === true ? Promise.resolve([]) : new Promise(() => undefined)),
      },
    }),
    act: async (stage, patient) => {
      const told = stage.get('/api/v1/swaps').then(
        ({ status }) => String(status),
        () => 'closed',
      );
      return patient ? told : Promise.race([told, sleep(1_000, 'waiting')]);
    },
  },
};

const deaf: RawConnection[] = [];
const stages: Stage[] = [];
afterEach(async () => {
  for (const connection of deaf.splice(0)) connection.hangUp();
  for (const stage of stages.splice(0)) await stage.close();
});

async function run(
  name: keyof ApiLimits,
  { options, act }: Attempt,
  limit: number,
  patient: boolean,
): Promise<string> {
  const given = (await options?.()) ?? {};
  const stage = await startStage({ ...given, limits: { ...given.limits, [name]: limit } });
  stages.push(stage);
  return act(stage, patient);
}

describe('each bound of the API, low and as good as gone', () => {
  it.each(Object.entries(ATTEMPTS) as [keyof ApiLimits, Attempt][])('%s', async (name, attempt) => {
    const [low, high] = [attempt.low, attempt.high];
    expect(await run(name, attempt, low[0], true)).toBe(low[1]);
    expect(await run(name, attempt, high[0], false)).toBe(high[1]);
  });

  it('none is missing', () => {
    expect(Object.keys(ATTEMPTS).sort()).toEqual(Object.keys(apiLimits.shape).sort());
  });
});
