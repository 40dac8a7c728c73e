import {
  ethereumKeySchema,
  ethereumSchema,
  fabricSchema,
  identitySchema,
  loggingSchema,
  profileSchema,
} from '@midlock/client';
import { z } from 'zod';
import { apiLimits } from '../api/limits.ts';

const path = z.string().min(1).max(4096);
const port = z.int().min(0).max(65_535);

/** Hashed tokens; `createToken` makes them. */
const token = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  check: z
    .string()
    .regex(/^[0-9a-f]{8}$/)
    .optional(),
  scopes: z.array(z.enum(['read', 'write', 'operate'])).min(1),
  expiresAt: z.iso.datetime(),
});

/** Every bound of a relayer; docs/operations.md shows them as a table. */
export const relayerLimits = z.strictObject({
  maxOpen: z
    .int()
    .min(1)
    .default(10_000)
    .describe('open swaps; a further one gets 503 and leaves no trace'),
  maxBacklog: z
    .int()
    .min(1)
    .default(1_000)
    .describe('transactions not yet answered by a ledger; meanwhile a further swap gets 503'),
  ...apiLimits.shape,
});

/** The configuration of a relayer process. */
export const relayerSchema = z.strictObject({
  name: z.string().min(1).max(64).default('relayer'),
  profile: profileSchema,
  fabric: fabricSchema,
  ethereum: ethereumSchema,
  /** The relayer's own keys: for its fees and proposals. It holds no party's key. */
  identity: z.strictObject({
    fabric: identitySchema,
    ethereum: z.strictObject({ key: ethereumKeySchema }),
  }),
  store: z.strictObject({ path }),
  /** How long parties go first, seconds; default O of the profile. */
  patienceSec: z.int().min(0).max(86_400).optional(),
  tickMs: z.int().min(10).max(60_000).default(250),
  concurrency: z.int().min(1).max(1024).default(16),
  limits: relayerLimits.prefault({}),
  api: z
    .strictObject({
      host: z.string().min(1).max(255).default('127.0.0.1'),
      port: port.default(4600),
      tls: z.strictObject({ certFile: path, keyFile: path }).optional(),
      tokens: z.array(token).max(1000).default([]),
      /** Names under which a proxy on this machine passes requests on; other hosts are refused on loopback. */
      hostNames: z.array(z.string().min(1).max(255)).max(100).default([]),
    })
    .prefault({}),
  /** Health, metrics and log levels; read-only but for levels, without tokens, so keep it on loopback. */
  operations: z
    .strictObject({
      host: z.string().min(1).max(255).default('127.0.0.1'),
      port: port.default(9446),
    })
    .prefault({}),
  logging: loggingSchema,
});

export type RelayerConfig = z.output<typeof relayerSchema>;
