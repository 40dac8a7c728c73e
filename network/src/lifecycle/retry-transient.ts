import { status, type ServiceError } from '@grpc/grpc-js';
import { retry } from '../retry.ts';
import { wordsOf } from './refusals.ts';

const TIMEOUT_MS = 30_000;
const TRANSIENT: readonly unknown[] = [
  status.UNAVAILABLE,
  status.FAILED_PRECONDITION,
  status.DEADLINE_EXCEEDED,
];

/** Repeats an approval or a commit while orderers start or gossip has not met; a copy that arrived before is no error. */
export async function retryTransient(what: string, attempt: () => Promise<void>): Promise<void> {
  await retry(what, TIMEOUT_MS, () => attempt().catch(ignoreRepetition), isTransient);
}

/** Whether the same call may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (TRANSIENT.includes((error as Partial<ServiceError>).code)) return true;
  return /SERVICE_UNAVAILABLE|no Raft leader|not ready|RequestTimeout/i.test(wordsOf(error));
}

function ignoreRepetition(error: unknown): void {
  const repeated = /unchanged content|requested sequence is \d+, but new definition must be/;
  if (!repeated.test(wordsOf(error))) throw error;
}
