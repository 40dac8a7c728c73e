import { readTermsFile, type StoredSession } from '@midlock/client';
import { MidlockError, type Direction, type Hex32, type SwapState } from '@midlock/protocol';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { createIdempotentWrites } from './idempotency.ts';
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

const byId = z.strictObject({ id: hex32 });

/** Swaps: take on, list, show, explain, follow. */
export function swapRoutes(context: ApiContext): readonly Route[] {
  const { relayer, store } = context;

  const writes = createIdempotentWrites(store);

  function take(call: RouteCall): Promise<unknown> {
    return writes.run(call, async (begin) => {
      const file = readTermsFile(call.body);
      const { swapId, created } = await relayer.watch(file, async () => {
        await begin('');
      });
      if (!created) call.reply.status(200);
      call.reply.header('location', `/api/v1/swaps/${swapId}`);
      return { swapId, created };
    });
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
      repeated: 200,
      refusals: [409],
      headers: { Location: 'Where the swap is shown.' },
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
      refusals: [404],
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
      refusals: [404],
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
      refusals: [404],
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
