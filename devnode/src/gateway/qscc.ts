import { common, peer } from '@hyperledger/fabric-protos';
import type { ChannelLedger } from '../ledger/channel.ts';

const FUNCTIONS = new Set([
  'GetChainInfo',
  'GetBlockByNumber',
  'GetTransactionByID',
  'GetBlockByTxID',
]);

/** The query system chaincode's subset: chain info, blocks, transactions. Throws Error with the peer's text. */
export function queryLedger(channel: ChannelLedger, args: readonly Uint8Array[]): Uint8Array {
  const [fn, name, argument] = args.map((arg) => Buffer.from(arg).toString());
  if (!FUNCTIONS.has(fn ?? ''))
    throw new Error(
      `access denied for [${String(fn)}][${channel.name}]: [Unmapped policy for qscc/${String(fn)}]`,
    );
  if (name !== channel.name) throw new Error(`Invalid chain ID, ${String(name)}`);
  if (fn !== 'GetChainInfo' && argument === undefined)
    throw new Error(`missing 3rd argument for ${String(fn)}`);
  const last = channel.blocks.at(-1);
  switch (fn) {
    case 'GetChainInfo': {
      const info = new common.BlockchainInfo();
      info.setHeight(Number(channel.height));
      info.setCurrentblockhash(last?.hash ?? new Uint8Array());
      info.setPreviousblockhash(
        last?.block.getHeader()?.getPreviousHash_asU8() ?? new Uint8Array(),
      );
      return info.serializeBinary();
    }
    case 'GetBlockByNumber': {
      const block = channel.blocks[Number(argument)];
      if (block === undefined)
        throw new Error(
          `Failed to get block number ${String(argument)}, error no such block number [${String(argument)}] in index`,
        );
      return block.bytes;
    }
    case 'GetBlockByTxID':
    case 'GetTransactionByID': {
      const transaction = channel.transactions.get(argument ?? '');
      if (transaction === undefined)
        throw new Error(
          `Failed to get transaction with id ${String(argument)}, error no such transaction ID [${String(argument)}] in index`,
        );
      if (fn === 'GetBlockByTxID')
        return channel.blocks[Number(transaction.block)]?.bytes ?? new Uint8Array();
      const processed = new peer.ProcessedTransaction();
      processed.setTransactionenvelope(common.Envelope.deserializeBinary(transaction.envelope));
      processed.setValidationcode(transaction.code);
      return processed.serializeBinary();
    }
    default:
      throw new Error(`Requested function ${String(fn)} not found.`);
  }
}
