import { common, gateway, ledger, msp, peer } from '@hyperledger/fabric-protos';
import type { Transaction } from '@hyperledger/fabric-gateway';
import type { Plain } from './normalise.ts';

/** Parts of an endorsed transaction, as messages. */
export interface EndorsedParts {
  readonly action: peer.ChaincodeAction;
  readonly endorsements: readonly peer.Endorsement[];
  readonly endorsers: readonly string[];
}

/** Decodes what an endorsed transaction will be committed as. */
export function partsOf(transaction: Transaction): EndorsedParts {
  const prepared = gateway.PreparedTransaction.deserializeBinary(transaction.getBytes());
  return partsOfEnvelope(prepared.getEnvelope()?.serializeBinary() ?? new Uint8Array());
}

/** The same from an envelope's bytes, as a block holds them. */
export function partsOfEnvelope(envelope: Uint8Array): EndorsedParts {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const [first] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(
    first?.getPayload_asU8() ?? new Uint8Array(),
  ).getAction();
  const response = peer.ProposalResponsePayload.deserializeBinary(
    endorsed?.getProposalResponsePayload_asU8() ?? new Uint8Array(),
  );
  const endorsements = endorsed?.getEndorsementsList() ?? [];
  return {
    action: peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()),
    endorsements,
    endorsers: endorsements
      .map((entry) => msp.SerializedIdentity.deserializeBinary(entry.getEndorser_asU8()).getMspid())
      .toSorted(),
  };
}

/** A read-write set as JSON: versions only as present or absent, values as text, everything in its own order. */
export function readWriteSetOf(action: peer.ChaincodeAction): Plain {
  const set = ledger.rwset.TxReadWriteSet.deserializeBinary(action.getResults_asU8());
  return set.getNsRwsetList().map((namespace) => ({
    namespace: namespace.getNamespace(),
    ...kvSet(namespace.getRwset_asU8()),
    ...optional(
      'collections',
      namespace.getCollectionHashedRwsetList().map((collection) => ({
        name: collection.getCollectionName(),
        ...hashedSet(collection.getHashedRwset_asU8()),
      })),
    ),
  }));
}

function kvSet(bytes: Uint8Array): { [key: string]: Plain } {
  const set = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(bytes);
  return {
    ...optional(
      'reads',
      set.getReadsList().map((read) => [read.getKey(), read.hasVersion()]),
    ),
    ...optional(
      'ranges',
      set.getRangeQueriesInfoList().map((range) => ({
        start: range.getStartKey(),
        end: range.getEndKey(),
        exhausted: range.getItrExhausted(),
        raw: (range.getRawReads()?.getKvReadsList() ?? []).map((read) => read.getKey()),
        merkle: range.hasReadsMerkleHashes()
          ? {
              degree: range.getReadsMerkleHashes()?.getMaxDegree() ?? 0,
              level: range.getReadsMerkleHashes()?.getMaxLevel() ?? 0,
              hashes: range.getReadsMerkleHashes()?.getMaxLevelHashesList().length ?? 0,
            }
          : null,
      })),
    ),
    ...optional(
      'writes',
      set
        .getWritesList()
        .map((write) => [
          write.getKey(),
          write.getIsDelete() ? null : Buffer.from(write.getValue_asU8()).toString(),
        ]),
    ),
    ...optional(
      'metadata',
      set
        .getMetadataWritesList()
        .map((write) => [
          write.getKey(),
          write.getEntriesList().map((entry) => [entry.getName(), entry.getValue_asU8().length]),
        ]),
    ),
  };
}

function hashedSet(bytes: Uint8Array): { [key: string]: Plain } {
  const set = ledger.rwset.kvrwset.HashedRWSet.deserializeBinary(bytes);
  return {
    ...optional(
      'reads',
      set.getHashedReadsList().map((read) => [read.getKeyHash_asU8().length, read.hasVersion()]),
    ),
    ...optional(
      'writes',
      set
        .getHashedWritesList()
        .map((write) => [
          write.getKeyHash_asU8().length,
          write.getIsDelete(),
          write.getIsPurge(),
          write.getValueHash_asU8().length,
        ]),
    ),
    ...optional(
      'metadata',
      set
        .getMetadataWritesList()
        .map((write) => write.getEntriesList().map((entry) => entry.getName())),
    ),
  };
}

function optional(name: string, list: readonly Plain[]): { [key: string]: Plain } {
  return list.length === 0 ? {} : { [name]: list };
}
