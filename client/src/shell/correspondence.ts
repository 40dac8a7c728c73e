import {
  formatAccount,
  isMidlockError,
  type Hex32,
  type LedgerName,
  type SwapProfile,
} from '@midlock/protocol';
import type { ClockPort } from '../ports.ts';
import { acceptSwap } from '../sdk/create-swap.ts';
import { LETTERS_PER_RECEIPT, type RelayerClient } from '../sdk/relayer-client.ts';
import type { PartySigners } from '../terms-file/signers.ts';
import { accountsOf, isAccepted, roleIn, type TermsFile } from '../terms-file/terms-file.ts';
import type { Agent } from './agent.ts';
import { letterPoint, noCrash, type CrashPort, type LetterStep } from './crash-points.ts';
import { emptyInbox } from './inbox.ts';
import type { Logger } from './logger.ts';
import type { Telling } from './telling.ts';

export interface CorrespondenceOptions {
  readonly agent: Agent;
  readonly signers: PartySigners;
  readonly profile: SwapProfile;
  readonly accept: 'manual' | 'all';
  readonly clock: ClockPort;
  readonly logger: Logger;
  readonly inbox?: string;
  /** Where letters come from, and who tells that relayer of what was taken. */
  readonly relayer?: {
    readonly mailbox: Pick<RelayerClient, 'letters' | 'acknowledge'>;
    readonly telling: Telling;
  };
  readonly crashPoint?: CrashPort;
}

const POLL_MS = 500;
/** So often the box is read from its beginning, for what could not be taken or came late under an earlier id. */
const POLLS_PER_ROUND = 20;
/** After failures the pause doubles up to 8 s. */
const MAX_BACKOFF_STEPS = 4;

/**
 * How terms reach an agent: a folder and a relayer's mailbox. Runs until the signal aborts. Once a swap is taken nothing of it
 * waits for the relayer: what that is to know is owed and told beside.
 */
export async function correspond(
  options: CorrespondenceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { agent, signers, clock, logger, inbox, relayer, crashPoint = noCrash } = options;
  const accounts = accountsOf(signers);
  const account = formatAccount(accounts.fabric);
  let after = '';
  let polls = 0;
  /** Done with here, and still in the box. */
  const read: string[] = [];

  async function receive(file: TermsFile): Promise<void> {
    const mine = file.acceptances[roleIn(file.terms, accounts)];
    const signed = mine === undefined && options.accept === 'all' ? await sign(file) : file;
    await agent.take(signed);
    if (isAccepted(signed)) await relayer?.telling.owe(signed, signed !== file);
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

  /** A letter is thrown away at the relayer once it is durable here or refused for good. */
  async function readMail(): Promise<void> {
    if (relayer === undefined) return;
    polls += 1;
    if (polls % POLLS_PER_ROUND === 0) after = '';
    for (const { id, file } of await relayer.mailbox.letters(account, after)) {
      const keep = await around('mail', () => receive(file)).then(() => false, refused);
      if (!keep) read.push(id);
      after = id;
    }
    while (read.length > 0) {
      const ids = read.slice(0, LETTERS_PER_RECEIPT);
      await relayer.mailbox.acknowledge(account, ids, signers.fabric);
      read.splice(0, ids.length);
    }
  }

  /** True when the letter may be taken later. */
  function refused(error: unknown): boolean {
    if (!isMidlockError(error)) throw error;
    logger.warn('letter refused', { code: error.code });
    return error.retry !== 'never';
  }

  async function readInbox(folder: string): Promise<void> {
    const handlers = {
      take: (file: TermsFile) => around('inbox', () => receive(file)),
      abandon: (swapId: Hex32) => agent.command(swapId, 'abandon'),
      resume: (ledger: LedgerName) => agent.resume(ledger),
    };
    await emptyInbox(folder, handlers, logger);
  }

  /** Works every half second, after failures less often. */
  async function repeat(work: () => Promise<void>): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await work();
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn('correspondence', { code: isMidlockError(error) ? error.code : 'INTERNAL' });
      }
      await clock.sleep(POLL_MS << Math.min(failures, MAX_BACKOFF_STEPS), signal);
    }
  }

  // Beside each other: what lies in the folder waits for no relayer.
  await Promise.all([
    inbox === undefined ? undefined : repeat(() => readInbox(inbox)),
    relayer === undefined ? undefined : repeat(readMail),
  ]);
}
