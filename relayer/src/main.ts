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
  identitySecrets,
  refuseConfiguration,
  refuseNetworks,
  runProcess,
  untilAborted,
  type Listener,
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
    await refuseConfiguration({
      secretFiles: [...identitySecrets(config.identity), config.api.tls?.keyFile],
      listeners: listenersOf(config),
      chainId: config.ethereum.chainId,
      ethereumAddress: ethereumSigner.address,
    });
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
    const swapsOpen = (await store.list({ open: true, limit: 1 })).length > 0;
    await refuseNetworks(
      { ...ledgers, profile: config.profile, endorsements: config.fabric.endorsements },
      swapsOpen,
      logs.logger('start'),
    );
    const { limits, api, operations, profile, tickMs, concurrency, patienceSec } = config;
    const { maxOpen, maxBacklog, ...apiLimits } = limits;
    const daemon = createDaemon(
      {
        profile,
        tickMs,
        concurrency,
        ...(patienceSec === undefined ? {} : { patienceSec: BigInt(patienceSec) }),
        maxOpen,
        maxBacklog,
        api: {
          host: api.host,
          port: api.port,
          tokens: api.tokens,
          ...(api.tls === undefined ? {} : { tls: api.tls }),
          hostNames: api.hostNames,
          limits: apiLimits,
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

/** The API, and the operations listener, which has neither TLS nor tokens. */
function listenersOf({ api, operations }: RelayerConfig): readonly Listener[] {
  const { host, tls, tokens } = api;
  return [
    { name: 'api', host, tls: tls !== undefined, tokens: tokens.length > 0 },
    { name: 'operations', host: operations.host, tls: false, tokens: false },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runProcess((signal, ready) =>
    relayerProcess(
      readConfig(process.argv[2] ?? 'midlock.config.yaml', relayerSchema, process.env),
      process.env,
    )(signal, ready),
  );
}
