import { scryptSync } from 'node:crypto';
import { readConfig, readTermsFile, termsFileText } from '@midlock/client';
import { relayerSchema } from '@midlock/relayer';
import { MidlockError, canonicalJson } from '@midlock/protocol';
import { checkDepth } from '../../../relayer/src/api/json-depth.ts';
import { lastEventId, pageQuery, termsFileSchema } from '../../../relayer/src/api/schemas.ts';
import { createTokenChecker } from '../../../relayer/src/api/tokens.ts';
import { bytesOf, midlockErrors, textOf, type Target } from '../target.ts';
import { sampleTermsFiles } from './client.ts';
import { inputFile } from './input-file.ts';
import { jsonOr } from './json-or.ts';
import { processConfig } from './samples.ts';

const MAX_DEPTH = 16;

/** What comes in over the relayer's API, below its server, and its configuration. */
export const RELAYER_TARGETS: readonly Target[] = [
  {
    name: 'relayer/config',
    about: "a relayer's configuration, YAML or JSON",
    format: 'yaml',
    sources: ['relayer/src/config/', 'client/src/config/', 'protocol/src/'],
    seeds: () => [
      bytesOf(
        JSON.stringify({
          ...processConfig(),
          patienceSec: 5,
          limits: { maxOpen: 10, maxStreams: 4 },
          api: {
            host: '0.0.0.0',
            port: 4600,
            tls: { certFile: 'c', keyFile: 'k' },
            tokens: [
              {
                id: 'ops',
                salt: '00'.repeat(16),
                hash: '00'.repeat(32),
                scopes: ['read', 'write'],
                expiresAt: '2030-01-01T00:00:00Z',
              },
            ],
          },
          operations: { host: '127.0.0.1', port: 9446 },
        }),
      ),
    ],
    parse: (input) => readConfig(inputFile(input), relayerSchema, {}),
    accepts: midlockErrors('CONFIG_INVALID'),
  },
  {
    name: 'relayer/bodies',
    about: 'request bodies: swaps and letters, as the handlers read them',
    format: 'json',
    sources: [
      'relayer/src/api/json-depth.ts',
      'relayer/src/api/schemas.ts',
      'client/src/terms-file/',
    ],
    seeds: async () => (await sampleTermsFiles()).map((file) => bytesOf(termsFileText(file))),
    parse: (input) => {
      const text = textOf(input);
      checkDepth(text, MAX_DEPTH);
      const result = termsFileSchema.safeParse(jsonOr(input, undefined));
      if (!result.success) throw new MidlockError('REQUEST_INVALID', { where: 'body' });
      canonicalJson(result.data);
      return readTermsFile(result.data);
    },
    accepts: midlockErrors(
      'REQUEST_INVALID',
      'TERMS_FIELD_INVALID',
      'TERMS_UNKNOWN_FIELD',
      'TERMS_VERSION_UNKNOWN',
      'TERMS_SIGNATURE_INVALID',
      'AMOUNT_INVALID',
    ),
    maxBytes: 65_536,
  },
  {
    name: 'relayer/queries',
    about: 'query strings of lists',
    format: 'text',
    sources: ['relayer/src/api/schemas.ts', 'relayer/src/api/query-number.ts'],
    seeds: () => [bytesOf('limit=50&after=3'), bytesOf('after=0')],
    parse: (input) => {
      const query = Object.fromEntries(new URLSearchParams(textOf(input)));
      const result = pageQuery.safeParse(query);
      if (result.success && !Number.isSafeInteger(result.data.after + result.data.limit))
        throw new RangeError('a page beyond what the store can count');
      return result.success ? result.data : undefined;
    },
    accepts: () => false,
  },
  {
    name: 'relayer/sse-ids',
    about: 'Last-Event-ID of event streams',
    format: 'text',
    sources: ['relayer/src/api/schemas.ts', 'relayer/src/api/query-number.ts'],
    seeds: () => [bytesOf('0'), bytesOf('123456789012345')],
    parse: (input) => {
      const result = lastEventId.safeParse(textOf(input));
      if (result.success && !Number.isSafeInteger(Number(result.data)))
        throw new RangeError('an id beyond what the journal can count');
      return result.success;
    },
    accepts: () => false,
    maxBytes: 256,
  },
  {
    name: 'relayer/tokens',
    about: 'Authorization headers that name no known token',
    format: 'text',
    sources: ['relayer/src/api/tokens.ts'],
    seeds: () => [bytesOf(KNOWN)],
    // A guess at a known token costs a slow hash on purpose: here the id is always another.
    parse: (input) => tokens.check(knownOr(textOf(input)), () => undefined),
    accepts: midlockErrors('REQUEST_UNAUTHORIZED'),
    maxBytes: 1024,
  },
];

const SECRET = 'A'.repeat(43);
const KNOWN = `Bearer mlk_ops_${SECRET}`;
const tokens = createTokenChecker(
  [
    {
      id: 'ops',
      salt: '00'.repeat(16),
      hash: scryptSync(SECRET, Buffer.alloc(16), 32, { N: 16_384, r: 8, p: 1 }).toString('hex'),
      scopes: ['read'],
      expiresAt: '2100-01-01T00:00:00Z',
    },
  ],
  () => 0n,
);
function knownOr(header: string): string {
  return header === KNOWN ? header : header.replace('mlk_ops_', 'mlk_opt_');
}
