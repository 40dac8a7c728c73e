import { SWAP_STATES } from '@midlock/protocol';
import { z } from 'zod';

/** Shapes of the HTTP API, version 1. Numbers that can be large are decimal strings. */
const decimal = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,77})$/)
  .describe('A whole number as decimal text.');
export const hex32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .describe('32 bytes as 0x and 64 lower-case hex digits.');
const bytes = z
  .string()
  .regex(/^0x(?:[0-9a-f]{2})*$/)
  .max(600);
const name = z.string().min(1).max(200);

const fabricLeg = z.strictObject({
  networkId: hex32,
  channel: name,
  chaincode: name,
  assetKind: z.enum(['fungible', 'unique', 'evidence']),
  assetId: name,
  amount: decimal,
  owner: name,
  beneficiary: name,
  expiresAtSec: decimal,
});

const ethereumLeg = z.strictObject({
  chainId: decimal,
  escrow: name,
  token: name,
  amount: decimal,
  owner: name,
  beneficiary: name,
  expiresAtSec: decimal,
});

export const termsSchema = z.strictObject({
  version: z.literal(1),
  direction: z.enum(['fabric-first', 'ethereum-first']),
  hashLock: hex32,
  nonce: hex32,
  fabric: fabricLeg,
  ethereum: ethereumLeg,
});

const acceptance = z.strictObject({
  ethereumSignature: bytes,
  fabricSignature: bytes,
  fabricPublicKey: bytes,
});

export const termsFileSchema = z.strictObject({
  version: z.literal(1),
  terms: termsSchema,
  acceptances: z.strictObject({
    initiator: acceptance.optional(),
    responder: acceptance.optional(),
  }),
});

const leg = z.object({
  outcome: z.enum(['none', 'locked', 'claimed', 'refunded']),
  final: z.boolean(),
  lockTxId: z.string().optional(),
  endTxId: z.string().optional(),
  how: z.enum(['claimed', 'expiry', 'release', 'cooperative', 'declined']).optional(),
  expiresAtSec: decimal,
  refundFromSec: decimal,
});

export const stateSchema = z.enum(SWAP_STATES as unknown as [string, ...string[]]);

export const swapSchema = z.object({
  swapId: hex32,
  seq: z.int(),
  state: stateSchema,
  open: z.boolean(),
  direction: z.enum(['fabric-first', 'ethereum-first']),
  accepted: z.boolean(),
  createdAtSec: decimal,
  secretPublic: z.boolean(),
  legs: z.object({ fabric: leg, ethereum: leg }),
  alarms: z.array(z.object({ code: z.string(), detail: z.string(), atSec: decimal })),
  terms: termsSchema,
});

export const explanationSchema = z.object({
  state: stateSchema,
  who: z.enum(['initiator', 'responder', 'ledger', 'nobody']),
  action: z.enum(['lock', 'claim', 'refund', 'finality', 'none']),
  ledger: z.enum(['fabric', 'ethereum']).optional(),
  untilSec: decimal.optional(),
  fromSec: decimal.optional(),
  sentence: z.string(),
});

export const eventSchema = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  swapId: hex32.nullable(),
  kind: z.string(),
  data: z.record(z.string(), z.string()),
});

export const ledgerSchema = z.object({
  ledger: z.enum(['fabric', 'ethereum']),
  headHeight: decimal.nullable(),
  headTimeSec: decimal.nullable(),
  finalizedHeight: decimal.nullable(),
  processedHeight: decimal.nullable(),
  reachable: z.boolean(),
  halted: z.boolean(),
});

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  retry: z.enum(['never', 'safe', 'after-query']),
  data: z.record(z.string(), z.unknown()),
});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.coerce.number().int().min(0).default(0),
});
