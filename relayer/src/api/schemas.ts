import { SWAP_STATES } from '@midlock/protocol';
import { z } from 'zod';
import { queryNumber } from './query-number.ts';

/** Shapes of the HTTP API, version 1. Numbers that can be large are decimal strings. */
export const decimal = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,77})$/)
  .describe('A whole number as decimal text.');
const positive = z
  .string()
  .regex(/^[1-9][0-9]{0,77}$/)
  .describe('A whole number above 0 as decimal text.');
export const hex32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .describe('32 bytes as 0x and 64 lower-case hex digits.');
export const bytes = z
  .string()
  .regex(/^0x(?:[0-9a-f]{2}){1,299}$/)
  .describe('1 to 299 bytes as 0x and lower-case hex digits.');
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/);
const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .describe('20 bytes as 0x and 40 lower-case hex digits.');
export const fabricAccount = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}:0x[0-9a-f]{64}$/)
  .describe("A Fabric account: MSP id and SHA-256 of the key's SubjectPublicKeyInfo.");
/** A place in the journal, as events carry it. */
export const lastEventId = z.string().regex(/^(?:0|[1-9][0-9]{0,14})$/);
/** 1 to 128 visible ASCII characters. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/);

const fabricLeg = z.strictObject({
  networkId: hex32,
  channel: name,
  chaincode: name,
  assetKind: z.enum(['fungible', 'unique', 'evidence']),
  assetId: name,
  amount: positive,
  owner: fabricAccount,
  beneficiary: fabricAccount,
  expiresAtSec: positive,
});

const ethereumLeg = z.strictObject({
  chainId: positive,
  escrow: address,
  token: address,
  amount: positive,
  owner: address,
  beneficiary: address,
  expiresAtSec: positive,
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
  limit: queryNumber(1, 200).default(50),
  after: queryNumber(0).default(0),
});
