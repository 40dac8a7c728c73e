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
  for (const match of text.matchAll(/\b([A-Z][A-Z_]{3,40}): [^{]*(\{.*\})?/gs)) {
    const code = match[1] ?? '';
    if (Object.hasOwn(CATALOGUE, code))
      return new MidlockError(code as ErrorCode, parseData(match[2]));
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

function parseData(json: string | undefined): ErrorData {
  if (json === undefined) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as ErrorData)
      : {};
  } catch {
    // A truncated tail loses the data, never the code.
    return {};
  }
}
