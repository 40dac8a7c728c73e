import { createAgent, type Logger } from '@midlock/client';
import { isMidlockError } from '@midlock/protocol';
import { loadPartyConfig } from '../config/load.ts';
import { createProcessLogger } from '../party/logger.ts';
import { openInbox } from '../party/inbox.ts';
import { homeOf, openJournal, openParty } from '../party/open-party.ts';
import { systemClock } from '../party/system.ts';

const INBOX_POLL_MS = 200;

/** `midlock agent start`: runs a party's swaps until SIGTERM. Prints one JSON line when it is ready. */
export async function agentCommand(
  configFile: string | undefined,
  logLevel: string,
): Promise<void> {
  const config = loadPartyConfig(configFile);
  const logger = createProcessLogger(`agent ${config.fabric.mspId}`, logLevel);
  const store = openJournal(config);
  await store.dropOrphanNonces();
  const party = await openParty(config, store);
  const inbox = openInbox(homeOf(config).inbox);
  const agent = createAgent(
    { accounts: party.accounts, profile: party.profile, tickMs: config.agent.tickMs },
    {
      store,
      fabric: party.fabric,
      ethereum: party.ethereum,
      clock: systemClock,
      seed: party.seed,
      logger,
    },
  );
  await agent.start();
  process.stdout.write(
    `${JSON.stringify({ ready: true, accounts: { fabric: party.accounts.fabric, ethereum: party.accounts.ethereum } })}\n`,
  );

  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  void agent.failed.then((reason) => {
    logger.error('agent stopped by itself', {
      reason: isMidlockError(reason) ? reason.code : String(reason),
    });
    process.exitCode = 1;
    stop.abort();
  });
  while (!stop.signal.aborted) {
    await inbox.drain((file) => agent.take(file)).catch(survive(logger));
    await systemClock.sleep(INBOX_POLL_MS, stop.signal);
  }
  await agent.close();
  party.close();
  await store.close();
}

function survive(logger: Logger): (error: unknown) => void {
  return (error) => {
    if (!isMidlockError(error)) throw error;
    logger.warn('inbox will be read again', { code: error.code });
  };
}
