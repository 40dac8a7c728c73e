import { MidlockError, isMidlockError, type ErrorCode } from '@midlock/protocol';
import type { FastifyReply } from 'fastify';

/** The reason in the data of a REQUEST_INVALID for a path that does not exist. */
export const NO_RESOURCE = 'no such resource';

const STATUS: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  REQUEST_UNAUTHORIZED: 401,
  NOT_AUTHORIZED: 403,
  SWAP_UNKNOWN: 404,
  SWAP_EXISTS: 409,
  IDEMPOTENCY_MISMATCH: 409,
  SWAP_STATE: 409,
  TERMS_SIGNATURE_INVALID: 422,
  ENDPOINT_UNREACHABLE: 503,
  STORE_UNWRITABLE: 503,
  OVERLOADED: 503,
  INTERNAL: 500,
  STORE_CORRUPT: 500,
};

/** Answers with problem details (RFC 9457, media type application/problem+json) carrying Midlock's code. */
export async function sendProblem(
  reply: FastifyReply,
  error: unknown,
  retryAfterSec = 1,
): Promise<void> {
  const known = isMidlockError(error) ? error : fromFramework(error);
  const { code, message, next, retry, data } = known.toJSON();
  const status = statusOf(known);
  if (status === 429 || status === 503) reply.header('retry-after', String(retryAfterSec));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  await reply
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `about:blank#${code}`,
        title: message,
        status,
        detail: next,
        code,
        retry,
        data,
      }),
    );
}

function statusOf({ code, data, entry }: MidlockError): number {
  if (data['reason'] === 'rate') return 429;
  if (data['reason'] === NO_RESOURCE) return 404;
  return STATUS[code] ?? (entry.exit === 2 ? 400 : entry.exit === 1 ? 500 : 422);
}

/** Fastify's own refusals (size, media type, malformed JSON) under a stable code; texts of strangers are not echoed. */
function fromFramework(error: unknown): MidlockError {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500)
    return new MidlockError('REQUEST_INVALID', {
      reason: error instanceof Error && 'code' in error ? String(error.code) : 'malformed',
    });
  return new MidlockError('INTERNAL', {}, { cause: error });
}
