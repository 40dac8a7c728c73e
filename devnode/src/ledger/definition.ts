import type { SignaturePolicy } from '../msp/index.ts';

/** A private data collection as the channel knows it. */
export interface Collection {
  readonly name: string;
  readonly memberOrgs: ReadonlySet<string>;
  /** Absent: the chaincode's policy holds. */
  readonly endorsementPolicy: SignaturePolicy | undefined;
  /** Blocks that a value stays readable after its own; 0: for ever. */
  readonly blockToLive: number;
  readonly memberOnlyRead: boolean;
  readonly memberOnlyWrite: boolean;
}

/** A committed chaincode definition. */
export interface Definition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly policy: SignaturePolicy;
  readonly collections: ReadonlyMap<string, Collection>;
}

export type Definitions = ReadonlyMap<string, Definition>;

/** Namespace that holds the hashes of a collection. */
export function hashedNamespace(namespace: string, collection: string): string {
  return `${namespace}$$h${collection}`;
}

/** Namespace that holds a member's plain values of a collection. */
export function privateNamespace(namespace: string, collection: string): string {
  return `${namespace}$$p${collection}`;
}
