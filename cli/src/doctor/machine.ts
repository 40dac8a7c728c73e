import { createServer } from 'node:net';
import { REFUSALS, isLoopback } from '@midlock/client';
import { findAnvil } from '@midlock/network';
import { CATALOGUE } from '@midlock/protocol';
import { fail, ok, warn, type Check } from './check.ts';
import type { Subject } from './subject.ts';

const NODE_MAJOR = 24;
const ANVIL_CHAIN = 31_337n;

/** This machine: Node, the programs of a development network, the ports that a relayer listens on. */
export const MACHINE: readonly Check<Subject>[] = [
  {
    name: 'Node',
    look: () => {
      const { node } = process.versions;
      return Number(node.split('.')[0]) >= NODE_MAJOR
        ? ok(node)
        : fail(node, 'run through npm, which brings Node 24');
    },
  },
  {
    name: 'anvil',
    look: async ({ config: { ethereum } }) => {
      const needed =
        ethereum.chainId === ANVIL_CHAIN &&
        ethereum.endpoints.some((url) => isLoopback(new URL(url).hostname));
      if (!needed) return ok('not needed: the chain is not a development chain of this machine');
      try {
        return ok(await findAnvil());
      } catch (error) {
        const seen = error instanceof Error ? error.message : String(error);
        return fail(seen, 'run npm install, put anvil on PATH, or set ANVIL_BIN');
      }
    },
  },
  {
    name: 'listeners',
    look: async ({ listeners }) => {
      if (listeners.length === 0) return ok('a party listens nowhere');
      const open = listeners.find(({ host, tls, tokens }) => !isLoopback(host) && !(tls && tokens));
      const place = (at: { readonly host: string; readonly port: number }) =>
        `${at.host}:${String(at.port)}`;
      if (open !== undefined)
        return fail(
          `${open.name} ${place(open)} is open to others without TLS and tokens`,
          CATALOGUE[REFUSALS['open-listener'].code].next,
        );
      for (const listener of listeners)
        if (!(await isFree(listener.host, listener.port)))
          return (await isOurs(listener))
            ? warn(
                `${listener.name} ${place(listener)}: a relayer runs there`,
                'nothing, if it is this one',
              )
            : fail(`${listener.name} ${place(listener)} is taken`, CATALOGUE.PORT_IN_USE.next);
      return ok(`free: ${listeners.map((at) => `${at.name} ${place(at)}`).join(', ')}`);
    },
  },
];

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, host, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** Whether what listens answers as a relayer does. */
async function isOurs({ name, host, port, tls }: Subject['listeners'][number]): Promise<boolean> {
  const path = name === 'api' ? '/api' : '/livez';
  const url = `${tls ? 'https' : 'http'}://${host}:${String(port)}${path}`;
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
