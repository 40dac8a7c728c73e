import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** By method: a fixed answer, or a function of the parameters. */
export type StubAnswers = Readonly<Record<string, unknown>>;

export interface StubNode {
  readonly url: string;
  stop(): Promise<unknown>;
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A node of chain 1 for tests; an Error becomes a JSON-RPC error, `null` in place of the table hangs up. */
export async function startStubNode(answers: StubAnswers | null): Promise<StubNode> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (answers === null) {
        request.socket.destroy();
        return;
      }
      const { id, method, params } = JSON.parse(body) as Call;
      const given = ({ eth_chainId: '0x1', ...answers } as StubAnswers)[method];
      const answer =
        typeof given === 'function'
          ? (given as (params: readonly unknown[]) => unknown)(params)
          : given;
      response.end(
        JSON.stringify(
          answer instanceof Error
            ? { id, error: { code: -32_000, message: answer.message } }
            : { id, result: answer },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
