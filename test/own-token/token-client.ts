import { CommitError, EndorseError } from '@hyperledger/fabric-gateway';
import type { FabricIdentity } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';
import { openContract } from '../scenarios/gateway.ts';

/** The token as its operator's own applications use it: by Fabric's gateway client, with nothing of Midlock. */
export interface TokenClient {
  submit(transaction: string, ...args: readonly string[]): Promise<string>;
  evaluate(transaction: string, ...args: readonly string[]): Promise<string>;
  /** The caller's own id, under which the token keeps its balance. */
  id(): Promise<string>;
  balance(): Promise<bigint>;
  readonly close: () => void;
}

export function connectToken(fabric: FabricDescription, identity: FabricIdentity): TokenClient {
  const { contract, close } = openContract(fabric, identity, 'token');
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  async function submit(transaction: string, ...args: readonly string[]): Promise<string> {
    for (;;) {
      try {
        return text(await contract.submitTransaction(transaction, ...args));
      } catch (error) {
        // Balances are shared rows: whoever comes second tries again, as with any such token.
        if (!isOvertaken(error)) throw error;
      }
    }
  }
  const evaluate = async (transaction: string, ...args: readonly string[]): Promise<string> =>
    text(await contract.evaluateTransaction(transaction, ...args));
  const id = (): Promise<string> => evaluate('ClientAccountID');
  return {
    submit,
    evaluate,
    id,
    balance: async () => BigInt(await evaluate('BalanceOf', await id())),
    close,
  };
}

const MVCC_READ_CONFLICT = 11;

/** A block changed what was read: after all endorsed, or between the first and the second endorsement. */
function isOvertaken(error: unknown): boolean {
  if (error instanceof CommitError) return error.code === MVCC_READ_CONFLICT;
  return (
    error instanceof EndorseError &&
    error.details.some(({ message }) => message.includes('ProposalResponsePayloads do not match'))
  );
}
