import { afterEach, describe, expect, it } from 'vitest';
import { createEventStore } from './event-store.ts';
import { openRaw } from './raw-client.ts';
import { startStage, type Stage, type StageOptions } from './stage.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function open(options: StageOptions): Promise<Stage> {
  const stage = await startStage(options);
  stages.push(stage);
  return stage;
}

const EVENTS = 8_000;

/** Reads ids until there are `count`, or the stream ends. */
async function readIds(response: Response, count: number): Promise<number[]> {
  const ids: number[] = [];
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const id = /^id: (\d+)$/.exec(line)?.[1];
        if (id !== undefined) ids.push(Number(id));
      }
      if (ids.length >= count) break;
    }
  } catch {
    // Hung up on: what was read counts.
  }
  return ids;
}

describe('event streams', () => {
  it('a reader that is dropped for not reading resumes by its last id without a gap', async () => {
    const store = await createEventStore(EVENTS, 1_000);
    const stage = await open({ store, limits: { streamStallMs: 200, maxStreamsPerAddress: 1 } });
    const slow = await stage.get('/api/v1/events');
    // Its place is free again once it was dropped.
    let next = await stage.get('/api/v1/stats');
    do {
      await next.body?.cancel();
      next = await stage.get('/api/v1/events');
    } while (next.status === 429);
    await next.body?.cancel();
    const first = await readIds(slow, EVENTS);
    expect(first.length).toBeLessThan(EVENTS);
    let last = first.at(-1) ?? 0;
    const all = [...first];
    while (all.length < EVENTS) {
      const resumed = await stage.get('/api/v1/events', { 'last-event-id': String(last) });
      if (resumed.status === 200) all.push(...(await readIds(resumed, EVENTS - all.length)));
      else await resumed.body?.cancel();
      last = all.at(-1) ?? 0;
    }
    expect(all.slice(0, EVENTS)).toEqual(Array.from({ length: EVENTS }, (_, index) => index + 1));
  });

  it('many readers get every event, each its own copy', async () => {
    const stage = await open({});
    const streams = await Promise.all(
      Array.from({ length: 32 }, () => stage.get('/api/v1/events')),
    );
    expect((await stage.get('/api/v1/events')).status).toBe(429);
    for (const number of [1, 2, 3])
      expect((await stage.take(await stage.file(number))).status).toBe(201);
    const seen = await Promise.all(streams.map((stream) => readIds(stream, 3)));
    for (const ids of seen) expect(ids.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('stay open while nothing happens, longer than a silent connection may', async () => {
    const stage = await open({ limits: { idleMs: 200 } });
    const connection = openRaw(stage.port);
    connection.send('GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const silent = openRaw(stage.port);
    await silent.closed;
    await stage.take(await stage.file(1));
    expect(await connection.until(/event: taken/)).toContain('event: taken');
    connection.hangUp();
  });

  it.each(['-1', '01', '1e3', 'x', '1,2', '9'.repeat(16), '999'])(
    'the id %s is refused: it is none of this journal',
    async (id) => {
      const stage = await open({ store: await createEventStore(3, 10) });
      const answer = await stage.get('/api/v1/events', { 'last-event-id': id });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        400,
        'REQUEST_INVALID',
      ]);
    },
  );
});
