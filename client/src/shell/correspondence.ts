import { createRecent } from '@midlock/ledgers';
import { formatAccount, isMidlockError, swapIdOf, type SwapProfile } from '@midlock/protocol';
import type { ClockPort } from '../ports.ts';
import { acceptSwap } from '../sdk/create-swap.ts';
import type { RelayerClient } from '../sdk/relayer-client.ts';
import type { PartySigners } from '../terms-file/signers.ts';
import { accountsOf, isAccepted, roleIn, type TermsFile } from '../terms-file/terms-file.ts';
import type { Agent } from './agent.ts';
import { letterPoint, noCrash, type CrashPort, type LetterStep } from './crash-points.ts';
import { emptyInbox } from './inbox.ts';
import type { Logger } from './logger.ts';

export interface CorrespondenceOptions {
  readonly agent: Agent;
  readonly signers: PartySigners;
  readonly profile: SwapProfile;
  readonly accept: 'manual' | 'all';
  readonly clock: ClockPort;
  readonly logger: Logger;
  readonly inbox?: string;
  readonly relayer?: RelayerClient;
  readonly crashPoint?: CrashPort;
}

const POLL_MS = 500;
/** Of so many swaps it is known that the relayer has them; of an older one it is told again when a letter comes again. */
const KEPT_TOLD = 512;

/** How terms reach an agent: a folder and a relayer's mailbox. Runs until the signal aborts. */
export async function correspond(
  options: CorrespondenceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { agent, signers, clock, logger, inbox, relayer, crashPoint = noCrash } = options;
  const accounts = accountsOf(signers);
  const told = createRecent<string, true>(KEPT_TOLD);
  let after = '';

  async function receive(file: TermsFile): Promise<void> {
    const mine = file.acceptances[roleIn(file.terms, accounts)];
    const signed = mine === undefined && options.accept === 'all' ? await sign(file) : file;
    await agent.take(signed);
    if (relayer === undefined || !isAccepted(signed)) return;
    const swapId = swapIdOf(signed.terms);
    if (told.has(swapId)) return;
    await around('tell', () => relayer.postSwap(signed));
    if (signed !== file) await around('answer', () => relayer.postLetter(signed));
    told.set(swapId, true);
  }

  async function around<T>(step: LetterStep, work: () => Promise<T>): Promise<T> {
    crashPoint(letterPoint(step, 'before'));
    const result = await work();
    crashPoint(letterPoint(step, 'after'));
    return result;
  }

  function sign(file: TermsFile): Promise<TermsFile> {
    return acceptSwap(file, signers, { profile: options.profile, nowSec: clock.nowMs() / 1000n });
  }

  async function readMail(): Promise<void> {
    for (const { id, file } of (await relayer?.letters(formatAccount(accounts.fabric), after)) ??
      []) {
      await around('mail', () => receive(file)).catch((error: unknown) => {
        if (!isMidlockError(error)) throw error;
        logger.warn('letter refused', { code: error.code });
      });
      after = id;
    }
  }

  while (!signal.aborted) {
    try {
      if (inbox !== undefined)
        await emptyInbox(
          inbox,
          {
            take: (file) => around('inbox', () => receive(file)),
            abandon: (swapId) => agent.command(swapId, 'abandon'),
            resume: (ledger) => agent.resume(ledger),
          },
          logger,
        );
      await readMail();
    } catch (error) {
      logger.warn('correspondence', { code: isMidlockError(error) ? error.code : 'INTERNAL' });
    }
    await clock.sleep(POLL_MS, signal);
  }
}
