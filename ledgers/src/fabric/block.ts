import { common, peer } from '@hyperledger/fabric-protos';
import { MidlockError, toHex } from '@midlock/protocol';
import { blockDataHash, blockHeaderHash } from './block-header.ts';
import { stampOf, toMilliseconds } from './stamp-message.ts';
import { boundProtobufReads } from './protobuf-bounds.ts';

/** A transaction of a block, as far as a swap needs it. */
export interface FabricTransaction {
  readonly txId: string;
  /** The proposal's stamp, milliseconds. */
  readonly stampMs: bigint;
  /** TxValidationCode; 0 is VALID. */
  readonly validationCode: number;
  readonly chaincode: string;
  /** Arguments of the invocation, the function's name first. */
  readonly args: readonly Uint8Array[];
  readonly event?: {
    readonly chaincode: string;
    readonly name: string;
    readonly payload: Uint8Array;
  };
}

export interface FabricBlock {
  readonly height: bigint;
  /** `0x` and 64 hex digits, of the header's hash. */
  readonly hash: string;
  readonly parentHash: string;
  readonly transactions: readonly FabricTransaction[];
}

boundProtobufReads();

const ENDORSER_TRANSACTION = 3;
const TRANSACTIONS_FILTER = 2;
/** Code of a transaction whose flag is missing: NOT_VALIDATED. */
const NOT_VALIDATED = 254;

/**
 * Reads a block and checks what a block proves of itself: its data hash. Configuration transactions are left out;
 * an envelope that cannot be read counts only when it is flagged VALID.
 * @throws {MidlockError} ENDPOINT_LIED.
 */
export function parseBlock(block: common.Block): FabricBlock {
  const header = block.getHeader();
  if (header === undefined) throw lied('block without header');
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  const dataHash = header.getDataHash_asU8();
  if (toHex(blockDataHash(envelopes)) !== toHex(dataHash)) throw lied('data hash');
  const number = header.getNumber();
  if (!Number.isSafeInteger(number) || number < 0) throw lied('block number');
  const flags =
    block.getMetadata()?.getMetadataList_asU8()[TRANSACTIONS_FILTER] ?? new Uint8Array();
  const previousHash = header.getPreviousHash_asU8();
  return {
    height: BigInt(number),
    hash: toHex(blockHeaderHash({ number: BigInt(number), previousHash, dataHash })),
    parentHash: toHex(previousHash),
    transactions: envelopes.flatMap((envelope, i) => {
      const transaction = readEnvelope(envelope, flags[i] ?? NOT_VALIDATED);
      return transaction === undefined ? [] : [transaction];
    }),
  };
}

/** Reads a serialized block (qscc answers). Throws ENDPOINT_LIED. */
export function parseBlockBytes(bytes: Uint8Array): FabricBlock {
  return parseBlock(decode('block', () => common.Block.deserializeBinary(bytes)));
}

function readEnvelope(bytes: Uint8Array, validationCode: number): FabricTransaction | undefined {
  try {
    return parseEnvelope(bytes, validationCode);
  } catch (error) {
    // Anyone can have rubbish ordered; peers flag it invalid. Rubbish that is VALID means that the peer lies.
    if (validationCode !== 0) return undefined;
    throw error;
  }
}

function parseEnvelope(bytes: Uint8Array, validationCode: number): FabricTransaction | undefined {
  return decode('transaction', () => {
    const envelope = common.Envelope.deserializeBinary(bytes);
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const header = common.ChannelHeader.deserializeBinary(
      payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
    );
    if (header.getType() !== ENDORSER_TRANSACTION) return undefined;
    const txId = header.getTxId();
    if (!/^[0-9a-f]{64}$/.test(txId)) throw lied('transaction id');
    const action = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList()[0];
    const chaincodeAction = peer.ChaincodeActionPayload.deserializeBinary(
      action?.getPayload_asU8() ?? new Uint8Array(),
    );
    const stamp = stampOf(header);
    return {
      txId,
      stampMs: stamp === undefined ? 0n : toMilliseconds(stamp),
      validationCode,
      ...invocationOf(chaincodeAction.getChaincodeProposalPayload_asU8()),
      ...eventOf(chaincodeAction),
    };
  });
}

function invocationOf(bytes: Uint8Array): Pick<FabricTransaction, 'chaincode' | 'args'> {
  const proposal = peer.ChaincodeProposalPayload.deserializeBinary(bytes);
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(
    proposal.getInput_asU8(),
  ).getChaincodeSpec();
  return {
    chaincode: spec?.getChaincodeId()?.getName() ?? '',
    args: spec?.getInput()?.getArgsList_asU8() ?? [],
  };
}

function eventOf(payload: peer.ChaincodeActionPayload): Pick<FabricTransaction, 'event'> {
  const response = payload.getAction()?.getProposalResponsePayload_asU8() ?? new Uint8Array();
  const action = peer.ChaincodeAction.deserializeBinary(
    peer.ProposalResponsePayload.deserializeBinary(response).getExtension_asU8(),
  );
  const bytes = action.getEvents_asU8();
  if (bytes.length === 0) return {};
  const event = peer.ChaincodeEvent.deserializeBinary(bytes);
  return {
    event: {
      chaincode: event.getChaincodeId(),
      name: event.getEventName(),
      payload: event.getPayload_asU8(),
    },
  };
}

/** Protobuf decoders throw their own errors, or odd ones on hostile bytes. */
function decode<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MidlockError) throw error;
    throw lied(`malformed ${what}`);
  }
}

function lied(what: string): MidlockError {
  return new MidlockError('ENDPOINT_LIED', { what });
}
