import type { ChaincodeInForce, DeployedChaincode } from '../lifecycle/deploy.ts';
import { checkEndpoint, type ChaincodeDefinition, type ChaincodeEndpoint } from '../options.ts';

/** One peer's state. */
export interface PeerState {
  readonly mspId: string;
  readonly name: string;
  readonly up: boolean;
  /** What its clock shows, ms since 1970. */
  readonly nowMs: number;
}

/** What an administrator can do to a running node; the same on the object and over JSON-RPC. */
export interface Controls {
  /** Sets the clock that all peers share, in ms since 1970; it runs on from there. */
  setClock(nowMs: number): void;
  /** Moves the clock of an organisation's peers, or of one of them, against the shared one. */
  skewClock(mspId: string, skewMs: number, peer?: string): void;
  /** Takes an organisation's peers, or one of them, down (no endorsement, no gateway, streams end) or brings them back. */
  setUp(mspId: string, up: boolean, peer?: string): void;
  /** Where an organisation's peers, or one of them, reach a chaincode from now on; the old connection is dropped. */
  setEndpoint(chaincode: string, mspId: string, endpoint: ChaincodeEndpoint, peer?: string): void;
  /**
   * Puts a chaincode's definition in force, the next one of its name; peers take its endpoints with the block.
   * Rejects with DevnodeError CONFIG_INVALID in a peer's words: the sequence, the majority, the form.
   */
  deployChaincode(chaincode: ChaincodeDefinition): Promise<DeployedChaincode>;
  /** The definition in force and where organisations reach it, or null. */
  chaincode(name: string): ChaincodeInForce | null;
  /** All peers, in the order of the options. */
  peers(): readonly PeerState[];
  /** Cuts a block of what waits, now. */
  cutBlock(): void;
  pauseOrdering(): void;
  resumeOrdering(): void;
  /** Transaction ids waiting for a block, in order. */
  pending(): readonly string[];
  /** Puts waiting transactions first, in this order. */
  reorder(txIds: readonly string[]): void;
  /** Keeps a transaction from being ordered until `release`. */
  withhold(txId: string): void;
  release(txId: string): void;
  /** A mark of the ledger to revert to. */
  snapshot(): string;
  /** Goes back to a snapshot: later blocks are gone, event streams end. Throws Error for an unknown mark. */
  revert(mark: string): void;
  /** Ends event and block streams, of one peer, one organisation or all; returns how many. */
  dropStreams(mspId?: string, peer?: string): number;
  height(): string;
}

export type AdminMethods = Readonly<
  Record<string, (params: Readonly<Record<string, unknown>>) => unknown>
>;

/** Controls as JSON-RPC methods with named parameters. Each throws Error for a parameter of a wrong type. */
export function adminMethods(controls: Controls): AdminMethods {
  return {
    setClock: (params) => {
      controls.setClock(number(params, 'nowMs'));
    },
    skewClock: (params) => {
      controls.skewClock(
        text(params, 'mspId'),
        number(params, 'skewMs'),
        optionalText(params, 'peer'),
      );
    },
    setUp: (params) => {
      controls.setUp(text(params, 'mspId'), truth(params, 'up'), optionalText(params, 'peer'));
    },
    setEndpoint: (params) => {
      const endpoint: unknown = params['endpoint'];
      checkEndpoint('endpoint', endpoint);
      controls.setEndpoint(
        text(params, 'chaincode'),
        text(params, 'mspId'),
        endpoint,
        optionalText(params, 'peer'),
      );
    },
    // The definition's form is checked as that of a configuration file.
    deployChaincode: (params) => controls.deployChaincode(params as unknown as ChaincodeDefinition),
    chaincode: (params) => controls.chaincode(text(params, 'name')),
    peers: () => controls.peers(),
    cutBlock: () => {
      controls.cutBlock();
    },
    pauseOrdering: () => {
      controls.pauseOrdering();
    },
    resumeOrdering: () => {
      controls.resumeOrdering();
    },
    pending: () => controls.pending(),
    reorder: (params) => {
      controls.reorder(texts(params, 'txIds'));
    },
    withhold: (params) => {
      controls.withhold(text(params, 'txId'));
    },
    release: (params) => {
      controls.release(text(params, 'txId'));
    },
    snapshot: () => controls.snapshot(),
    revert: (params) => {
      controls.revert(text(params, 'mark'));
    },
    dropStreams: (params) =>
      controls.dropStreams(optionalText(params, 'mspId'), optionalText(params, 'peer')),
    height: () => controls.height(),
  };
}

function text(params: Readonly<Record<string, unknown>>, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw new Error(`${name}: text is needed`);
  return value;
}

function optionalText(params: Readonly<Record<string, unknown>>, name: string): string | undefined {
  return params[name] === undefined ? undefined : text(params, name);
}

function truth(params: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = params[name];
  if (typeof value !== 'boolean') throw new Error(`${name}: true or false is needed`);
  return value;
}

function number(params: Readonly<Record<string, unknown>>, name: string): number {
  const value = params[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Error(`${name}: a whole number is needed`);
  return value;
}

function texts(params: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = params[name];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
    throw new Error(`${name}: a list of texts is needed`);
  return value;
}
