import { MidlockError, parseErrorText, type Hex32 } from '@midlock/protocol';
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
  /** Tells the relayer of a swap. Idempotent. Throws ENDPOINT_UNREACHABLE or the relayer's code. */
  postSwap(file: TermsFile): Promise<Hex32>;
  /** Leaves terms for the other party. */
  postLetter(file: TermsFile): Promise<void>;
  /** Terms in which the account (text form) takes part, after a letter's id. Malformed letters are left out. */
  letters(account: string, after: string): Promise<readonly Letter[]>;
}

const MAX_ANSWER = 1024 * 1024;

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
  ): Promise<unknown> {
    let text: string;
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
      text = await response.text();
      ok = response.ok;
    } catch (cause) {
      throw new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: url, path }, { cause });
    }
    if (text.length > MAX_ANSWER)
      throw new MidlockError('ENDPOINT_LIED', { endpoint: url, what: 'answer too long' });
    const value = parseJson(text);
    if (ok) return value;
    const { code } = value as { readonly code?: unknown };
    throw (
      parseErrorText(`${String(code)}: refused`) ??
      new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: url, path })
    );
  }

  return {
    async postSwap(file) {
      const answer = (await call(
        'POST',
        '/api/v1/swaps',
        termsFileToJson(file),
        file.terms.nonce,
      )) as { swapId: Hex32 };
      return answer.swapId;
    },
    async postLetter(file) {
      await call('POST', '/api/v1/mailbox', termsFileToJson(file));
    },
    async letters(account, after) {
      const query = new URLSearchParams({ account, after });
      const { items = [] } = (await call('GET', `/api/v1/mailbox?${String(query)}`)) as {
        items?: readonly { id: string; file: unknown }[];
      };
      return items.flatMap(({ id, file }) => {
        try {
          return [{ id, file: readTermsFile(file) }];
        } catch {
          return [];
        }
      });
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
