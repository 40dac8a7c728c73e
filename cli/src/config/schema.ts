import { z } from 'zod';

const path = z.string().min(1);
const milliseconds = z.number().int().min(10).max(60_000);

/** Secrets stand in files, never in the configuration itself. */
const ethereumKey = z
  .union([
    z.strictObject({ keyFile: path.describe('64 hex digits, mode 0600') }),
    z.strictObject({ keystore: path.describe('keystore file, version 3'), passwordFile: path }),
  ])
  .describe('the key of the Ethereum account, by reference');

/** `midlock.config.yaml`: one party on two networks. Relative paths are relative to the file. */
export const partyConfigSchema = z.strictObject({
  version: z.literal(1),
  network: path.describe(
    'network description, as written by "midlock network up" or "config import"',
  ),
  profile: z
    .string()
    .default('development')
    .describe('development, testnet, mainnet-like, or a JSON file'),
  home: path.default('./midlock-home').describe('journal, inbox and learnt secrets of this party'),
  seedFile: path
    .default('./midlock-home/seed')
    .describe('32 bytes, mode 0600; made when it is missing'),
  fabric: z.strictObject({
    mspId: z.string().min(1),
    user: z.string().min(1).default('User1').describe('a user of the network description'),
    endorsements: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('k; default f + 1 of n >= 2f + 1 organisations'),
  }),
  ethereum: z.strictObject({
    key: ethereumKey,
    endpoints: z
      .array(z.url())
      .min(1)
      .optional()
      .describe('default: the url of the network description'),
    quorum: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('how many endpoints must agree; never lowered on outage'),
    finality: z
      .union([
        z.strictObject({
          mode: z.literal('tag'),
          tag: z.enum(['finalized', 'safe']).default('finalized'),
        }),
        z.strictObject({ mode: z.literal('depth'), blocks: z.number().int().min(1) }),
        z.strictObject({ mode: z.literal('instant') }),
      ])
      .default({ mode: 'tag', tag: 'finalized' }),
    pollMs: milliseconds.default(1000),
    startBlock: z.number().int().min(0).default(0).describe("block of the escrow's deployment"),
  }),
  agent: z
    .strictObject({ tickMs: milliseconds.default(250) })
    .default({ tickMs: 250 })
    .describe('how often deadlines are looked at'),
});

export type PartyConfig = z.infer<typeof partyConfigSchema>;
