import { common } from '@hyperledger/fabric-protos';
import { MidlockError, isMidlockError, toHex } from '@midlock/protocol';
import { parseBlockBytes, type FabricBlock } from './block.ts';
import { translateGatewayError } from './gateway-error.ts';
import type { OrganizationGateway } from './transport.ts';

export interface QueryOptions {
  readonly channel: string;
  readonly chaincode: string;
  /** Every organisation's gateway, the trusted one (the own organisation) first. */
  readonly gateways: readonly OrganizationGateway[];
  /** Stamp for queries, milliseconds. */
  readonly nowMs: () => bigint;
}

/** Reads through peers; each method names whom it asks. */
export interface Queries {
  /** Asks one organisation. Throws what the chaincode threw, or ENDPOINT_UNREACHABLE. */
  from<T>(mspId: string, call: Call, parse: (bytes: Uint8Array) => T): Promise<T>;
  /** Asks the organisations in order until one can be reached; a refusal by the chaincode ends it. */
  any<T>(call: Call, parse: (bytes: Uint8Array) => T): Promise<T>;
  /** The block that holds a transaction as one organisation has it, or undefined. */
  blockOf(mspId: string, txId: string): Promise<FabricBlock | undefined>;
  /** A block as one organisation has it, or undefined while it has none of this height. */
  blockFrom(mspId: string, height: bigint): Promise<FabricBlock | undefined>;
  block(height: bigint): Promise<FabricBlock>;
  /** Height of the last block. */
  height(): Promise<{ readonly height: bigint; readonly hash: string }>;
}

export interface Call {
  readonly name: string;
  readonly arguments: readonly string[];
  /** Default: Midlock's chaincode. */
  readonly chaincode?: string;
}

const QSCC = 'qscc';
/** A peer that kept a query waiting so long without an answer is not asked again for a while. */
const HANG_MS = 1_000n;
const HANG_MEMORY_MS = 5_000n;

export function createQueries(options: QueryOptions): Queries {
  const { channel, gateways, nowMs } = options;
  let preferred = 0;
  const hangs = new Map<string, { readonly error: MidlockError; readonly atMs: bigint }>();

  async function ask<T>(
    gateway: OrganizationGateway,
    { name, arguments: args, chaincode = options.chaincode }: Call,
    parse: (bytes: Uint8Array) => T,
  ): Promise<T> {
    const hung = hangs.get(gateway.mspId);
    if (hung !== undefined && nowMs() - hung.atMs < HANG_MEMORY_MS) throw hung.error;
    const startMs = nowMs();
    let bytes: Uint8Array;
    try {
      bytes = await gateway.evaluate({
        chaincode,
        name,
        arguments: args,
        stampMs: nowMs(),
        organizations: [gateway.mspId],
      });
    } catch (cause) {
      const error = translateGatewayError(cause, gateway.endpoint);
      if (error.code === 'ENDPOINT_UNREACHABLE' && nowMs() - startMs >= HANG_MS)
        hangs.set(gateway.mspId, { error, atMs: nowMs() });
      throw error;
    }
    return parse(bytes);
  }

  async function any<T>(call: Call, parse: (bytes: Uint8Array) => T): Promise<T> {
    let failure: unknown;
    for (let i = 0; i < gateways.length; i += 1) {
      const index = (preferred + i) % gateways.length;
      try {
        const value = await ask(gateways[index] as OrganizationGateway, call, parse);
        preferred = index;
        return value;
      } catch (error) {
        failure ??= error;
        if (!isMidlockError(error, 'ENDPOINT_UNREACHABLE')) throw error;
      }
    }
    throw failure;
  }

  const qscc = (name: string, ...args: string[]): Call => ({
    chaincode: QSCC,
    name,
    arguments: [channel, ...args],
  });

  function from<T>(mspId: string, call: Call, parse: (bytes: Uint8Array) => T): Promise<T> {
    const gateway = gateways.find((candidate) => candidate.mspId === mspId);
    if (gateway === undefined)
      throw new MidlockError('CONFIG_INVALID', { key: 'fabric.organizations', missing: mspId });
    return ask(gateway, call, parse);
  }

  async function found(mspId: string, call: Call): Promise<FabricBlock | undefined> {
    try {
      return await from(mspId, call, parseBlockBytes);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  return {
    from,
    any,
    blockOf: (mspId, txId) => found(mspId, qscc('GetBlockByTxID', txId)),
    blockFrom: (mspId, height) => found(mspId, qscc('GetBlockByNumber', String(height))),
    block: (height) => any(qscc('GetBlockByNumber', String(height)), parseBlockBytes),
    height: () =>
      any(qscc('GetChainInfo'), (bytes) => {
        const info = readChainInfo(bytes);
        return {
          height: BigInt(info.getHeight()) - 1n,
          hash: toHex(info.getCurrentblockhash_asU8()),
        };
      }),
  };
}

/** The peer's words for a transaction or block that it does not have: "no such transaction ID [..] in index", "Failed to get block for txID", "entry not found in index". */
function isNotFound(error: unknown): boolean {
  return (
    isMidlockError(error, 'ENDORSEMENT_REFUSED') &&
    /no such transaction|not found|failed to get block/i.test(String(error.data['reason']))
  );
}

function readChainInfo(bytes: Uint8Array): common.BlockchainInfo {
  try {
    const info = common.BlockchainInfo.deserializeBinary(bytes);
    if (Number.isSafeInteger(info.getHeight()) && info.getHeight() > 0) return info;
  } catch {
    // Falls through: both mean the same to the caller.
  }
  throw new MidlockError('ENDPOINT_LIED', { what: 'chain info' });
}
