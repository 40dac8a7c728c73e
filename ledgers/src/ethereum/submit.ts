import { MidlockError, toHex, type SignedTransaction } from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import { RpcRefusal, wasNeverSent } from './json-rpc.ts';

/**
 * Sends signed bytes to every endpoint at once; idempotent. One that takes or knows it is enough.
 * A nonce that is used already, or a pool that holds a dearer transaction of that nonce, is no error here either: what
 * became of the nonce is for the outcome to tell.
 * @throws {MidlockError} FEE_BUDGET when the account cannot pay; ENDPOINT_UNREACHABLE when certainly nothing was sent;
 * SUBMIT_UNKNOWN when an endpoint may have taken it.
 */
export async function sendToAll(
  endpoints: Endpoints,
  { bytes, txId }: SignedTransaction,
): Promise<void> {
  const raw = toHex(bytes);
  const answers = await Promise.allSettled(endpoints.all.map((node) => node.call(SEND, [raw])));
  if (answers.some(({ status }) => status === 'fulfilled')) return;
  const failures = answers.flatMap((answer): unknown[] =>
    answer.status === 'rejected' ? [answer.reason] : [],
  );
  if (failures.some(isKnownAlready)) return;
  throw verdict(failures, txId);
}

const SEND = 'eth_sendRawTransaction';

/** What nodes say of a transaction that they have, or whose nonce is taken (geth, erigon, nethermind, besu, reth, anvil). */
const KNOWN =
  /already known|already imported|known transaction|alreadyknown|nonce too low|nonce is too low|replacement transaction underpriced|replacement.*underpriced|nonce.*already.*used/i;
const POOR = /insufficient funds|insufficient balance|upfront cost exceeds/i;

function isKnownAlready(failure: unknown): boolean {
  return failure instanceof RpcRefusal && KNOWN.test(failure.reason);
}

function verdict(failures: readonly unknown[], txId: string): MidlockError {
  const refusals = failures.filter((failure) => failure instanceof RpcRefusal);
  const poor = refusals.find(({ reason }) => POOR.test(reason));
  if (poor !== undefined) return new MidlockError('FEE_BUDGET', { txId, reason: poor.reason });
  if (failures.every((failure) => wasNeverSent(failure, SEND)))
    return new MidlockError('ENDPOINT_UNREACHABLE', { txId });
  return new MidlockError('SUBMIT_UNKNOWN', {
    ledger: 'ethereum',
    txId,
    ...(refusals[0] === undefined ? {} : { reason: refusals[0].reason }),
  });
}
