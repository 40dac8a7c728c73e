import { MidlockError, canonicalJson, isMidlockError } from '@midlock/protocol';
import { RpcRefusal, createJsonRpc, type JsonRpc } from './json-rpc.ts';
import { quantity } from './quantity.ts';
import { parseBlock, parseQuantity, type BlockHeader } from './wire.ts';

/** How much longer slower nodes are listened to once a quorum has told its head. */
const GRACE_MS = 50;

export type Parser<T> = (value: unknown) => T;

export interface EndpointsOptions {
  readonly urls: readonly string[];
  /** How many endpoints must give the same answer; default 1. */
  readonly quorum?: number;
  readonly chainId: bigint;
  readonly timeoutMs?: number;
}

/** Several nodes of one chain behind one face. */
export interface Endpoints {
  readonly quorum: number;
  readonly all: readonly JsonRpc[];
  /** The first answer; goes on to the next node when one fails. For facts that prove themselves or decide nothing. */
  any<T>(method: string, params: readonly unknown[], parse: Parser<T>): Promise<T>;
  /**
   * The answer that `quorum` nodes agree on; fails closed and never lowers the quorum.
   * @throws {MidlockError} ENDPOINT_LIED when answers differ, ENDPOINT_UNREACHABLE when too few nodes answer.
   * @throws {RpcRefusal} when every node that answers refuses.
   */
  agreed<T>(method: string, params: readonly unknown[], parse: Parser<T>): Promise<T>;
  /** The highest block that `quorum` nodes have, by number and hash. */
  head(): Promise<BlockHeader>;
}

/** Throws CONFIG_INVALID for no endpoint or a quorum that cannot be met. Nodes of another chain answer ENDPOINT_WRONG_CHAIN. */
export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { urls, chainId, quorum = 1, timeoutMs = 10_000 } = options;
  if (urls.length === 0 || quorum < 1 || quorum > urls.length || !Number.isInteger(quorum)) {
    throw new MidlockError('CONFIG_INVALID', {
      key: 'ethereum.quorum',
      expected: `1 to ${String(urls.length)} endpoints`,
    });
  }
  const all = urls.map((url) => withChainCheck(createJsonRpc({ url, timeoutMs }), chainId));
  let preferred = 0;

  async function any<T>(method: string, params: readonly unknown[], parse: Parser<T>): Promise<T> {
    let failure: unknown;
    for (let i = 0; i < all.length; i += 1) {
      const index = (preferred + i) % all.length;
      try {
        const value = parse(await (all[index] as JsonRpc).call(method, params));
        preferred = index;
        return value;
      } catch (error) {
        failure = moreTelling(failure, error);
      }
    }
    throw failure;
  }

  async function agreed<T>(
    method: string,
    params: readonly unknown[],
    parse: Parser<T>,
  ): Promise<T> {
    if (quorum === 1) return any(method, params, parse);
    return firstAgreement(
      all.map(async (node) => parse(await node.call(method, params))),
      quorum,
      method,
    );
  }

  async function head(): Promise<BlockHeader> {
    const latest = (value: unknown): BlockHeader => present(parseBlock(value));
    if (quorum === 1) return any('eth_getBlockByNumber', ['latest', false], latest);
    const answers = await enough(
      all.map(async (node) => latest(await node.call('eth_getBlockByNumber', ['latest', false]))),
      quorum,
    );
    const heights = fulfilled(answers).map((block) => block.height);
    heights.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
    const height = heights[quorum - 1];
    if (height === undefined) throw tooFew('eth_getBlockByNumber', answers, quorum);
    return present(await agreed('eth_getBlockByNumber', [quantity(height), false], parseBlock));
  }

  return { quorum, all, any, agreed, head };
}

/** Resolves as soon as a quorum agrees, so that a node that hangs delays nobody; else when all have answered. */
function firstAgreement<T>(
  calls: readonly Promise<T>[],
  quorum: number,
  method: string,
): Promise<T> {
  const answers: PromiseSettledResult<T>[] = [];
  return new Promise((resolve, reject) => {
    const take = (answer: PromiseSettledResult<T>): void => {
      answers.push(answer);
      try {
        if (answers.length >= quorum) resolve(agreement(answers, quorum, method));
      } catch (error) {
        if (answers.length === calls.length) reject(asError(error));
      }
    };
    for (const call of calls) {
      call.then(
        (value) => {
          take({ status: 'fulfilled', value });
        },
        (reason: unknown) => {
          take({ status: 'rejected', reason });
        },
      );
    }
  });
}

/** The answers as of a moment after the quorum-th came: a node that hangs is not waited for. */
async function enough<T>(
  calls: readonly Promise<T>[],
  quorum: number,
): Promise<readonly PromiseSettledResult<T>[]> {
  const answers: PromiseSettledResult<T>[] = [];
  await new Promise<void>((resolve) => {
    let good = 0;
    for (const call of calls) {
      void Promise.allSettled([call]).then(([answer]) => {
        answers.push(answer);
        if (answer.status === 'fulfilled') good += 1;
        if (answers.length === calls.length) resolve();
        else if (good === quorum) setTimeout(resolve, GRACE_MS);
      });
    }
  });
  return [...answers];
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * Picks the answer that at least `quorum` nodes gave.
 * Exported for tests; the rule: equal canonical JSON of the parsed answers, never a majority below the quorum.
 */
export function agreement<T>(
  answers: readonly PromiseSettledResult<T>[],
  quorum: number,
  method: string,
): T {
  const groups = new Map<string, { count: number; value: T }>();
  for (const value of fulfilled(answers)) {
    const key = canonicalJson(value as object);
    const group = groups.get(key) ?? { count: 0, value };
    group.count += 1;
    groups.set(key, group);
    if (group.count >= quorum) return value;
  }
  if (groups.size > 1) {
    throw new MidlockError('ENDPOINT_LIED', { method, answers: groups.size, quorum });
  }
  throw tooFew(method, answers, quorum);
}

/** Every node is asked for its chain once, before its first answer counts. */
function withChainCheck(node: JsonRpc, chainId: bigint): JsonRpc {
  let checked: Promise<void> | undefined;
  async function check(): Promise<void> {
    const actual = parseQuantity(await node.call('eth_chainId', []), 'chainId');
    if (actual === chainId) return;
    throw new MidlockError('ENDPOINT_WRONG_CHAIN', {
      endpoint: node.name,
      expected: chainId,
      actual,
    });
  }
  return {
    name: node.name,
    async call(method, params) {
      checked ??= check().catch((error: unknown) => {
        checked = undefined;
        throw error;
      });
      await checked;
      return node.call(method, params);
    },
  };
}

function present(block: BlockHeader | null): BlockHeader {
  if (block !== null) return block;
  throw new MidlockError('ENDPOINT_LIED', { what: 'no block where one must be' });
}

function fulfilled<T>(answers: readonly PromiseSettledResult<T>[]): T[] {
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

function tooFew(
  method: string,
  answers: readonly PromiseSettledResult<unknown>[],
  quorum: number,
): unknown {
  const failures = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  const refusals = failures.filter((failure) => failure instanceof RpcRefusal);
  if (refusals.length >= quorum) return refusals[0];
  const wrongChain = failures.find((failure) => isMidlockError(failure, 'ENDPOINT_WRONG_CHAIN'));
  if (wrongChain !== undefined) return wrongChain;
  return new MidlockError('ENDPOINT_UNREACHABLE', {
    method,
    answers: answers.length - failures.length,
    quorum,
  });
}

/** A refusal says more than a silent node, and a wrong chain more than both. */
function moreTelling(a: unknown, b: unknown): unknown {
  if (a === undefined || isMidlockError(b, 'ENDPOINT_WRONG_CHAIN')) return b;
  return b instanceof RpcRefusal && !isMidlockError(a, 'ENDPOINT_WRONG_CHAIN') ? b : a;
}
