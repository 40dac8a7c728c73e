import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MidlockError, formatAccount } from '@midlock/protocol';
import { agentSchema, type AgentConfig } from './config/agent-schema.ts';
import { openEthereumSigner, openIdentity, openLedgers } from './config/open-ledgers.ts';
import { readConfig } from './config/read-config.ts';
import { createRelayerClient, type RelayerClient } from './sdk/relayer-client.ts';
import { createAgent } from './shell/agent.ts';
import { correspond } from './shell/correspondence.ts';
import { crashSwitch } from './shell/crash-switch.ts';
import { runProcess, untilAborted, type ProcessBody } from './shell/run-process.ts';
import { openSeedFile } from './shell/seed.ts';
import { createTelling } from './shell/telling.ts';
import { createSystemClock, systemRandom } from './shell/system-clock.ts';
import { createLoggerFamily } from './shell/winston-logger.ts';
import { refuseConfiguration } from './start-up/check-configuration.ts';
import { refuseNetworks } from './start-up/check-networks.ts';
import { partySecrets } from './start-up/secret-files.ts';
import { crashingStore } from './store/crashing-store.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { accountsOf } from './terms-file/terms-file.ts';

/** An agent process from its configuration; runs until the signal aborts. */
export function agentProcess(
  config: AgentConfig,
  environment: Readonly<Record<string, string | undefined>>,
): ProcessBody {
  return async (signal, ready) => {
    const logs = createLoggerFamily(config.logging);
    const logger = logs.logger(config.name);
    const clock = createSystemClock();
    const [fabricIdentity, ethereumSigner, seed] = await Promise.all([
      openIdentity(config.identity.fabric),
      openEthereumSigner(config.identity.ethereum.key),
      openSeedFile(config.seed.file, systemRandom),
    ]);
    await refuseConfiguration({
      secretFiles: partySecrets(config),
      chainId: config.ethereum.chainId,
      ethereumAddress: ethereumSigner.address,
    });
    const signers = { fabric: fabricIdentity, ethereum: ethereumSigner };
    const accounts = accountsOf(signers);
    const crashPoint = crashSwitch(environment['MIDLOCK_CRASH_AT']);
    const store = crashingStore(openSqliteStore(config.store.path), crashPoint);
    await store.verify();
    const ledgers = await openLedgers({
      ...config,
      fabricIdentity,
      ethereumSigner,
      nonces: store.nonces,
      logger,
    });
    const { profile, tickMs, concurrency } = config;
    const swapsOpen = (await store.list({ open: true, limit: 1 })).length > 0;
    const { endorsements } = config.fabric;
    await refuseNetworks({ ...ledgers, profile, endorsements }, swapsOpen, logger);
    const agent = createAgent(
      { accounts, profile, tickMs, concurrency },
      {
        store,
        seed,
        clock,
        logger,
        fabric: ledgers.fabric,
        ethereum: ledgers.ethereum,
        crashPoint,
      },
    );
    const mailbox = await relayerOf(config);
    const telling =
      mailbox === undefined
        ? undefined
        : await createTelling({ agent, store, relayer: mailbox, clock, logger, crashPoint });
    const stop = new AbortController();
    const until = AbortSignal.any([signal, stop.signal]);
    await agent.start();
    const mail = correspond(
      {
        agent,
        signers,
        profile,
        accept: config.accept,
        clock,
        logger,
        crashPoint,
        ...(config.inbox === undefined ? {} : { inbox: config.inbox }),
        ...(mailbox === undefined || telling === undefined
          ? {}
          : { relayer: { mailbox, telling } }),
      },
      until,
    );
    const told = telling?.run(until);
    ready({
      role: 'agent',
      name: config.name,
      fabricAccount: formatAccount(accounts.fabric),
      ethereumAddress: accounts.ethereum,
      open: agent.open().length,
    });
    const failure = await Promise.race([agent.failed, untilAborted(signal)]);
    stop.abort();
    await Promise.all([mail, told]);
    await agent.close();
    ledgers.close();
    await store.close();
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new MidlockError('INTERNAL');
  };
}

async function relayerOf({ relayer }: AgentConfig): Promise<RelayerClient | undefined> {
  if (relayer === undefined) return undefined;
  const token =
    relayer.token === undefined ? undefined : (await readFile(relayer.token.file, 'utf8')).trim();
  return createRelayerClient({ url: relayer.url, ...(token === undefined ? {} : { token }) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runProcess((signal, ready) =>
    agentProcess(
      readConfig(process.argv[2] ?? 'midlock.agent.yaml', agentSchema, process.env),
      process.env,
    )(signal, ready),
  );
}
