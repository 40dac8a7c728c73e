import { Returns, Transaction } from 'fabric-contract-api';
import { hexArgument } from '../arguments.ts';
import { loadConfig } from '../config.ts';
import { MidlockContext } from '../context.ts';
import { approve, describeProposal, initialize, propose } from '../governance.ts';
import { MidlockContract, answer } from './midlock-contract.ts';

/** The configuration on the ledger; it acts on new locks only (README, Transactions). */
export class ConfigContract extends MidlockContract {
  constructor() {
    super('config');
  }

  @Transaction()
  @Returns('string')
  async initialize(ctx: MidlockContext, config: string): Promise<string> {
    return answer(await initialize(ctx, config));
  }

  @Transaction()
  @Returns('string')
  async propose(ctx: MidlockContext, config: string): Promise<string> {
    return answer(await propose(ctx, config));
  }

  @Transaction()
  @Returns('string')
  async approve(ctx: MidlockContext, proposalId: string): Promise<string> {
    return answer(await approve(ctx, hexArgument(proposalId, 'proposalId')));
  }

  @Transaction(false)
  @Returns('string')
  async get(ctx: MidlockContext): Promise<string> {
    return answer(await loadConfig(ctx));
  }

  @Transaction(false)
  @Returns('string')
  async getProposal(ctx: MidlockContext, proposalId: string): Promise<string> {
    return answer(await describeProposal(ctx, hexArgument(proposalId, 'proposalId')));
  }
}
