import * as grpc from '@grpc/grpc-js';
import type { peer } from '@hyperledger/fabric-protos';
import type { Refusal } from '../endorser/endorser.ts';
import { decodeProposal, type DecodedProposal } from '../endorser/proposal.ts';
import { gatewayError } from './status.ts';

const { status } = grpc;

export interface PeerFailure {
  readonly code: grpc.status;
  readonly message: string;
  /** Another peer may do better. */
  readonly retry: boolean;
}

/** Reads the proposal of a request. Throws a gRPC error with the gateway's text; `prefix` stands before causes. */
export function readProposal(
  signed: peer.SignedProposal | undefined,
  missing: string,
  prefix: string,
): DecodedProposal {
  if (signed === undefined || signed.getProposalBytes_asU8().length === 0)
    throw gatewayError(status.INVALID_ARGUMENT, missing);
  try {
    return decodeProposal(signed);
  } catch (error) {
    throw gatewayError(
      status.INVALID_ARGUMENT,
      `${prefix}${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** How the gateway judges a peer's refusal: the gateway's own peer's errors keep their text, those of others come through gRPC. */
export function judge({ kind, message }: Refusal, isLocal: boolean): PeerFailure {
  switch (kind) {
    case 'chaincode':
      return { code: status.UNKNOWN, message, retry: false };
    case 'peer':
      return { code: status.ABORTED, message, retry: true };
    case 'refused':
      return isLocal
        ? { code: status.FAILED_PRECONDITION, message, retry: false }
        : { code: status.UNAVAILABLE, message: remote(message), retry: true };
    case 'filter':
      return {
        code: status.UNAVAILABLE,
        message: isLocal ? message : remote(message),
        retry: true,
      };
  }
}

function remote(message: string): string {
  return `rpc error: code = Unknown desc = ${message}`;
}
