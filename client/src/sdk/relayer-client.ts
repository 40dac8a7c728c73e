import { createHash } from 'node:crypto';
import { readBoundedText } from '@midlock/ledgers';
import { MidlockError, parseErrorText, swapIdOf, type Hex32 } from '@midlock/protocol';
import { readTermsFile, termsFileToJson, type TermsFile } from '../terms-file/terms-file.ts';

export interface RelayerClientOptions {
  /** Base address, e.g. `http://127.0.0.1:4600`. */
  readonly url: string;
  /** Bearer token, where the relayer asks for one. */
  readonly token?: string;
  readonly timeoutMs?: number;
}

/** A letter in a relayer's mailbox: terms for one account. */
export interface Letter {
  readonly id: string;
  readonly file: TermsFile;
}

/** The few calls that a party makes to a relayer; every answer is checked again here. */
export interface RelayerClient {
  /** Tells the relayer of a swap. Idempotent. Throws ENDPOINT_UNREACHABLE, ENDPOINT_LIED or the relayer's code. */
  postSwap(file: TermsFile): Promise<Hex32>;
  /** Leaves terms for the other party. Idempotent. */
  postLetter(file: TermsFile): Promise<void>;
  /** Terms in which the account (text form) takes part, after a letter's id. Malformed letters are left out. */
  letters(account: string, after: string): Promise<readonly Letter[]>;
}

/** Fifty letters of 32 KiB, with room to spare. */
const MAX_ANSWER_BYTES = 2 << 20;

export function createRelayerClient({
  url,
  token,
  timeoutMs = 10_000,
}: RelayerClientOptions): RelayerClient {
  async function call(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Members> {
    let text: string | undefined;
    let ok: boolean;
    try {
      const response = await fetch(new URL(path, url), {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await readBoundedText(response, MAX_ANSWER_BYTES);
      ok = response.ok;
    } catch (cause) {
      throw new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: url, path }, { cause });
    }
    if (text === undefined)
      throw new MidlockError('ENDPOINT_LIED', { endpoint: url, what: 'answer too long' });
    const answer = membersOf(tryJson(text));
    if (ok) return answer;
    const { code } = answer;
    throw (
      (typeof code === 'string' ? parseErrorText(`${code}: refused`) : undefined) ??
      new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: url, path })
    );
  }

  return {
    async postSwap(file) {
      const { swapId } = await call(
        'POST',
        '/api/v1/swaps',
        termsFileToJson(file),
        file.terms.nonce,
      );
      const own = swapIdOf(file.terms);
      if (swapId !== own)
        throw new MidlockError('ENDPOINT_LIED', { endpoint: url, what: 'another swap id' });
      return own;
    },
    async postLetter(file) {
      const letter = termsFileToJson(file);
      // The same letter sent again after a lost answer is one letter; with another signature under it, it is another.
      const key = createHash('sha256').update(JSON.stringify(letter)).digest('hex');
      await call('POST', '/api/v1/mailbox', letter, key);
    },
    async letters(account, after) {
      const query = new URLSearchParams({ account, after });
      const { items } = await call('GET', `/api/v1/mailbox?${String(query)}`);
      return Array.isArray(items) ? items.flatMap(readLetter) : [];
    },
  };
}

type Members = Readonly<Record<string, unknown>>;

/** One letter, or none where the relayer hands on what no party can have written. */
function readLetter(value: unknown): readonly Letter[] {
  const { id, file } = membersOf(value);
  if (typeof id !== 'string') return [];
  try {
    return [{ id, file: readTermsFile(file) }];
  } catch {
    return [];
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
