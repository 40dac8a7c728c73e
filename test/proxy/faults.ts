import { keccak256 } from 'ethers';
import { HANG_UP, type Fault } from './fault-proxy.ts';

/** Changes results; the node's own errors pass. */
export function lying(
  change: (method: string, params: readonly unknown[], result: unknown) => unknown,
): Fault {
  return async (call) => {
    const reply = await call.forward();
    return 'result' in reply ? { result: change(call.method, call.params, reply.result) } : reply;
  };
}

const TAGS: readonly unknown[] = ['finalized', 'safe'];

/** Answers null for blocks asked for by `safe` or `finalized`, as a node does that has forgotten them. */
export const nullTags: Fault = lying((method, params, result) =>
  method === 'eth_getBlockByNumber' && TAGS.includes(params[0]) ? null : result,
);

/** Says that finality stands at an earlier block. */
export function tagsSetBackTo(height: bigint): Fault {
  return (call) =>
    call.method === 'eth_getBlockByNumber' && TAGS.includes(call.params[0])
      ? call.forward([`0x${height.toString(16)}`, ...call.params.slice(1)])
      : call.forward();
}

/** Leaves logs out; all of them unless `keeps` says otherwise. */
export function logGaps(keeps: (index: number) => boolean = () => false): Fault {
  return lying((method, _, result) =>
    method === 'eth_getLogs' ? (result as unknown[]).filter((_log, index) => keeps(index)) : result,
  );
}

/** Answers late. */
export function delays(ms: number): Fault {
  return async (call) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return call.forward();
  };
}

/** Takes transactions with thanks and throws them away, as a node does whose pool is lost before it gossips. */
export const lostPool: Fault = (call) =>
  call.method === 'eth_sendRawTransaction'
    ? Promise.resolve({ result: keccak256(call.params[0] as string) })
    : call.forward();

/** Ends each connection without an answer. */
export const hangsUp: Fault = () => Promise.resolve(HANG_UP);

/** Refuses one method with a node's words. */
export function refuses(method: string, code: number, message: string): Fault {
  return (call) =>
    call.method === method ? Promise.resolve({ error: { code, message } }) : call.forward();
}
