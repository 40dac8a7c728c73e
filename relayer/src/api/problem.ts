import { MidlockError, isMidlockError, type ErrorCode } from '@midlock/protocol';
import type { FastifyReply } from 'fastify';

/** An answer that refuses: problem details (RFC 9457) carrying Midlock's code. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  REQUEST_UNAUTHORIZED: 401,
  NOT_AUTHORIZED: 403,
  SWAP_UNKNOWN: 404,
  SWAP_EXISTS: 409,
  IDEMPOTENCY_MISMATCH: 409,
  SWAP_STATE: 409,
  STORE_CORRUPT: 500,
  STORE_UNWRITABLE: 503,
  STORE_VERSION: 503,
};

/** By the class of the code: 1 unexpected, 4 and 6 a matter of time; else it is the request's meaning. */
const STATUS_OF_EXIT: Partial<Record<number, number>> = { 1: 500, 4: 503, 6: 503 };

/** Statuses of what may succeed later. */
const AGAIN: ReadonlySet<number> = new Set([429, 503, 507]);
const DEFAULT_RETRY_SEC = 1;

/** What a request is answered that met this error. Never the text of a stranger, nor a stack. */
export function problemOf(error: unknown): Problem {
  const known = isMidlockError(error) ? error : fromFramework(error);
  const { code, message, next, retry, data } = known.toJSON();
  const status = statusOf(known);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(AGAIN.has(status) ? { 'retry-after': String(retryAfterSec(known)) } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status === 405 ? { allow: String(data['allow']) } : {}),
    },
    body: JSON.stringify({
      type: `about:blank#${code}`,
      title: message,
      status,
      detail: next,
      code,
      retry,
      data,
    }),
  };
}

/** Sends {@link problemOf}. */
export async function sendProblem(reply: FastifyReply, error: unknown): Promise<void> {
  const { status, headers, body } = problemOf(error);
  await reply.status(status).headers(headers).send(body);
}

function retryAfterSec({ data }: MidlockError): number {
  return typeof data['retryAfterSec'] === 'number' ? data['retryAfterSec'] : DEFAULT_RETRY_SEC;
}

function statusOf({ code, data, entry }: MidlockError): number {
  if (code === 'OVERLOADED') return data['reason'] === 'rate' ? 429 : 503;
  if (code === 'MAILBOX_FULL') return data['bound'] === 'sender' ? 429 : 507;
  if (code === 'REQUEST_INVALID' && typeof data['status'] === 'number') return data['status'];
  return STATUS[code] ?? STATUS_OF_EXIT[entry.exit] ?? 422;
}

/** Fastify's own refusals (size, media type, malformed URL) under a stable code, with their status. */
function fromFramework(error: unknown): MidlockError {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500)
    return new MidlockError('REQUEST_INVALID', {
      status,
      reason: error instanceof Error && 'code' in error ? String(error.code) : 'malformed',
    });
  return new MidlockError('INTERNAL', {}, { cause: error });
}
