import { createHash } from 'node:crypto';
import { partyOf, readTermsFile, termsFileText, type TermsFile } from '@midlock/client';
import { MidlockError, formatAccount } from '@midlock/protocol';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { createIdempotentWrites } from './idempotency.ts';
import type { Route, RouteCall } from './route.ts';
import { fabricAccount, termsFileSchema } from './schemas.ts';

const KEPT = 10_000;
const PAGE = 50;
const letterIdText = z.string().regex(/^[0-9]{16}-[0-9a-f]{16}$/);

/**
 * Where parties leave terms for each other. A letter needs at least one valid signature of a party in its terms; terms
 * are public in effect (they will stand on a ledger), so that anyone who may read the API may read letters.
 */
export function mailboxRoutes({ store, nowMs }: ApiContext): readonly Route[] {
  const writes = createIdempotentWrites(store);

  function post(call: RouteCall): Promise<{ readonly id: string }> {
    return writes.run(call, async (begin) => {
      const file = readTermsFile(call.body);
      const text = signedText(file);
      const id = await begin(letterId(text));
      for (const role of ['initiator', 'responder'] as const) {
        const account = formatAccount(partyOf(file.terms, role).fabric);
        await store.putDocument('mailbox', `${account} ${id}`, text, KEPT);
      }
      return { id };
    });
  }

  function signedText(file: TermsFile): string {
    if (file.acceptances.initiator === undefined && file.acceptances.responder === undefined)
      throw new MidlockError('TERMS_SIGNATURE_INVALID', { reason: 'no party has signed' });
    return termsFileText(file);
  }

  function letterId(text: string): string {
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    return `${String(nowMs()).padStart(16, '0')}-${digest}`;
  }

  return [
    {
      method: 'POST',
      path: '/api/v1/mailbox',
      operationId: 'postLetter',
      summary: 'Leave terms that at least one party has signed.',
      scope: 'write',
      body: termsFileSchema,
      idempotent: true,
      status: 201,
      refusals: [409],
      response: z.object({ id: letterIdText }),
      handle: post,
    },
    {
      method: 'GET',
      path: '/api/v1/mailbox',
      operationId: 'listLetters',
      summary: 'Terms in which a Fabric account takes part, oldest first, after a letter.',
      scope: 'read',
      query: z.strictObject({
        account: fabricAccount,
        after: z.union([letterIdText, z.literal('')]).default(''),
      }),
      status: 200,
      response: z.object({ items: z.array(z.object({ id: letterIdText, file: termsFileSchema })) }),
      handle: async ({ query }) => {
        const account = String(query['account']);
        const letters = await store.documents('mailbox', `${account} `, KEPT);
        const items = letters
          .map(({ key, text }) => ({ id: key.slice(account.length + 1), text }))
          .filter(({ id }) => id > String(query['after']))
          .slice(0, PAGE)
          // Its signatures were checked when it came, and its reader checks them again.
          .map(({ id, text }) => ({ id, file: JSON.parse(text) as unknown }));
        return { items };
      },
    },
  ];
}
