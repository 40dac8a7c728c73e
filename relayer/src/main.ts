import { fileURLToPath } from 'node:url';
import {
  crashSwitch,
  crashingStore,
  createLoggerFamily,
  createSystemClock,
  openEthereumSigner,
  openIdentity,
  openLedgers,
  openSqliteStore,
  readConfig,
  probeLedgers,
  runProcess,
  untilAborted,
  type ProcessBody,
} from '@midlock/client';
import { ETH, MidlockError } from '@midlock/protocol';
import { relayerSchema, type RelayerConfig } from './config/relayer-schema.ts';
import { createDaemon } from './daemon.ts';

/** A relayer process from its configuration; runs until the signal aborts. */
export function relayerProcess(
  config: RelayerConfig,
  environment: Readonly<Record<string, string | undefined>>,
): ProcessBody {
  return async (signal, ready) => {
    const logs = createLoggerFamily(config.logging);
    const clock = createSystemClock();
    const [fabricIdentity, ethereumSigner] = await Promise.all([
      openIdentity(config.identity.fabric),
      openEthereumSigner(config.identity.ethereum.key),
    ]);
    const crashPoint = crashSwitch(environment['MIDLOCK_CRASH_AT']);
    const store = crashingStore(openSqliteStore(config.store.path), crashPoint);
    await store.verify();
    const ledgers = await openLedgers({
      ...config,
      fabricIdentity,
      ethereumSigner,
      nonces: store.nonces,
      logger: logs.logger('ledgers'),
    });
    await probeLedgers([ledgers.fabric, ledgers.ethereum]);
    const { limits, api, operations, profile, tickMs, concurrency, patienceSec } = config;
    const daemon = createDaemon(
      {
        profile,
        tickMs,
        concurrency,
        ...(patienceSec === undefined ? {} : { patienceSec: BigInt(patienceSec) }),
        maxOpen: limits.maxOpen,
        maxBacklog: limits.maxBacklog,
        maxStreams: limits.maxStreams,
        api: {
          host: api.host,
          port: api.port,
          tokens: api.tokens,
          ...(api.tls === undefined ? {} : { tls: api.tls }),
          limits,
          maxConnections: limits.maxConnections,
        },
        operations,
      },
      {
        store,
        fabric: ledgers.fabric,
        ethereum: ledgers.ethereum,
        clock,
        logs,
        crashPoint,
        walletWei: () => ledgers.ethereum.account.tokenBalance(ETH, ethereumSigner.address),
      },
    );
    ready({
      role: 'relayer',
      name: config.name,
      ...(await daemon.start()),
      open: daemon.relayer.open().length,
    });
    const { failed, drained } = daemon.relayer;
    const failure = await Promise.race([failed, untilAborted(signal), drained]);
    await daemon.close();
    ledgers.close();
    await store.close();
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new MidlockError('INTERNAL');
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runProcess((signal, ready) =>
    relayerProcess(
      readConfig(process.argv[2] ?? 'midlock.config.yaml', relayerSchema, process.env),
      process.env,
    )(signal, ready),
  );
}
