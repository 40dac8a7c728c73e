import { createHash } from 'node:crypto';
import {
  partyOf,
  readTermsFile,
  termsFileText,
  termsFileToJson,
  type TermsFile,
} from '@midlock/client';
import { MidlockError, formatAccount, parseAccount } from '@midlock/protocol';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import type { Route } from './route.ts';
import { termsFileSchema } from './schemas.ts';

const KEPT = 10_000;
const PAGE = 50;

/**
 * Where parties leave terms for each other. A letter needs at least one valid signature of a party in its terms; terms
 * are public in effect (they will stand on a ledger), so that anyone who may read the API may read letters.
 */
export function mailboxRoutes({ store, nowMs }: ApiContext): readonly Route[] {
  async function post(file: TermsFile): Promise<string> {
    if (file.acceptances.initiator === undefined && file.acceptances.responder === undefined)
      throw new MidlockError('TERMS_SIGNATURE_INVALID', { reason: 'no party has signed' });
    const text = termsFileText(file);
    const id = `${String(nowMs()).padStart(16, '0')}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    for (const role of ['initiator', 'responder'] as const)
      await store.putDocument(
        'mailbox',
        `${formatAccount(partyOf(file.terms, role).fabric)} ${id}`,
        text,
        KEPT,
      );
    return id;
  }

  return [
    {
      method: 'POST',
      path: '/api/v1/mailbox',
      operationId: 'postLetter',
      summary: 'Leave terms that at least one party has signed.',
      scope: 'write',
      body: termsFileSchema,
      status: 201,
      response: z.object({ id: z.string() }),
      handle: async ({ body }) => ({ id: await post(readTermsFile(body)) }),
    },
    {
      method: 'GET',
      path: '/api/v1/mailbox',
      operationId: 'listLetters',
      summary: 'Terms in which a Fabric account takes part, oldest first, after a letter.',
      scope: 'read',
      query: z.strictObject({
        account: z.string().max(200),
        after: z.string().max(64).default(''),
      }),
      status: 200,
      response: z.object({ items: z.array(z.object({ id: z.string(), file: termsFileSchema })) }),
      handle: async ({ query }) => {
        const account = formatAccount(parseAccount(query['account'], 'account'));
        const letters = await store.documents('mailbox', `${account} `, KEPT);
        const items = letters
          .map(({ key, text }) => ({ id: key.slice(account.length + 1), text }))
          .filter(({ id }) => id > String(query['after']))
          .slice(0, PAGE)
          .map(({ id, text }) => ({ id, file: termsFileToJson(readTermsFile(JSON.parse(text))) }));
        return { items };
      },
    },
  ];
}
