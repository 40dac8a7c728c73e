import { toHex } from '@midlock/protocol';
import type { Endpoints, Parser } from './endpoints.ts';
import { RpcRefusal } from './json-rpc.ts';
import { parseBlock, type BlockHeader } from './wire.ts';

const byte = (n: number): string => toHex(new Uint8Array(32).fill(n));

/** A block as a node tells it; `branch` tells apart the blocks of one height. For tests. */
export function wireBlock(height: number, branch = 0, parentBranch = branch): object {
  return {
    number: `0x${height.toString(16)}`,
    hash: byte(16 * branch + height + 1),
    parentHash: byte(16 * parentBranch + height),
    timestamp: `0x${(1_000 + height).toString(16)}`,
  };
}

export function header(height: number, branch = 0): BlockHeader {
  return parseBlock(wireBlock(height, branch)) as BlockHeader;
}

/** What a node answers: by method, from its parameters; `undefined` is a refusal. For tests. */
export type Answers = Readonly<Record<string, (params: readonly unknown[]) => unknown>>;

/** Endpoints of one node that tells what the test says. */
export function fakeEndpoints(head: () => BlockHeader, answers: Answers): Endpoints {
  const ask = async <T>(
    method: string,
    params: readonly unknown[],
    parse: Parser<T>,
  ): Promise<T> => {
    const answer = await Promise.resolve(answers[method]?.(params));
    if (answer === undefined) throw new RpcRefusal(method, -32_000, 'refused', undefined);
    return parse(answer);
  };
  return { quorum: 1, all: [], any: ask, agreed: ask, head: () => Promise.resolve(head()) };
}
