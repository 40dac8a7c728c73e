import { stateOf } from '@midlock/client';
import type { LedgerName } from '@midlock/protocol';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import type { Route } from './route.ts';
import { ledgerSchema } from './schemas.ts';
import { within } from './within.ts';

/** A node that does not answer by then counts as out of reach. */
const HEAD_MS = 3_000;

/** The state of ledgers and relayer. */
export function statusRoutes({
  relayer,
  store,
  ports,
  nowMs,
  startedAtMs,
}: ApiContext): readonly Route[] {
  async function ledgerView(ledger: LedgerName): Promise<z.input<typeof ledgerSchema>> {
    const [mark, head] = await Promise.all([
      store.mark(ledger),
      within(HEAD_MS, ports[ledger].head(), ledger).catch(() => undefined),
    ]);
    return {
      ledger,
      headHeight: head === undefined ? null : String(head.height),
      headTimeSec: head === undefined ? null : String(head.timeSec),
      finalizedHeight: head === undefined ? null : String(head.finalizedHeight),
      processedHeight: mark?.cursor === undefined ? null : String(mark.cursor.height),
      reachable: head !== undefined,
      halted: relayer.world().halted.includes(ledger),
    };
  }

  return [
    {
      method: 'GET',
      path: '/api/v1/ledgers',
      operationId: 'listLedgers',
      summary: 'Head, finality and progress of both ledgers.',
      scope: 'read',
      status: 200,
      response: z.object({ items: z.array(ledgerSchema) }),
      handle: async () => ({
        items: await Promise.all((['fabric', 'ethereum'] as const).map(ledgerView)),
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/stats',
      operationId: 'getStats',
      summary: 'Open swaps by state, backlog and uptime.',
      scope: 'read',
      status: 200,
      response: z.object({
        open: z.int(),
        openByState: z.record(z.string(), z.int()),
        backlog: z.int(),
        draining: z.boolean(),
        uptimeSec: z.int(),
      }),
      handle: () => {
        const open = relayer.open();
        const openByState: Record<string, number> = {};
        for (const session of open) {
          const state = stateOf(session);
          openByState[state] = (openByState[state] ?? 0) + 1;
        }
        return Promise.resolve({
          open: open.length,
          openByState,
          backlog: relayer.backlog,
          draining: relayer.draining,
          uptimeSec: Number((nowMs() - startedAtMs) / 1000n),
        });
      },
    },
    {
      method: 'POST',
      path: '/api/v1/drain',
      operationId: 'drain',
      summary: 'Take on no new swap; finish what is open.',
      scope: 'operate',
      body: z.strictObject({}).optional(),
      status: 202,
      response: z.object({ draining: z.literal(true), open: z.int() }),
      handle: () => {
        relayer.drain();
        return Promise.resolve({ draining: true, open: relayer.open().length });
      },
    },
  ];
}
