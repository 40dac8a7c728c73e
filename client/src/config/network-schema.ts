import { readFileSync } from 'node:fs';
import { MidlockError, parseAddress, parseHex32 } from '@midlock/protocol';
import { z } from 'zod';

const text = z.string().min(1).max(1024);
const whole = z
  .union([z.int().min(0), z.string().regex(/^\d{1,19}$/)])
  .transform((value) => BigInt(value));
const hex32 = z.string().transform((value) => parseHex32(value, 'networkId'));
const address = z.string().transform((value) => parseAddress(value.toLowerCase(), 'escrow'));

/** One organisation's gateway, in the shape of a network description. */
const organization = z.object({
  gateway: text,
  tlsServerName: text.optional(),
  tlsCaCertPath: text.optional(),
});

/** An orderer, in the shape of a network description. */
const orderer = z.object({
  address: text,
  tlsServerName: text.optional(),
  tlsCaCertPath: text.optional(),
});

export const fabricSchema = z.strictObject({
  channel: text,
  chaincode: text,
  networkId: hex32.optional(),
  organizations: z.record(text, organization),
  client: z
    .enum(['gateway', 'legacy'])
    .default('gateway')
    .describe('legacy, with orderers, for peers without the Gateway service (Fabric 2.2, 2.3)'),
  orderers: z
    .record(text, orderer)
    .optional()
    .describe('by name; needed by the legacy client, which tries them in this order'),
  /** k: how many organisations must endorse. */
  endorsements: z.int().min(1).default(2),
  startBlock: whole.optional(),
});

export const ethereumSchema = z.strictObject({
  endpoints: z.array(z.url()).min(1),
  quorum: z.int().min(1).optional(),
  chainId: whole,
  escrow: address,
  startBlock: whole.optional(),
  finality: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('tag'), tag: z.enum(['finalized', 'safe']).optional() }),
      z.strictObject({ mode: z.literal('depth'), blocks: whole }),
      z.strictObject({ mode: z.literal('instant') }),
    ])
    .default({ mode: 'tag' }),
  pollMs: z.int().min(10).optional(),
});

export type FabricConfig = z.output<typeof fabricSchema>;
export type EthereumConfig = z.output<typeof ethereumSchema>;

const description = z.object({
  version: z.literal(1),
  fabric: z.object({
    channel: text,
    chaincode: text,
    organizations: z.record(text, organization),
    client: z.enum(['gateway', 'legacy']).optional(),
    orderers: z.record(text, orderer).optional(),
  }),
  ethereum: z.object({ url: z.url(), chainId: z.int(), escrow: text }),
});

/**
 * Where a description file of package network is named, its members become the defaults of `fabric` and `ethereum`.
 * @throws {MidlockError} CONFIG_INVALID when the file cannot be read or lacks a member.
 */
export function withDescription(raw: Record<string, unknown>): Record<string, unknown> {
  const { network, ...rest } = raw;
  if (network === undefined) return raw;
  const path = fileOf(network);
  let described: z.output<typeof description>;
  try {
    described = description.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new MidlockError('CONFIG_INVALID', {
      key: 'network.file',
      path,
      expected: 'a network description',
    });
  }
  const { fabric, ethereum } = described;
  const organizations = Object.fromEntries(
    Object.entries(fabric.organizations).map(
      ([mspId, { gateway, tlsServerName, tlsCaCertPath }]) => [
        mspId,
        {
          gateway,
          ...(tlsServerName === undefined ? {} : { tlsServerName }),
          ...(tlsCaCertPath === undefined ? {} : { tlsCaCertPath }),
        },
      ],
    ),
  );
  return {
    ...rest,
    fabric: {
      channel: fabric.channel,
      chaincode: fabric.chaincode,
      organizations,
      ...(fabric.client === undefined ? {} : { client: fabric.client }),
      ...(fabric.orderers === undefined ? {} : { orderers: fabric.orderers }),
      ...object(rest['fabric']),
    },
    ethereum: {
      endpoints: [ethereum.url],
      chainId: ethereum.chainId,
      escrow: ethereum.escrow,
      ...object(rest['ethereum']),
    },
  };
}

function fileOf(value: unknown): string {
  const { file } = object(value);
  if (typeof file === 'string') return file;
  throw new MidlockError('CONFIG_INVALID', { key: 'network', expected: '{ file: path }' });
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
