import { createHash } from 'node:crypto';
import {
  LETTERS_PER_RECEIPT,
  partyOf,
  readTermsFile,
  termsFileText,
  verifyReceipt,
  type LetterReceipt,
} from '@midlock/client';
import { MidlockError, formatAccount } from '@midlock/protocol';
import { z } from 'zod';
import { addressGroup } from './addresses.ts';
import type { ApiContext } from './context.ts';
import { createIdempotentWrites } from './idempotency.ts';
import type { Letter } from './mailbox.ts';
import type { Route, RouteCall } from './route.ts';
import { bytes, decimal, fabricAccount, termsFileSchema } from './schemas.ts';

const letterIdText = z.string().regex(/^[0-9]{16}-[0-9a-f]{16}$/);

/**
 * Where parties leave terms for each other. A letter needs at least one valid signature of a party in its terms; terms
 * are public in effect (they will stand on a ledger), so that anyone who may read the API may read letters. Only its
 * recipient can throw one away.
 */
export function mailboxRoutes({ store, mailbox }: ApiContext): readonly Route[] {
  const writes = createIdempotentWrites(store);

  function post(call: RouteCall): Promise<{ readonly id: string; readonly untilSec: string }> {
    return writes.run(call, async (begin, noted) => {
      const letter = letterOf(call);
      const id = noted ?? (await admit(letter, begin));
      return { id, untilSec: String(await mailbox.keep(id, letter)) };
    });
  }

  async function admit(letter: Letter, begin: (id: string) => Promise<string>): Promise<string> {
    const digest = createHash('sha256').update(letter.text).digest('hex').slice(0, 16);
    const id = await mailbox.admit(letter, digest);
    try {
      return await begin(id);
    } catch (error) {
      mailbox.withdraw(id);
      throw error;
    }
  }

  async function receive({ body }: RouteCall): Promise<{ readonly removed: number }> {
    const receipt = body as LetterReceipt;
    if (!verifyReceipt(receipt))
      throw new MidlockError('NOT_AUTHORIZED', { reason: 'not signed by the recipient' });
    return { removed: await mailbox.drop(receipt.account, receipt.ids) };
  }

  return [
    {
      method: 'POST',
      path: '/api/v1/mailbox',
      operationId: 'postLetter',
      summary:
        'Leave terms that at least one party has signed; kept until read, until its life ends or its last deadline.',
      scope: 'write',
      body: termsFileSchema,
      idempotent: true,
      status: 201,
      refusals: [409, 507],
      response: z.object({ id: letterIdText, untilSec: decimal }),
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
        const { account, after } = query as { account: string; after: string };
        const letters = await mailbox.page(account, after, LETTERS_PER_RECEIPT);
        // Its signatures were checked when it came, and its reader checks them again.
        return {
          items: letters.map(({ id, text }) => ({ id, file: JSON.parse(text) as unknown })),
        };
      },
    },
    {
      method: 'POST',
      path: '/api/v1/mailbox/receipts',
      operationId: 'acknowledgeLetters',
      summary:
        'Throw letters of one box away; signed by the Fabric key of its account over SHA-256 of "midlock letters read v1", the account and each id, joined by line feeds.',
      scope: 'write',
      body: z.strictObject({
        account: fabricAccount,
        ids: z.array(letterIdText).min(1).max(LETTERS_PER_RECEIPT),
        fabricPublicKey: bytes,
        fabricSignature: bytes,
      }),
      status: 200,
      response: z.object({ removed: z.int() }),
      handle: receive,
    },
  ];
}

/** A letter as it is kept, with who is counted for it: the caller's token, else its address. Throws TERMS_*. */
function letterOf({ body, caller, request }: RouteCall): Letter {
  const file = readTermsFile(body);
  if (file.acceptances.initiator === undefined && file.acceptances.responder === undefined)
    throw new MidlockError('TERMS_SIGNATURE_INVALID', { reason: 'no party has signed' });
  const accounts = (['initiator', 'responder'] as const).map((role) =>
    formatAccount(partyOf(file.terms, role).fabric),
  );
  return {
    sender: caller === undefined ? `address:${addressGroup(request.ip)}` : `token:${caller}`,
    recipients: [...new Set(accounts)],
    terms: file.terms,
    text: termsFileText(file),
  };
}
