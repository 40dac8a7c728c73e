import { DEVELOPMENT, parseTerms, type SwapTerms } from '@midlock/protocol';
import fc from 'fast-check';
import { termsJson } from '../../../protocol/src/testing/arbitraries.ts';

/** Terms, the same at each call. */
export function sampleTerms(count: number): readonly SwapTerms[] {
  return fc.sample(termsJson, { numRuns: count, seed: 1 }).map(parseTerms);
}

export const word = (byte: string): string => `0x${byte.repeat(32)}`;

/** A profile as configuration holds it: figures as decimal text. */
export function profileFigures(): unknown {
  return JSON.parse(
    JSON.stringify(DEVELOPMENT, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  );
}

const organization = (n: number): unknown => ({
  gateway: `127.0.0.1:${String(7050 + n)}`,
  tlsServerName: `peer0.org${String(n)}.example.com`,
  tlsCaCertPath: `/net/org${String(n)}/ca.pem`,
});

/** What the configurations of agents and relayers have in common. */
export function processConfig(): Record<string, unknown> {
  return {
    name: 'alice',
    profile: profileFigures(),
    fabric: {
      channel: 'swaps',
      chaincode: 'midlock',
      networkId: word('0a'),
      organizations: { Org1MSP: organization(1), Org2MSP: organization(2) },
      endorsements: 2,
      startBlock: '0',
    },
    ethereum: {
      endpoints: ['http://127.0.0.1:8545/', 'https://user:word@node.example.com/path'],
      quorum: 1,
      chainId: 31337,
      escrow: `0x${'0a'.repeat(20)}`,
      startBlock: 5,
      finality: { mode: 'depth', blocks: '3' },
      pollMs: 100,
    },
    identity: {
      fabric: { mspId: 'Org1MSP', certPath: 'cert.pem', key: { file: 'key.pem' } },
      ethereum: { key: { keystore: 'key.json', passwordFile: 'password' } },
    },
    store: { path: 'store/journal.db' },
    tickMs: 250,
    concurrency: 16,
    logging: { spec: 'info:executor,watcher=debug', format: 'json' },
  };
}
