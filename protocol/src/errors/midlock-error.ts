import { CATALOGUE, type ErrorCode, type ErrorEntry } from './catalogue.ts';

/** What an error carries: only values that may be shown to an operator; never a secret. */
export type ErrorData = Readonly<
  Record<string, string | number | bigint | boolean | null | undefined | readonly string[]>
>;

/**
 * The one error class. `code` is stable, `data` says what was wrong, `retry` whether to try again.
 * The message is `CODE: summary {data}`, the same shape that chaincode throws, so that it survives any transport.
 */
export class MidlockError extends Error {
  override readonly name = 'MidlockError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, data: ErrorData = {}, options: { readonly cause?: unknown } = {}) {
    super(renderMessage(code, data), options);
    this.code = code;
    this.data = data;
  }

  /** The catalogue's entry: summary, next step, retry class, exit code. */
  get entry(): ErrorEntry {
    return CATALOGUE[this.code];
  }

  get retry(): ErrorEntry['retry'] {
    return CATALOGUE[this.code].retry;
  }

  toJSON(): {
    code: ErrorCode;
    message: string;
    next: string;
    retry: ErrorEntry['retry'];
    data: Record<string, unknown>;
  } {
    const { summary, next, retry } = CATALOGUE[this.code];
    return { code: this.code, message: summary, next, retry, data: plain(this.data) };
  }
}

/** True for a {@link MidlockError}, of `code` when one is given. */
export function isMidlockError(error: unknown, code?: ErrorCode): error is MidlockError {
  return error instanceof MidlockError && (code === undefined || error.code === code);
}

/**
 * Finds `CODE: summary {data}` in a text that came through another system (a peer's detail, a log line).
 * Returns undefined when there is no code of the catalogue in it.
 */
export function parseErrorText(text: string): MidlockError | undefined {
  for (const match of text.matchAll(/\b([A-Z][A-Z_]{3,40}): /g)) {
    const code = match[1] ?? '';
    if (Object.hasOwn(CATALOGUE, code))
      return new MidlockError(code as ErrorCode, parseData(text.slice(match.index)));
  }
  return undefined;
}

function renderMessage(code: ErrorCode, data: ErrorData): string {
  const keys = Object.keys(data).filter((key) => data[key] !== undefined);
  const tail = keys.length === 0 ? '' : ` ${JSON.stringify(plain(data))}`;
  return `${code}: ${CATALOGUE[code].summary}${tail}`;
}

function plain(data: ErrorData): Record<string, unknown> {
  const entries = Object.keys(data)
    .filter((key) => data[key] !== undefined)
    .sort()
    .map((key) => [key, typeof data[key] === 'bigint' ? String(data[key]) : data[key]]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

// What another system appends may hold braces too: the data end at the first brace that makes them JSON.
const MAX_BRACES = 64;

/** The data behind a code; none where they were cut off, for a truncated tail loses the data, never the code. */
function parseData(text: string): ErrorData {
  const start = text.indexOf('{');
  let end = start === -1 ? -1 : text.indexOf('}', start);
  for (let tried = 0; end !== -1 && tried < MAX_BRACES; tried += 1) {
    const data = tryJson(text.slice(start, end + 1));
    if (data !== undefined) return data;
    end = text.indexOf('}', end + 1);
  }
  return {};
}

/** Text that begins with a brace and is JSON is an object. */
function tryJson(text: string): ErrorData | undefined {
  try {
    return JSON.parse(text) as ErrorData;
  } catch {
    return undefined;
  }
}
