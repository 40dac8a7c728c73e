import { Returns, Transaction } from 'fabric-contract-api';
import { describeAccount, rotate } from '../accounts.ts';
import { accountArgument } from '../arguments.ts';
import { MidlockContext } from '../context.ts';
import { MidlockContract, answer } from './midlock-contract.ts';

/** Replacement of an account's key (README, Transactions). */
export class AccountsContract extends MidlockContract {
  constructor() {
    super('accounts');
  }

  @Transaction()
  @Returns('string')
  async rotate(ctx: MidlockContext, account: string, to: string): Promise<string> {
    return answer(
      await rotate(ctx, accountArgument(account, 'account'), accountArgument(to, 'to')),
    );
  }

  @Transaction(false)
  @Returns('string')
  async get(ctx: MidlockContext, account: string): Promise<string> {
    return answer(await describeAccount(ctx, accountArgument(account, 'account')));
  }
}
