import type { AddressInfo } from 'node:net';
import {
  isLoopback,
  type ClockPort,
  type CrashPort,
  type LedgerPort,
  type LoggerFamily,
  type Store,
} from '@midlock/client';
import { MidlockError, isMidlockError, type SwapProfile } from '@midlock/protocol';
import { limitsWith } from './api/limits.ts';
import { createMailbox } from './api/mailbox.ts';
import { API_VERSION, createApi, requireTls, type ApiOptions } from './api/server.ts';
import { createMetrics } from './operations/metrics.ts';
import { createOperations } from './operations/server.ts';
import { createRelayer, type Relayer } from './relayer.ts';

export interface DaemonOptions {
  readonly profile: SwapProfile;
  readonly patienceSec?: bigint;
  readonly tickMs: number;
  readonly concurrency: number;
  readonly maxOpen: number;
  readonly maxBacklog: number;
  readonly api: ApiOptions & { readonly port: number };
  readonly operations: { readonly host: string; readonly port: number };
}

export interface DaemonModules {
  readonly store: Store;
  readonly fabric: LedgerPort;
  readonly ethereum: LedgerPort;
  readonly clock: ClockPort;
  readonly logs: LoggerFamily;
  readonly crashPoint?: CrashPort;
  /** What the relayer's own account holds for fees, wei; not shown without it. */
  readonly walletWei?: () => Promise<bigint>;
}

/** A relayer with its two listeners. */
export interface Daemon {
  readonly relayer: Relayer;
  /** Recovers, follows, then listens. Throws TLS_REQUIRED, PORT_IN_USE, STORE_*. */
  start(): Promise<{ readonly apiUrl: string; readonly operationsUrl: string }>;
  close(): Promise<void>;
}

/** Builds the daemon from its parts; nothing runs before `start`. Throws TLS_REQUIRED. */
export function createDaemon(options: DaemonOptions, modules: DaemonModules): Daemon {
  const { api: apiOptions, operations: operationsOptions } = options;
  requireTls(apiOptions);
  if (!isLoopback(operationsOptions.host))
    throw new MidlockError('TLS_REQUIRED', { host: operationsOptions.host, what: 'operations' });
  const { store, clock, logs } = modules;
  const metrics = createMetrics(API_VERSION);
  const ports = {
    fabric: metrics.instrument(modules.fabric),
    ethereum: metrics.instrument(modules.ethereum),
  };
  const waiting = new Set<() => void>();
  const relayer = createRelayer(
    {
      ...options,
      onChange: (session, open) => {
        metrics.changed(session, open);
        for (const wake of [...waiting]) wake();
      },
      onUpdate: (update) => {
        metrics.updated(update);
      },
    },
    { ...modules, ...ports, logger: logs.logger('relayer') },
  );
  void relayer.failed.then((reason) => {
    if (isMidlockError(reason, 'STORE_VERSION')) metrics.fenced();
  });
  const nowMs = (): bigint => clock.nowMs();
  const limits = limitsWith(apiOptions.limits);
  const mailbox = createMailbox({
    store,
    limits,
    nowMs,
    ledgerSec: () => relayer.world().headSec.ethereum,
  });
  const api = createApi(apiOptions, {
    relayer,
    store,
    mailbox,
    ports,
    nowMs,
    startedAtMs: nowMs(),
    changed: (ms, signal) => sleepUntilWoken(waiting, clock, ms, signal),
  });
  const operations = createOperations({
    relayer,
    store,
    ports,
    metrics,
    mailbox,
    logs,
    limits,
    host: operationsOptions.host,
    hostNames: apiOptions.hostNames ?? [],
    version: API_VERSION,
    nowMs,
    ...(modules.walletWei === undefined ? {} : { walletWei: modules.walletWei }),
  });

  return {
    relayer,
    async start() {
      await relayer.start();
      const apiUrl = await api
        .listen({ host: apiOptions.host, port: apiOptions.port })
        .catch(portError(apiOptions.port));
      await new Promise<void>((resolve, reject) => {
        operations.once('error', reject);
        operations.listen(operationsOptions.port, operationsOptions.host, resolve);
      }).catch(portError(operationsOptions.port));
      const { port } = operations.address() as AddressInfo;
      return { apiUrl, operationsUrl: `http://${operationsOptions.host}:${String(port)}` };
    },
    async close() {
      operations.closeAllConnections();
      operations.close();
      await api.close();
      await relayer.close();
    },
  };
}

async function sleepUntilWoken(
  waiting: Set<() => void>,
  clock: ClockPort,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  let wake: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  waiting.add(wake);
  await Promise.race([woken, clock.sleep(ms, AbortSignal.any([signal, stop.signal]))]);
  stop.abort();
  waiting.delete(wake);
}

function portError(port: number): (error: unknown) => never {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new MidlockError('PORT_IN_USE', { port });
    throw error;
  };
}
