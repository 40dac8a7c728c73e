import { createRelayer } from '@midlock/relayer';
import { isMidlockError } from '@midlock/protocol';
import { loadPartyConfig } from '../config/load.ts';
import { openInbox } from '../party/inbox.ts';
import { createProcessLogger } from '../party/logger.ts';
import { homeOf, openJournal, openParty } from '../party/open-party.ts';
import { systemClock } from '../party/system.ts';

const INBOX_POLL_MS = 200;

/** `midlock relayer start`: watches swaps and finishes them for parties that are away, until SIGTERM. */
export async function relayerCommand(
  configFile: string | undefined,
  logLevel: string,
): Promise<void> {
  const config = loadPartyConfig(configFile);
  const logger = createProcessLogger('relayer', logLevel);
  const store = openJournal(config);
  await store.dropOrphanNonces();
  const party = await openParty(config, store);
  const relayer = createRelayer(
    { profile: party.profile, tickMs: config.agent.tickMs },
    { store, fabric: party.fabric, ethereum: party.ethereum, clock: systemClock, logger },
  );
  const inbox = openInbox(homeOf(config).inbox);
  await relayer.start();
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  void relayer.failed.then((reason) => {
    logger.error('relayer stopped by itself', {
      reason: isMidlockError(reason) ? reason.code : String(reason),
    });
    process.exitCode = 1;
    stop.abort();
  });
  while (!stop.signal.aborted) {
    await inbox
      .drain((file) => relayer.watch(file))
      .catch((error: unknown) => {
        if (!isMidlockError(error)) throw error;
        logger.warn('inbox will be read again', { code: error.code });
      });
    await systemClock.sleep(INBOX_POLL_MS, stop.signal);
  }
  await relayer.close();
  party.close();
  await store.close();
}
