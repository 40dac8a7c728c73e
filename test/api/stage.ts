import {
  createLoggerFamily,
  createMemoryStore,
  signTerms,
  termsFileToJson,
  type LedgerPort,
  type Store,
  type TermsFile,
} from '@midlock/client';
import { CAROL, createRig, partyFor, testSigners, type Rig } from '@midlock/client/testing';
import type { Direction } from '@midlock/protocol';
import {
  createDaemon,
  createToken,
  type ApiLimits,
  type Daemon,
  type DaemonOptions,
  type Scope,
} from '@midlock/relayer';

export interface StageOptions {
  readonly limits?: Partial<ApiLimits>;
  readonly daemon?: Partial<DaemonOptions>;
  /** Asks for tokens of these scopes. */
  readonly scopes?: readonly Scope[];
  /** Tokens as they were before records carried a fast check. */
  readonly oldTokens?: boolean;
  readonly store?: Store;
  readonly rig?: Rig;
  readonly walletWei?: () => Promise<bigint>;
  /** Laid over the ledger's port: slow, silent or counting. */
  readonly over?: (port: LedgerPort) => LedgerPort;
}

/** A relayer with its real listeners, on the models of both ledgers. */
export interface Stage {
  readonly rig: Rig;
  readonly daemon: Daemon;
  readonly store: Store;
  readonly apiUrl: string;
  readonly operationsUrl: string;
  readonly port: number;
  /** Authorization for a token of all `scopes`; empty where none is needed. */
  readonly authorization: Readonly<Record<string, string>>;
  /** Terms that both parties have signed. */
  file(number: number, direction?: Direction): Promise<TermsFile>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  take(file: TermsFile, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

const [INITIATOR, RESPONDER] = [testSigners(0), testSigners(1)];

/** Both parties of the terms that a stage signs. */
export const [ANNA, BEN] = [partyFor('a', INITIATOR), partyFor('b', RESPONDER)];

export function createStageRig(): Rig {
  return createRig({ initiator: ANNA, responder: BEN });
}

export async function signedTerms(
  rig: Rig,
  number: number,
  direction: Direction = 'fabric-first',
): Promise<TermsFile> {
  const draft: TermsFile = { version: 1, terms: rig.terms(direction, number), acceptances: {} };
  return signTerms(await signTerms(draft, INITIATOR), RESPONDER);
}

/** Starts a relayer; whoever starts it closes it. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const { rig = createStageRig(), store = createMemoryStore(), over = (port) => port } = options;
  const ports = rig.ports(CAROL, store.nonces);
  const { token, record } = createToken('tester', options.scopes ?? [], new Date(4e12));
  const { check: _check, ...old } = record;
  const daemon = createDaemon(
    {
      profile: rig.profile,
      tickMs: 1000,
      concurrency: 4,
      maxOpen: 1_000,
      maxBacklog: 1_000,
      operations: { host: '127.0.0.1', port: 0 },
      ...options.daemon,
      api: {
        host: '127.0.0.1',
        port: 0,
        tokens: options.scopes === undefined ? [] : [options.oldTokens === true ? old : record],
        limits: options.limits ?? {},
      },
    },
    {
      store,
      fabric: over(ports.fabric),
      ethereum: over(ports.ethereum),
      clock: rig.clock,
      ...(options.walletWei === undefined ? {} : { walletWei: options.walletWei }),
      logs: createLoggerFamily({ spec: 'error', format: 'json' }),
    },
  );
  const { apiUrl, operationsUrl } = await daemon.start();
  await rig.second();
  const authorization: Record<string, string> =
    options.scopes === undefined ? {} : { authorization: `Bearer ${token}` };
  const post: Stage['post'] = (path, body, headers = {}) =>
    fetch(apiUrl + path, {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    rig,
    daemon,
    store,
    apiUrl,
    operationsUrl,
    port: Number(new URL(apiUrl).port),
    authorization,
    file: (number, direction) => signedTerms(rig, number, direction),
    get: (path, headers = {}) =>
      fetch(apiUrl + path, { headers: { ...authorization, ...headers } }),
    post,
    take: (file, headers) => post('/api/v1/swaps', termsFileToJson(file), headers),
    close: () => daemon.close(),
  };
}
