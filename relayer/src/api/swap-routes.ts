import { createHash } from 'node:crypto';
import { readTermsFile, type StoredSession } from '@midlock/client';
import {
  MidlockError,
  canonicalJson,
  type Direction,
  type Hex32,
  type SwapState,
} from '@midlock/protocol';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import type { Route, RouteCall } from './route.ts';
import {
  eventSchema,
  explanationSchema,
  hex32,
  pageQuery,
  stateSchema,
  swapSchema,
  termsFileSchema,
} from './schemas.ts';
import { eventView, explanationView, swapView } from './views.ts';

const IDEMPOTENCY_KEPT = 10_000;
const byId = z.strictObject({ id: hex32 });

/** Swaps: take on, list, show, explain, follow. */
export function swapRoutes(context: ApiContext): readonly Route[] {
  const { relayer, store } = context;

  async function take({ body, request, reply }: RouteCall): Promise<unknown> {
    const key = idempotencyKey(request.headers['idempotency-key']);
    const fingerprint = createHash('sha256')
      .update(canonicalJson(body as object))
      .digest('hex');
    const before = key === undefined ? undefined : await store.document('idempotency', key);
    if (before !== undefined && before !== fingerprint)
      throw new MidlockError('IDEMPOTENCY_MISMATCH');
    const { swapId, created } = await relayer.watch(readTermsFile(body));
    if (key !== undefined && before === undefined)
      await store.putDocument('idempotency', key, fingerprint, IDEMPOTENCY_KEPT);
    if (!created) reply.status(200);
    reply.header('location', `/api/v1/swaps/${swapId}`);
    return { swapId, created };
  }

  async function stored({ params }: RouteCall): Promise<StoredSession> {
    const found = await relayer.stored(params['id'] as Hex32);
    if (found === undefined) throw new MidlockError('SWAP_UNKNOWN', { swapId: params['id'] });
    return found;
  }

  return [
    {
      method: 'POST',
      path: '/api/v1/swaps',
      operationId: 'takeSwap',
      summary: 'Watch a swap whose terms both parties have signed; repeating it changes nothing.',
      scope: 'write',
      body: termsFileSchema,
      idempotent: true,
      status: 201,
      response: z.object({ swapId: hex32, created: z.boolean() }),
      handle: take,
    },
    {
      method: 'GET',
      path: '/api/v1/swaps',
      operationId: 'listSwaps',
      summary: 'List swaps in order of arrival; pass `next` as `after` for the following page.',
      scope: 'read',
      query: pageQuery.extend({
        state: stateSchema.optional(),
        direction: z.enum(['fabric-first', 'ethereum-first']).optional(),
        open: z.enum(['true', 'false']).optional(),
      }),
      status: 200,
      response: z.object({ items: z.array(swapSchema), next: z.int().nullable() }),
      handle: async ({ query }) => {
        const { limit, after, state, direction, open } = query as {
          limit: number;
          after: number;
          state?: SwapState;
          direction?: Direction;
          open?: string;
        };
        const found = await store.list({
          afterSeq: after,
          limit,
          ...(state === undefined ? {} : { state }),
          ...(direction === undefined ? {} : { direction }),
          ...(open === undefined ? {} : { open: open === 'true' }),
        });
        return {
          items: found.map(swapView),
          next: found.length < limit ? null : (found.at(-1)?.seq ?? null),
        };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/swaps/{id}',
      operationId: 'getSwap',
      summary: 'Show one swap.',
      scope: 'read',
      params: byId,
      status: 200,
      response: swapSchema,
      handle: async (call) => swapView(await stored(call)),
    },
    {
      method: 'GET',
      path: '/api/v1/swaps/{id}/explain',
      operationId: 'explainSwap',
      summary: 'Say why a swap waits, who must act and until when.',
      scope: 'read',
      params: byId,
      status: 200,
      response: explanationSchema,
      handle: async ({ params }) => explanationView(await relayer.explain(params['id'] as Hex32)),
    },
    {
      method: 'GET',
      path: '/api/v1/swaps/{id}/events',
      operationId: 'listSwapEvents',
      summary: "A swap's journal in order.",
      scope: 'read',
      params: byId,
      query: pageQuery,
      status: 200,
      response: z.object({ items: z.array(eventSchema), next: z.int().nullable() }),
      handle: async (call) => {
        const { limit, after } = call.query as { limit: number; after: number };
        const { session } = await stored(call);
        const rows = await store.journal({ afterSeq: after, limit, swapId: session.swapId });
        return {
          items: rows.map(eventView),
          next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
        };
      },
    },
  ];
}

function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,128}$/.test(header)) return header;
  throw new MidlockError('REQUEST_INVALID', { field: 'Idempotency-Key' });
}
