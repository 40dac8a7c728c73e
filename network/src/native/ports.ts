import { createServer, type Server } from 'node:net';
import { NetworkError } from '../network-error.ts';

/** @throws {NetworkError} PORT_IN_USE when one of the ports cannot be listened on. */
export async function assertPortsFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = await listen(port).catch(() => undefined);
    if (server === undefined) {
      throw new NetworkError('PORT_IN_USE', 'Another process listens on a port of this network.', {
        port,
      });
    }
    await new Promise((resolve) => server.close(resolve));
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
