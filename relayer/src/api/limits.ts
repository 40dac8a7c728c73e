import { z } from 'zod';

function limit(
  fallback: number,
  description: string,
  most = 1_000_000_000,
): z.ZodDefault<z.ZodInt> {
  return z.int().min(1).max(most).default(fallback).describe(description);
}

/** Bounds of the HTTP API: part of the configuration's `limits`; docs/operations.md shows them as a table. */
export const apiLimits = z.strictObject({
  readsPerMinute: limit(6_000, 'GET requests of one address (IPv6: /64) per minute; more get 429'),
  writesPerMinute: limit(600, 'POST requests of one address per minute; more get 429'),
  tokenReadsPerMinute: limit(600, 'GET requests of one token per minute; more get 429'),
  tokenWritesPerMinute: limit(60, 'POST requests of one token per minute; more get 429'),
  authFailuresPerMinute: limit(
    10,
    'wrong tokens of one address per minute; after that it gets 429 for tokens not seen before',
  ),
  authHashesPerSecond: limit(
    5,
    'slow hashes per second, of all addresses, for tokens that may be guesses (see below); more get 429',
  ),
  maxConnections: limit(256, 'open connections; more are closed at once', 65_535),
  maxConnectionsPerAddress: limit(
    100,
    'open connections of one address; more are closed at once',
    65_535,
  ),
  maxRequestsPerConnection: limit(1_000, 'requests on one connection; it is closed after the last'),
  maxStreams: limit(64, 'open event streams; more get 503'),
  maxStreamsPerAddress: limit(32, 'open event streams of one address; more get 429'),
  maxStreamBufferBytes: limit(
    65_536,
    'bytes kept for an event stream whose reader is slow; no event is read from the journal meanwhile',
  ),
  streamStallMs: limit(
    10_000,
    'time in which that buffer must empty; else the reader is dropped and resumes by Last-Event-ID',
    600_000,
  ),
  maxLetters: limit(10_000, 'letters in the mailbox; a further one gets 507'),
  maxLettersPerSender: limit(
    500,
    'letters of one token, or of one address without tokens; a further one gets 429',
  ),
  maxLettersPerRecipient: limit(2_000, 'letters for one account; a further one gets 507'),
  letterLifeSec: limit(
    604_800,
    'time after which a letter goes that nobody read, or earlier with its last deadline',
  ),
  maxBodyBytes: limit(65_536, 'bytes of a body; more get 413', 16_777_216),
  maxHeaderBytes: limit(8_192, 'bytes of request line and headers; more get 431', 1_048_576),
  maxHeaders: limit(64, 'headers of a request; more get 431', 1_000),
  maxUrlBytes: limit(2_048, 'bytes of path and query; more get 414', 65_536),
  maxJsonDepth: limit(16, 'levels of arrays and objects in a body; more get 400', 1_000),
  requestMs: limit(10_000, 'time in which a request must arrive; else 408 and closed', 600_000),
  idleMs: limit(10_000, 'time in which a connection may be silent; then it is closed', 600_000),
  answerMs: limit(
    10_000,
    'time that an answer may take; then 503, and the work may be done',
    600_000,
  ),
});

export type ApiLimits = z.output<typeof apiLimits>;

/** The defaults, with what is given laid over them. */
export function limitsWith(given: Partial<ApiLimits> = {}): ApiLimits {
  return apiLimits.parse(given);
}
