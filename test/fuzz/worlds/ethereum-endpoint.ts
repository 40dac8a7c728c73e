import { createEthereumChain, type EthereumChain } from './ethereum-chain.ts';
import { askNode, piecesOf, type NodeAnswer, type Refusal } from './ethereum-node.ts';
import { amountIn, applyLie, liesAbout, type Lie } from './lies.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What nodes were asked and told, in order: what a judge may hold an adapter to. */
export interface Told {
  readonly asked: readonly { readonly method: string; readonly body: string }[];
  readonly logs: readonly Record<string, unknown>[];
  readonly blocks: readonly Record<string, unknown>[];
  readonly receipts: readonly Record<string, unknown>[];
}

export interface LyingNodes {
  readonly chain: EthereumChain;
  readonly urls: readonly string[];
  readonly told: Told;
  /** In the place of the global fetch. */
  fetch(url: unknown, init?: RequestInit): Promise<Response>;
}

/** So many calls for a dozen steps are work without an end. */
const MAX_CALLS = 4_000;

/** Nodes of one model chain, the first of which lies. */
export function createLyingNodes(
  count: number,
  lies: readonly Lie[],
  time: VirtualTime,
): LyingNodes {
  const chain = createEthereumChain();
  const asked: { method: string; body: string }[] = [];
  const [logs, blocks, receipts]: Record<string, unknown>[][] = [[], [], []];
  const urls = Array.from({ length: count }, (_, i) => `http://node-${String(i)}.invalid/`);
  const counts = new Map<string, number>();
  let calls = 0;
  let pieces: readonly unknown[] | undefined;

  function remember(method: string, result: unknown): void {
    const items = Array.isArray(result) ? (result as unknown[]) : [result];
    for (const item of items.slice(0, 2_000)) {
      if (typeof item !== 'object' || item === null) continue;
      const members = item as Record<string, unknown>;
      if (method === 'eth_getLogs') logs?.push(members);
      else if (method.startsWith('eth_getBlock')) blocks?.push(members);
      else if (method === 'eth_getTransactionReceipt') receipts?.push(members);
    }
  }

  function lied(method: string, id: unknown, answer: NodeAnswer): Lied {
    const nth = counts.get(method) ?? 0;
    counts.set(method, nth + 1);
    const about = liesAbout(lies, method, nth);
    if (about.length === 0) return { body: { jsonrpc: '2.0', id, ...answer } };
    pieces ??= piecesOf(chain);
    let said: Lied = { body: { jsonrpc: '2.0', id, ...answer } };
    for (const lie of about) said = tell(said, lie, pieces);
    return said;
  }

  function fetch(url: unknown, init: RequestInit = {}): Promise<Response> {
    time.touch();
    calls += 1;
    if (calls > MAX_CALLS) return new Promise(() => undefined);
    const body = typeof init.body === 'string' ? init.body : '';
    const { method, id, params } = JSON.parse(body) as {
      readonly method: string;
      readonly id: unknown;
      readonly params: readonly unknown[];
    };
    asked.push({ method, body });
    const answer = askNode(chain, method, params);
    const isLiar = String(url) === urls[0];
    const said = isLiar ? lied(method, id, answer) : { body: { jsonrpc: '2.0', id, ...answer } };
    return respond(said, init.signal ?? undefined, (text) => {
      remember(method, resultIn(said.body, text));
    });
  }

  return {
    chain,
    urls,
    told: { asked, logs: logs ?? [], blocks: blocks ?? [], receipts: receipts ?? [] },
    fetch,
  };
}

/** What goes over the wire in the place of a JSON-RPC answer. */
interface Lied {
  readonly body: unknown;
  readonly text?: string;
  readonly status?: number;
  readonly ends?: 'never' | 'broken' | 'stalled' | 'refused';
}

function tell(said: Lied, lie: Lie, pieces: readonly unknown[]): Lied {
  switch (lie.how) {
    case 'error':
      return { ...said, body: { ...members(said.body), result: undefined, error: lie.what } };
    case 'refuse':
      return {
        ...said,
        body: { ...members(said.body), result: undefined, error: refusal(lie.what) },
      };
    case 'body':
      return { ...said, text: typeof lie.what === 'string' ? lie.what : JSON.stringify(lie.what) };
    case 'cut':
      return { ...said, text: JSON.stringify(said.body).slice(0, amountIn(lie.what)) };
    case 'status':
      return { ...said, status: 200 + (amountIn(lie.what) % 400) };
    case 'ends':
      return {
        ...said,
        ends: ENDS[amountIn(lie.what) % ENDS.length] ?? 'never',
      };
    default:
      return { ...said, body: applyLie(said.body, lie, pieces) };
  }
}

const ENDS = ['never', 'broken', 'stalled', 'refused'] as const;

function refusal(what: unknown): Refusal {
  const messages = [
    'header not found',
    'query returned more than 10000 results',
    'already known',
    'nonce too low',
    'insufficient funds for gas * price + value',
    'execution reverted',
    'finalized block not found',
    `reverted ${'ab'.repeat(40)}`,
  ];
  const message = messages[amountIn(what) % messages.length] ?? '';
  return { code: -32_000, message };
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function resultIn(body: unknown, text: string | undefined): unknown {
  if (text === undefined) return members(body)['result'];
  try {
    return members(JSON.parse(text))['result'];
  } catch {
    return undefined;
  }
}

/** A response as fetch gives it; what never ends is ended by the caller's signal alone, as on a socket. */
function respond(
  { body, text, status = 200, ends }: Lied,
  signal: AbortSignal | undefined,
  told: (text: string | undefined) => void,
): Promise<Response> {
  if (ends === 'refused') {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    return Promise.reject(new TypeError('fetch failed', { cause }));
  }
  if (ends === 'never')
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  const said = text ?? JSON.stringify(body);
  told(text);
  const bare = status === 204 || status === 205 || status === 304;
  const content = bare ? null : ends === undefined ? said : unfinished(said, ends, signal);
  return Promise.resolve(new Response(content, { status }));
}

/** The beginning of a text, and then an error or nothing for ever. */
function unfinished(
  said: string,
  ends: 'broken' | 'stalled',
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(said.slice(0, said.length >> 1)));
      if (ends === 'broken') controller.error(new TypeError('terminated'));
      signal?.addEventListener('abort', () => {
        controller.error(signal.reason);
      });
    },
  });
}
