import type { common } from '@hyperledger/fabric-protos';
import { MidlockError } from '@midlock/protocol';
import type { PreparedTransaction } from './prepared.ts';

/** A node of the network and how its TLS is checked. */
export interface FabricNodeAddress {
  /** `host:port`. */
  readonly address: string;
  /** PEM of the CA that signed the node's TLS certificate; undefined speaks plain text, for loopback only. */
  readonly tlsCaCert?: string;
  /** Name in the node's TLS certificate, where it differs from the host. */
  readonly tlsServerName?: string;
}

/** An organisation and the peer through which it is reached. */
export interface FabricOrganization extends Omit<FabricNodeAddress, 'address'> {
  readonly mspId: string;
  /** `host:port` of the peer. */
  readonly gateway: string;
}

/** A call of the chaincode (or a system chaincode) with its stamp. */
export interface Invocation {
  readonly chaincode: string;
  /** `contract:function`. */
  readonly name: string;
  readonly arguments: readonly string[];
  readonly stampMs: bigint;
  /** The organisations whose peers run it; nobody else's see it, except through the ledger. */
  readonly organizations: readonly string[];
}

/** Where signed transactions are handed in. */
export interface Submitter {
  readonly endpoint: string;
  /** Hands a signed transaction to the orderers; returns when they took it. */
  submit(bytes: Uint8Array): Promise<void>;
}

/** One organisation's peer. Methods throw {@link GatewayError} or {@link CallFailure}; callers translate. */
export interface OrganizationGateway {
  readonly mspId: string;
  readonly endpoint: string;
  evaluate(invocation: Invocation): Promise<Uint8Array>;
  /** Gathers endorsements and signs; returns the transaction id and the bytes to submit, again and again if need be. */
  endorse(invocation: Invocation): Promise<{ readonly txId: string; readonly bytes: Uint8Array }>;
  /** Blocks from a number on, until the signal aborts or the stream breaks (it then throws). */
  blocks(startBlock: bigint, signal: AbortSignal): AsyncGenerator<common.Block, void, undefined>;
}

/** How a channel is reached: through Gateway services, or by the services of peers and orderers that lack it. */
export interface FabricTransport {
  /** One for each organisation, in the order of preference. */
  readonly gateways: readonly OrganizationGateway[];
  /** Who may be handed a signed transaction, in order; nobody from whom it must be kept until it is ordered. */
  submitters(transaction: PreparedTransaction): readonly Submitter[];
  close(): void;
}

export interface GatewayTimeouts {
  readonly evaluateMs: number;
  readonly endorseMs: number;
  readonly submitMs: number;
}

/** Short, since a peer that hangs is one of several; a hanging query also delays commits on its peer. Fabric's samples wait 15 s for endorsements. */
export const DEFAULT_TIMEOUTS: GatewayTimeouts = {
  evaluateMs: 5_000,
  endorseMs: 5_000,
  submitMs: 5_000,
};

/**
 * The CA for a node's TLS as PEM, or undefined for plain text.
 * @throws {MidlockError} CONFIG_INVALID for plain text beyond loopback; `key` names the member that lacks.
 */
export function tlsCaOf(
  { address, tlsCaCert }: Pick<FabricNodeAddress, 'address' | 'tlsCaCert'>,
  key: string,
): string | undefined {
  if (tlsCaCert !== undefined) return tlsCaCert;
  if (/^(?:localhost|127\.0\.0\.1|\[::1\]):\d+$/.test(address)) return undefined;
  throw new MidlockError('CONFIG_INVALID', {
    key,
    expected: 'a CA certificate: plain text is for loopback only',
    address,
  });
}
