import type { IncomingMessage, ServerResponse } from 'node:http';
import { MidlockError } from '@midlock/protocol';
import { z } from 'zod';
import { addressGroup } from './addresses.ts';
import type { ApiContext } from './context.ts';
import type { ApiLimits } from './limits.ts';
import { queryNumber } from './query-number.ts';
import type { Route, RouteCall } from './route.ts';
import { lastEventId } from './schemas.ts';
import { createSeats } from './seats.ts';
import { eventView } from './views.ts';

const HEARTBEAT_MS = 5_000n;
const BATCH = 100;

/** All events as server-sent events; the id of each is its place in the journal, from which `Last-Event-ID` resumes. */
export function eventRoute(context: ApiContext, limits: ApiLimits): Route {
  const { store, changed, nowMs } = context;
  const seats = createSeats(limits.maxStreams, limits.maxStreamsPerAddress);

  async function stream({ query, request, reply }: RouteCall): Promise<undefined> {
    const afterSeq = await resumeFrom(request.headers['last-event-id'], query['after']);
    const leave = seats.take(addressGroup(request.ip));
    reply.hijack();
    try {
      await follow(afterSeq, request.raw, reply.raw);
    } finally {
      leave();
      reply.raw.end();
    }
    return undefined;
  }

  async function follow(
    fromSeq: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    if (request.socket.destroyed) gone.abort();
    // Silence is what a stream is for; a reader that does not read is noticed by what it leaves in the buffer.
    request.socket.setTimeout(0);
    const write = boundedWriter(response, limits, gone);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    await write('retry: 1000\n\n');
    let afterSeq = fromSeq;
    let wroteMs = nowMs();
    while (!gone.signal.aborted) {
      // Listening before reading, so that nothing that happens in between waits for the heartbeat.
      const round = new AbortController();
      const next = changed(Number(HEARTBEAT_MS), AbortSignal.any([gone.signal, round.signal]));
      const rows = await store.journal({ afterSeq, limit: BATCH });
      for (const row of rows) {
        await write(
          `id: ${String(row.seq)}\nevent: ${row.kind}\ndata: ${JSON.stringify(eventView(row))}\n\n`,
        );
        afterSeq = row.seq;
      }
      if (rows.length === 0) await next;
      round.abort();
      if (rows.length > 0) wroteMs = nowMs();
      else if (nowMs() - wroteMs >= HEARTBEAT_MS) {
        await write(': waiting\n\n');
        wroteMs = nowMs();
      }
    }
  }

  /** Where to go on. An id that the journal does not have belongs to another store, whose events nobody knows here. */
  async function resumeFrom(
    header: string | string[] | undefined,
    after: unknown,
  ): Promise<number> {
    const parsed = lastEventId.safeParse(
      header ?? (typeof after === 'number' ? String(after) : '0'),
    );
    if (!parsed.success) throw new MidlockError('REQUEST_INVALID', { field: 'Last-Event-ID' });
    const seq = Number(parsed.data);
    if (seq > 0 && (await store.journal({ afterSeq: seq - 1, limit: 1 })).length === 0)
      throw new MidlockError('REQUEST_INVALID', {
        field: 'Last-Event-ID',
        expected: 'the id of an event of this store',
      });
    return seq;
  }

  return {
    method: 'GET',
    path: '/api/v1/events',
    operationId: 'streamEvents',
    summary: 'Follow all swaps as server-sent events; resumes after Last-Event-ID.',
    scope: 'read',
    query: z.strictObject({ after: queryNumber(0).optional() }),
    requestHeaders: { 'Last-Event-ID': lastEventId },
    status: 200,
    response: z.string(),
    mediaType: 'text/event-stream',
    streams: true,
    handle: stream,
  };
}

/**
 * Writes to a response and keeps no more than the bound in memory: beyond it a write resolves once the reader has taken all
 * of it. A reader that does not within the time allowed is hung up on.
 */
function boundedWriter(
  response: ServerResponse,
  { maxStreamBufferBytes, streamStallMs }: ApiLimits,
  gone: AbortController,
): (text: string) => Promise<void> {
  return async (text) => {
    if (gone.signal.aborted) return;
    if (response.write(text) || response.writableLength < maxStreamBufferBytes) return;
    await new Promise<void>((resolve) => {
      const stalled = setTimeout(() => {
        gone.abort();
        response.destroy();
      }, streamStallMs);
      const end = (): void => {
        clearTimeout(stalled);
        response.off('drain', end);
        resolve();
      };
      response.once('drain', end);
      gone.signal.addEventListener('abort', end, { once: true });
      if (gone.signal.aborted) end();
    });
  };
}
