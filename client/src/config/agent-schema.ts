import { z } from 'zod';
import { ethereumSchema, fabricSchema } from './network-schema.ts';
import { profileSchema } from './profile-schema.ts';

const path = z.string().min(1).max(4096);

/** A file that holds a secret; never the secret itself. */
export const fileReference = z.strictObject({ file: path });

/** An Ethereum key: 64 hex digits in a file, or a version 3 keystore with its password in another file. */
export const ethereumKeySchema = z.union([
  fileReference,
  z.strictObject({ keystore: path, passwordFile: path }),
]);

export const identitySchema = z.strictObject({
  mspId: z.string().min(1).max(64),
  certPath: path,
  key: fileReference,
});

export const loggingSchema = z
  .strictObject({
    spec: z.string().max(1024).default('info'),
    format: z.enum(['json', 'pretty']).default('json'),
  })
  .default({ spec: 'info', format: 'json' });

/** The configuration of an agent process. */
export const agentSchema = z.strictObject({
  name: z.string().min(1).max(64).default('agent'),
  profile: profileSchema,
  fabric: fabricSchema,
  ethereum: ethereumSchema,
  identity: z.strictObject({
    fabric: identitySchema,
    ethereum: z.strictObject({ key: ethereumKeySchema }),
  }),
  /** Made with 32 bytes of the CSPRNG and mode 0600 when it does not exist. */
  seed: fileReference,
  store: z.strictObject({ path }),
  /** Terms files dropped here are taken on. */
  inbox: path.optional(),
  /** A relayer whose mailbox is read and that is told of every accepted swap. */
  relayer: z.strictObject({ url: z.url(), token: fileReference.optional() }).optional(),
  /** `all` signs whatever terms the counterparty has signed and the profile allows: for demonstrations. */
  accept: z.enum(['manual', 'all']).default('manual'),
  tickMs: z.int().min(10).max(60_000).default(250),
  concurrency: z.int().min(1).max(1024).default(16),
  logging: loggingSchema,
});

export type AgentConfig = z.output<typeof agentSchema>;
