import { MidlockError } from '@midlock/protocol';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import type { Route, RouteCall } from './route.ts';
import { eventView } from './views.ts';

const HEARTBEAT_MS = 15_000;
const BATCH = 100;

/** All events as server-sent events; the id of each is its place in the journal, from which `Last-Event-ID` resumes. */
export function eventRoute(context: ApiContext): Route {
  const { store, changed, maxStreams } = context;
  let streams = 0;

  async function stream({ query, request, reply }: RouteCall): Promise<undefined> {
    let afterSeq = resumeFrom(request.headers['last-event-id'], query['after']);
    if (streams >= maxStreams)
      throw new MidlockError('OVERLOADED', { reason: 'event streams', limit: maxStreams });
    streams += 1;
    const gone = new AbortController();
    request.raw.once('close', () => {
      gone.abort();
    });
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 1000\n\n');
    try {
      while (!gone.signal.aborted) {
        const rows = await store.journal({ afterSeq, limit: BATCH });
        for (const row of rows) {
          afterSeq = row.seq;
          const ok = raw.write(
            `id: ${String(row.seq)}\nevent: ${row.kind}\ndata: ${JSON.stringify(eventView(row))}\n\n`,
          );
          // A reader that does not read is let go; it resumes by its last id.
          if (!ok && raw.writableLength > 1_000_000) gone.abort();
        }
        if (rows.length > 0) continue;
        await changed(HEARTBEAT_MS, gone.signal);
        if ((await store.journal({ afterSeq, limit: 1 })).length === 0) raw.write(': waiting\n\n');
      }
    } finally {
      streams -= 1;
      raw.end();
    }
    return undefined;
  }

  return {
    method: 'GET',
    path: '/api/v1/events',
    operationId: 'streamEvents',
    summary: 'Follow all swaps as server-sent events; resumes after Last-Event-ID.',
    scope: 'read',
    query: z.strictObject({ after: z.coerce.number().int().min(0).optional() }),
    status: 200,
    response: z.string(),
    mediaType: 'text/event-stream',
    handle: stream,
  };
}

function resumeFrom(header: string | string[] | undefined, after: unknown): number {
  if (header === undefined) return typeof after === 'number' ? after : 0;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw new MidlockError('REQUEST_INVALID', { field: 'Last-Event-ID' });
}
