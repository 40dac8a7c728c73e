import { MidlockError } from '@midlock/protocol';
import { readBoundedText } from '../bounded-text.ts';

/** A node understood a request and refused it. Never leaves ledgers/: callers translate it. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal';
  readonly method: string;
  readonly rpcCode: number;
  /** The node's text, cut to 200 characters and without long hex: it may quote calldata. */
  readonly reason: string;
  /** Revert data, where the node gives them. */
  readonly data: string | undefined;

  constructor(method: string, rpcCode: number, reason: string, data: string | undefined) {
    super(`${method}: ${String(rpcCode)} ${reason}`);
    this.method = method;
    this.rpcCode = rpcCode;
    this.reason = reason;
    this.data = data;
  }
}

/** What leaves the adapter: a refusal that nobody translated means that the node did not answer the question. */
export function withCode(error: unknown): unknown {
  if (!(error instanceof RpcRefusal)) return error;
  const { method, rpcCode, reason } = error;
  return new MidlockError('ENDPOINT_UNREACHABLE', { method, rpcCode, reason });
}

/** The same object, whose methods never reject with a {@link RpcRefusal}. */
export function withCodes<T extends object>(methods: T): T {
  const wrapped = Object.entries(methods).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === 'function'
      ? (...args: readonly unknown[]) => {
          const result: unknown = Reflect.apply(member, methods, args);
          return result instanceof Promise ? result.catch(rethrowWithCode) : result;
        }
      : member,
  ]);
  return Object.fromEntries(wrapped) as T;
}

function rethrowWithCode(error: unknown): never {
  throw withCode(error);
}

/** One JSON-RPC endpoint over HTTP. */
export interface JsonRpc {
  /** Host and port, for messages; never the path or query, which may hold a token. */
  readonly name: string;
  /**
   * Calls a method and returns the raw result.
   * @throws {MidlockError} ENDPOINT_UNREACHABLE when no answer arrives, ENDPOINT_LIED when it is no JSON-RPC answer.
   * @throws {RpcRefusal} the node's own error.
   */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
}

export interface JsonRpcOptions {
  readonly url: string;
  readonly timeoutMs: number;
}

/** A block read whole with all its calldata is the largest answer that is asked for. */
const MAX_ANSWER_BYTES = 64 << 20;

/** Opens nothing: each call is one HTTP request on a kept-alive connection. Throws CONFIG_INVALID for a URL that is not http(s). */
export function createJsonRpc({ url, timeoutMs }: JsonRpcOptions): JsonRpc {
  const { target, authorization } = parseEndpoint(url);
  const name = target.host;
  let nextId = 1;

  async function post(method: string, body: string): Promise<string> {
    try {
      const response = await fetch(target, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await readBoundedText(response, MAX_ANSWER_BYTES);
      if (text === undefined)
        throw new MidlockError('ENDPOINT_LIED', {
          endpoint: name,
          method,
          what: 'answer too long',
        });
      // Nodes answer some JSON-RPC errors with status 4xx and a JSON body; anything else is a broken way to the node.
      if (response.status >= 500 || response.status === 429 || text.length === 0) {
        throw new MidlockError('ENDPOINT_UNREACHABLE', {
          endpoint: name,
          method,
          status: response.status,
        });
      }
      return text;
    } catch (error) {
      if (error instanceof MidlockError) throw error;
      throw new MidlockError('ENDPOINT_UNREACHABLE', {
        endpoint: name,
        method,
        reason: transportReason(error),
      });
    }
  }

  return {
    name,
    async call(method, params) {
      const id = nextId++;
      const text = await post(method, JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      return parseAnswer(name, method, id, text);
    },
  };
}

/** True when a call of `method` certainly never reached the node: sending it again cannot do anything twice. */
export function wasNeverSent(error: unknown, method: string): boolean {
  if (!(error instanceof MidlockError)) return false;
  if (error.code === 'ENDPOINT_WRONG_CHAIN') return true;
  if (error.code !== 'ENDPOINT_UNREACHABLE') return false;
  // The chain check comes before the first real call.
  return error.data['method'] !== method || NEVER_CONNECTED.has(String(error.data['reason']));
}

const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Reads one JSON-RPC answer; everything in it is untrusted.
 * @throws {MidlockError} ENDPOINT_LIED. @throws {RpcRefusal}
 */
export function parseAnswer(endpoint: string, method: string, id: number, text: string): unknown {
  const answer = parseObject(text);
  const refusal = answer?.['error'];
  if (typeof refusal === 'object' && refusal !== null) throw refusalOf(method, refusal);
  if (answer?.['id'] !== id || !Object.hasOwn(answer, 'result')) {
    throw new MidlockError('ENDPOINT_LIED', { endpoint, method, what: 'not a JSON-RPC answer' });
  }
  return answer['result'];
}

function refusalOf(method: string, refusal: object): RpcRefusal {
  const { code, message, data } = refusal as Record<string, unknown>;
  return new RpcRefusal(
    method,
    typeof code === 'number' ? code : 0,
    redact(typeof message === 'string' ? message : 'no message'),
    revertData(data),
  );
}

/** Nodes put revert data in `error.data` as hex, or nested once (`data.data`, `data.originalError.data`). */
function revertData(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string')
    return /^0x(?:[0-9a-f]{2}){4,4096}$/i.test(value) ? value : undefined;
  if (typeof value !== 'object' || value === null || depth > 2) return undefined;
  const { data, originalError } = value as Record<string, unknown>;
  return revertData(data, depth + 1) ?? revertData(originalError, depth + 1);
}

function redact(message: string): string {
  return message.replaceAll(/[0-9a-fA-F]{48,}/g, '..').slice(0, 200);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseEndpoint(url: string): { target: URL; authorization: Record<string, string> } {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:') {
    throw new MidlockError('CONFIG_INVALID', {
      key: 'ethereum.endpoints',
      expected: 'an http or https URL',
    });
  }
  const { username, password } = target;
  target.username = '';
  target.password = '';
  if (username === '') return { target, authorization: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { target, authorization: { authorization: `Basic ${btoa(pair)}` } };
}

function transportReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
