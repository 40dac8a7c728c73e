import { CallFailure } from '../fabric/call-failure.ts';
import type { LegacyNode } from './library.ts';

const UNAVAILABLE = 14;
/** So long a node that could not be connected is not tried again. */
const RETRY_MS = 1_000;

/** A node that is connected at its first use; calls share one attempt, and gRPC itself keeps the connection up later on. */
export interface Connection<T extends LegacyNode> {
  readonly endpoint: string;
  /** Runs a call on the connected node. Throws {@link CallFailure} whatever the library throws. */
  call<R>(run: (node: T) => Promise<R>): Promise<R>;
  close(): void;
}

export function createConnection<T extends LegacyNode>(
  endpoint: string,
  node: T,
  nowMs: () => number = () => Date.now(),
): Connection<T> {
  let connected: Promise<boolean> | undefined;
  let failedAtMs: number | undefined;

  async function connect(): Promise<void> {
    if (failedAtMs !== undefined && nowMs() - failedAtMs < RETRY_MS) throw unreachable(endpoint);
    connected ??= node.checkConnection();
    if (await connected) return;
    connected = undefined;
    failedAtMs = nowMs();
    throw unreachable(endpoint);
  }

  return {
    endpoint,
    call: async (run) => {
      await connect();
      try {
        return await run(node);
      } catch (error) {
        throw failureOf(error);
      }
    },
    close: () => {
      node.disconnect();
    },
  };
}

/** What the library threw, without the message that it was about. A failure without a gRPC status is one of transport. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return new CallFailure(typeof code === 'number' ? code : UNAVAILABLE, String(message));
}

function unreachable(endpoint: string): CallFailure {
  return new CallFailure(UNAVAILABLE, `no connection to ${endpoint}`);
}
