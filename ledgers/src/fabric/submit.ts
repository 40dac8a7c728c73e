import { MidlockError } from '@midlock/protocol';
import { isFailedCall } from './call-failure.ts';
import { translateGatewayError } from './gateway-error.ts';
import type { Submitter } from './transport.ts';

/**
 * Hands a signed transaction to the first submitter whose orderers take it, or have it already.
 * @throws {MidlockError} SUBMIT_UNKNOWN when none says so: any of the orderers may have taken it before the answer was lost.
 */
export async function submitThrough(
  submitters: readonly Submitter[],
  bytes: Uint8Array,
): Promise<void> {
  let failure: MidlockError | undefined;
  for (const submitter of submitters) {
    try {
      await submitter.submit(bytes);
      return;
    } catch (error) {
      if (isOrdered(error)) return;
      failure = translateGatewayError(error, submitter.endpoint);
    }
  }
  throw new MidlockError('SUBMIT_UNKNOWN', { ledger: 'fabric' }, { cause: failure });
}

/** BFT orderers refuse what they ordered or hold already, with UNAVAILABLE; Raft takes it again. Its fate stands in a block. */
function isOrdered(error: unknown): boolean {
  if (!isFailedCall(error)) return false;
  const texts = [error.message, ...error.details.map(({ message }) => message)];
  return texts.some((text) => /request already (?:processed|exists)/.test(text));
}
