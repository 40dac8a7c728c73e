import {
  agentSchema,
  createRelayerClient,
  parseConfig,
  parseLogSpec,
  parseOrders,
  parseTermsFile,
  profileSchema,
  readConfig,
  signTerms,
  termsFileText,
  termsFileToJson,
  withDescription,
  type TermsFile,
} from '@midlock/client';
import { createRig, partyFor, testSigners } from '@midlock/client/testing';
import { CATALOGUE, isMidlockError } from '@midlock/protocol';
import { bytesOf, midlockErrors, textOf, type Target } from '../target.ts';
import { answerFetches } from './fetch-stub.ts';
import { inputFile } from './input-file.ts';
import { jsonOr } from './json-or.ts';
import { processConfig, profileFigures } from './samples.ts';

const CONFIG_ERRORS = midlockErrors('CONFIG_INVALID');

/** Terms that both, one or none of two test parties have signed. */
export async function sampleTermsFiles(): Promise<readonly TermsFile[]> {
  const [a, b] = [testSigners(0), testSigners(1)];
  const rig = createRig({ initiator: partyFor('a', a), responder: partyFor('b', b) });
  const bare: TermsFile = { version: 1, terms: rig.terms('fabric-first', 1), acceptances: {} };
  const signed = await signTerms(bare, a);
  return [bare, signed, await signTerms(signed, b)];
}

/** Files, configuration and answers that a party's programs read. */
export const CLIENT_TARGETS: readonly Target[] = [
  {
    name: 'client/terms-file',
    about: 'terms with signatures, from a file, an inbox or a mailbox',
    format: 'json',
    sources: ['client/src/terms-file/', 'protocol/src/'],
    seeds: async () => (await sampleTermsFiles()).map((file) => bytesOf(termsFileText(file))),
    parse: (input) => parseTermsFile(textOf(input)),
    write: (file: TermsFile) => bytesOf(termsFileText(file)),
    accepts: midlockErrors(
      'TERMS_FIELD_INVALID',
      'TERMS_UNKNOWN_FIELD',
      'TERMS_VERSION_UNKNOWN',
      'TERMS_SIGNATURE_INVALID',
      'AMOUNT_INVALID',
    ),
    maxBytes: 40_000,
  },
  {
    name: 'client/orders',
    about: 'orders as CSV, from an operator or another program',
    format: 'csv',
    sources: ['client/src/sdk/orders.ts', 'protocol/src/'],
    seeds: () => [
      bytesOf(
        'direction,fabric_kind,fabric_asset,fabric_amount,ethereum_token,ethereum_amount,counterparty\n' +
          'fabric-first,fungible,gold,5,ETH,7,bob\r\n# none\n"ethereum-first","unique","deed-1",1,"TST",9,"carol"\n',
      ),
      bytesOf(
        '\ufeffcounterparty,fabric_kind,fabric_asset,fabric_amount,ethereum_token,ethereum_amount,direction\n\n' +
          'bob,evidence,"a",1,0x0000000000000000000000000000000000000000,1,fabric-first',
      ),
    ],
    parse: (input) => parseOrders(textOf(input)),
    accepts: midlockErrors('ORDERS_ROW_INVALID'),
  },
  {
    name: 'client/agent-config',
    about: "an agent's configuration, YAML or JSON, with the environment over it",
    format: 'yaml',
    sources: ['client/src/config/', 'protocol/src/'],
    seeds: () => [
      bytesOf(
        JSON.stringify({
          ...processConfig(),
          seed: { file: 'seed' },
          inbox: 'inbox',
          relayer: { url: 'http://127.0.0.1:4600', token: { file: 'token' } },
          accept: 'all',
        }),
      ),
      bytesOf(JSON.stringify({ ...processConfig(), profile: 'testnet', seed: { file: 's' } })),
    ],
    parse: (input) => readConfig(inputFile(input), agentSchema, {}),
    accepts: CONFIG_ERRORS,
  },
  {
    name: 'client/profile',
    about: "a planner's profile: figures in seconds",
    format: 'json',
    sources: ['client/src/config/', 'protocol/src/profile.ts'],
    seeds: () => [bytesOf(JSON.stringify(profileFigures())), bytesOf('"mainnet-like"')],
    parse: (input) => parseConfig(jsonOr(input, null), profileSchema),
    accepts: CONFIG_ERRORS,
  },
  {
    name: 'client/network-description',
    about: "a network description that an agent's configuration names",
    format: 'json',
    sources: ['client/src/config/network-schema.ts'],
    seeds: () => [bytesOf(JSON.stringify(networkDescription()))],
    parse: (input) =>
      withDescription({ network: { file: inputFile(input) }, fabric: { endorsements: 1 } }),
    accepts: CONFIG_ERRORS,
  },
  {
    name: 'client/log-levels',
    about: 'log levels, from configuration and PUT /logspec',
    format: 'text',
    sources: ['client/src/shell/winston-logger.ts'],
    seeds: () => [bytesOf('info:executor,watcher=debug'), bytesOf('a=warning:error')],
    parse: (input) => parseLogSpec(textOf(input)),
    // What it is documented to throw; both callers turn it into an answer of their own.
    accepts: (error) => error instanceof RangeError && error.message.length < 200,
  },
  {
    name: 'client/relayer-answers',
    about: "a relayer's answers to a party",
    format: 'json',
    sources: ['client/src/sdk/relayer-client.ts', 'client/src/terms-file/terms-file.ts'],
    seeds: async () => {
      const items = (await sampleTermsFiles()).map((file, i) => ({
        id: `${String(i)}-ab`,
        file: termsFileToJson(file),
      }));
      return [
        [200, { items }],
        [201, { swapId: `0x${'ab'.repeat(32)}`, created: true }],
        [422, { type: 'about:blank', status: 422, code: 'TERMS_SIGNATURE_INVALID' }],
      ].map((answer) => bytesOf(JSON.stringify(answer)));
    },
    parse: async (input) => {
      const answer = jsonOr(input, [200, '']);
      const [status, body] = Array.isArray(answer) ? (answer as unknown[]) : [200, answer];
      const code = Number.isInteger(status) ? Math.min(599, Math.max(200, Number(status))) : 200;
      const restore = answerFetches(() => ({ status: code, body: JSON.stringify(body ?? null) }));
      try {
        const client = createRelayerClient({ url: 'http://127.0.0.1:1' });
        const letters = await client.letters(`Org1MSP:0x${'00'.repeat(32)}`, '');

        return letters;
      } finally {
        restore();
      }
    },
    accepts: (error) =>
      isMidlockError(error) && Object.hasOwn(CATALOGUE, error.code) && error.code !== 'INTERNAL',
    maxBytes: 40_000,
  },
];

export function networkDescription(): unknown {
  return {
    version: 1,
    fabric: {
      kind: 'devnode',
      version: '3.x',
      channel: 'midlock',
      chaincode: 'midlock',
      organizations: {
        Org1MSP: {
          gateway: '127.0.0.1:7051',
          tlsServerName: 'peer0.org1.example.com',
          tlsCaCertPath: '/net/ca.pem',
          mspDir: '/net/msp',
          users: { User1: { certPath: '/net/cert.pem', keyPath: '/net/key.pem' } },
          peers: { peer1: { gateway: '127.0.0.1:7061', tlsServerName: 'peer1' } },
          chaincodeAddress: '127.0.0.1:9999',
        },
      },
      orderers: { o: { address: 'o:7050', tlsServerName: 'o', tlsCaCertPath: '/net/o.pem' } },
      admin: 'http://127.0.0.1:1',
    },
    ethereum: {
      kind: 'anvil',
      version: '1.7.1',
      url: 'http://127.0.0.1:8545',
      chainId: 31337,
      escrow: `0x${'0a'.repeat(20)}`,
      tokens: { TST: `0x${'0b'.repeat(20)}` },
    },
  };
}
