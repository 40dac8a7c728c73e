import { createHash } from 'node:crypto';
import { readBoundedText } from '@midlock/ledgers';
import {
  MidlockError,
  isMidlockError,
  parseErrorText,
  swapIdOf,
  type Hex32,
} from '@midlock/protocol';
import type { FabricDigestSigner } from '../terms-file/signers.ts';
import { readTermsFile, termsFileToJson, type TermsFile } from '../terms-file/terms-file.ts';
import { signReceipt } from './letter-receipt.ts';

export interface RelayerClientOptions {
  /** Base address, e.g. `http://127.0.0.1:4600`. */
  readonly url: string;
  /** Bearer token, where the relayer asks for one. */
  readonly token?: string;
  readonly timeoutMs?: number;
  /** The line to the relayer; default the platform's. */
  readonly fetch?: typeof globalThis.fetch;
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
  /** True when the relayer has a swap, open or ended. */
  knowsSwap(swapId: Hex32): Promise<boolean>;
  /** Leaves terms for the other party. Idempotent. */
  postLetter(file: TermsFile): Promise<void>;
  /** Terms in which the account (text form) takes part, after a letter's id. Malformed letters are left out. */
  letters(account: string, after: string): Promise<readonly Letter[]>;
  /** Throws letters of one's own box away, at most {@link LETTERS_PER_RECEIPT}; those that are gone are no error. */
  acknowledge(account: string, ids: readonly string[], signer: FabricDigestSigner): Promise<void>;
}

/** What one receipt may name, and one page holds. */
export const LETTERS_PER_RECEIPT = 50;
/** Fifty letters of 32 KiB, with room to spare. */
const MAX_ANSWER_BYTES = 2 << 20;

export function createRelayerClient({
  url,
  token,
  timeoutMs = 10_000,
  fetch = globalThis.fetch,
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
    async knowsSwap(swapId) {
      try {
        const found = await call('GET', `/api/v1/swaps/${swapId}`);
        if (found['swapId'] === swapId) return true;
      } catch (error) {
        if (isMidlockError(error, 'SWAP_UNKNOWN')) return false;
        throw error;
      }
      throw new MidlockError('ENDPOINT_LIED', { endpoint: url, what: 'another swap id' });
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
    async acknowledge(account, ids, signer) {
      await call('POST', '/api/v1/mailbox/receipts', await signReceipt(account, ids, signer));
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
