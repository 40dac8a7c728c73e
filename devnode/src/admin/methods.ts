/** What an administrator can do to a running node; the same on the object and over JSON-RPC. */
export interface Controls {
  /** Sets the clock that all peers share, in ms since 1970; it runs on from there. */
  setClock(nowMs: number): void;
  /** Moves one organisation's peer clock against the shared one. */
  skewClock(mspId: string, skewMs: number): void;
  /** Takes an organisation down (no endorsement, no gateway) or brings it back. */
  setUp(mspId: string, up: boolean): void;
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
  /** Ends event and block streams, of one organisation or of all; returns how many. */
  dropStreams(mspId?: string): number;
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
      controls.skewClock(text(params, 'mspId'), number(params, 'skewMs'));
    },
    setUp: (params) => {
      controls.setUp(text(params, 'mspId'), params['up'] === true);
    },
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
      controls.dropStreams(params['mspId'] === undefined ? undefined : text(params, 'mspId')),
    height: () => controls.height(),
  };
}

function text(params: Readonly<Record<string, unknown>>, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw new Error(`${name}: text is needed`);
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
