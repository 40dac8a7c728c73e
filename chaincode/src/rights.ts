import type { FABRIC_TX, FabricAccount } from '@midlock/protocol';
import { controls } from './accounts.ts';
import type { MidlockContext } from './context.ts';
import { requireRule } from './rules.ts';

export type Transaction = (typeof FABRIC_TX)[keyof typeof FABRIC_TX];

/**
 * Who may call what. `owner`, `holder`, `beneficiary` and `issuer` mean whoever controls that account (its key, or the key
 * it was rotated to); `member` any identity of a configured organisation; `admin` an administrator of one.
 * `rotation` is accounts:rotate's own rule: both keys, or admin and new key.
 */
export type Right =
  'anyone' | 'owner' | 'holder' | 'beneficiary' | 'issuer' | 'member' | 'admin' | 'rotation';

export const RIGHTS = {
  'mid-account:lock': 'owner',
  'mid-account:claim': 'anyone',
  'mid-account:refund': 'anyone',
  'mid-account:release': 'beneficiary',
  'mid-account:decline': 'owner',
  'mid-account:get': 'anyone',
  'mid-account:list': 'anyone',
  'mid-account:conservation': 'anyone',
  'mid-account:time': 'anyone',
  'notes:create': 'member',
  'notes:get': 'anyone',
  'notes:mint': 'issuer',
  'notes:transfer': 'owner',
  'notes:split': 'owner',
  'notes:merge': 'owner',
  'notes:burn': 'owner',
  'notes:notesOf': 'anyone',
  'assets:issue': 'member',
  'assets:issueEvidence': 'member',
  'assets:append': 'holder',
  'assets:update': 'issuer',
  'assets:transfer': 'holder',
  'assets:burn': 'holder',
  'assets:get': 'anyone',
  'assets:assetsOf': 'anyone',
  'config:initialize': 'admin',
  'config:propose': 'admin',
  'config:approve': 'admin',
  'config:get': 'anyone',
  'config:getProposal': 'anyone',
  'accounts:rotate': 'rotation',
  'accounts:get': 'anyone',
} as const satisfies Record<Transaction, Right>;

type With<R extends Right> = {
  [T in Transaction]: (typeof RIGHTS)[T] extends R ? T : never;
}[Transaction];

/** Refuses a caller that is no member, or no administrator, of one of `organizations`. Throws NOT_AUTHORIZED. */
export function authorize(
  ctx: MidlockContext,
  transaction: With<'member' | 'admin'>,
  { organizations }: { readonly organizations: readonly string[] },
): void {
  const { account, isAdmin } = ctx.caller;
  const right = RIGHTS[transaction];
  const data = { transaction, right, mspId: account.mspId };
  requireRule('right-member', organizations.includes(account.mspId), data);
  requireRule('right-admin', right === 'member' || isAdmin, data);
}

/**
 * Refuses a caller that does not control `subject`, the account which the table names for the transaction.
 * @throws {MidlockError} NOT_OWNER, NOT_BENEFICIARY, NOT_AUTHORIZED.
 */
export async function authorizeAccount(
  ctx: MidlockContext,
  transaction: With<'owner' | 'holder' | 'beneficiary' | 'issuer'>,
  subject: FabricAccount,
): Promise<void> {
  const right = RIGHTS[transaction];
  requireRule(`right-${right}`, await controls(ctx, subject), { transaction, right });
}
