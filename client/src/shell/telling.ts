import {
  MidlockError,
  isMidlockError,
  swapIdOf,
  type ErrorCode,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import type { ClockPort } from '../ports.ts';
import type { RelayerClient } from '../sdk/relayer-client.ts';
import type { Store } from '../store/port.ts';
import { parseTermsFile, termsFileText, type TermsFile } from '../terms-file/terms-file.ts';
import type { Agent } from './agent.ts';
import { letterPoint, noCrash, type CrashPort, type LetterStep } from './crash-points.ts';
import type { Logger } from './logger.ts';

export interface TellingOptions {
  readonly agent: Pick<Agent, 'open'>;
  readonly store: Pick<Store, 'putDocument' | 'document' | 'documents' | 'dropDocuments'>;
  readonly relayer: Pick<RelayerClient, 'knowsSwap' | 'postSwap' | 'postLetter'>;
  readonly clock: ClockPort;
  readonly logger: Logger;
  readonly crashPoint?: CrashPort;
}

/** What a party owes its relayer: to know of its open swaps, and to hand on its signatures. Nothing waits for it. */
export interface Telling {
  /** Makes durable that the relayer is to know a swap; with `isAnswer` that the counterparty is to get this file. */
  owe(file: TermsFile, isAnswer: boolean): Promise<void>;
  /** Tells what is new at once, and asks after each open swap in turn whether the relayer still knows it. Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Terms that both have signed, by swap, for as long as the swap is open. */
const SIGNED = 'signed-terms';
/** Files that the counterparty is to get, by swap. */
const ANSWERS = 'answers';
/** Each is dropped when its swap has ended or its letter was taken; nothing is dropped for another. */
const KEPT = 1_000_000;
const POLL_MS = 500;
/** One question to the relayer in so many polls: 30 a minute, beside the 600 that a token has by default. */
const PATIENT_POLLS = 4;
/** After failures the pause doubles up to 32 s. */
const MAX_BACKOFF_STEPS = 4;

/**
 * Keeps a relayer in the know. A relayer that lost its store, was restored from a backup or was replaced is noticed because
 * it does not know a swap that it is asked for; it is told, and the others are asked for next, the nearest deadline first.
 */
export async function createTelling(options: TellingOptions): Promise<Telling> {
  const { agent, store, relayer, clock, logger, crashPoint = noCrash } = options;
  const kept = new Set((await store.documents(SIGNED, '', KEPT)).map(({ key }) => key));
  const answers = new Set((await store.documents(ANSWERS, '', KEPT)).map(({ key }) => key));
  const untold = new Set<string>();
  /** Of this round, which ends when each open swap was asked for. */
  const asked = new Set<string>();
  let someUnknown = false;
  let failures = 0;
  let pausePolls = 0;

  async function around<T>(step: LetterStep, work: () => Promise<T>): Promise<T> {
    crashPoint(letterPoint(step, 'before'));
    const result = await work();
    crashPoint(letterPoint(step, 'after'));
    return result;
  }

  async function fileOf(scope: string, swapId: string): Promise<TermsFile | undefined> {
    const text = await store.document(scope, swapId);
    return text === undefined ? undefined : parseTermsFile(text);
  }

  /**
   * Sends what is owed, one after the other: one that is refused for good is forgotten, one that has no room stays. Returns
   * why; throws what concerns all.
   */
  async function sendAll(
    owed: Set<string>,
    ids: readonly string[],
    send: (swapId: string) => Promise<void>,
  ): Promise<MidlockError | undefined> {
    let trouble: MidlockError | undefined;
    for (const swapId of ids) {
      try {
        await send(swapId);
      } catch (error) {
        if (!isMidlockError(error) || !concernsOne(error)) throw error;
        trouble = error;
        if (error.retry !== 'never') continue;
      }
      owed.delete(swapId);
    }
    return trouble;
  }

  async function answer(swapId: string): Promise<void> {
    const file = await fileOf(ANSWERS, swapId);
    if (file !== undefined) await around('answer', () => relayer.postLetter(file));
    await store.dropDocuments(ANSWERS, [swapId]);
  }

  async function tell(swapId: string): Promise<void> {
    const file = await fileOf(SIGNED, swapId);
    if (file !== undefined) await around('tell', () => relayer.postSwap(file));
    asked.add(swapId);
  }

  async function askNext(open: readonly Hex32[]): Promise<void> {
    const swapId = open.find((id) => !asked.has(id));
    if (swapId === undefined) {
      asked.clear();
      someUnknown = false;
      return;
    }
    asked.add(swapId);
    if (await relayer.knowsSwap(swapId)) return;
    logger.warn('the relayer is told again', { swapId });
    if (!someUnknown) {
      asked.clear();
      asked.add(swapId);
      someUnknown = true;
    }
    await tell(swapId);
  }

  /** Open swaps of which the signed terms are kept, the nearest deadline first; what is kept of others is dropped. */
  async function openSwaps(): Promise<readonly Hex32[]> {
    const sessions = agent.open().filter(({ swapId }) => kept.has(swapId));
    if (sessions.length < kept.size) {
      const open = new Set<string>(sessions.map(({ swapId }) => swapId));
      const ended = [...kept].filter((swapId) => !open.has(swapId));
      await store.dropDocuments(ANSWERS, ended);
      await store.dropDocuments(SIGNED, ended);
      for (const swapId of ended)
        for (const all of [kept, answers, untold, asked]) all.delete(swapId);
    }
    return sessions
      .sort((a, b) => (deadlineSec(a.terms) < deadlineSec(b.terms) ? -1 : 1))
      .map(({ swapId }) => swapId);
  }

  async function step(): Promise<void> {
    const open = await openSwaps();
    const fresh = open.filter((swapId) => untold.has(swapId));
    const troubles = [
      await sendAll(answers, [...answers], answer),
      await sendAll(untold, fresh, tell),
    ].filter((trouble) => trouble !== undefined);
    if (pausePolls === 0) {
      pausePolls = PATIENT_POLLS;
      await askNext(open);
    }
    if (troubles[0] !== undefined) throw troubles[0];
  }

  function backOff(error: unknown): void {
    pausePolls = PATIENT_POLLS << Math.min(failures, MAX_BACKOFF_STEPS);
    failures += 1;
    // A relayer that was away may have lost all: the round begins again with what is most urgent.
    if (isMidlockError(error, 'ENDPOINT_UNREACHABLE')) asked.clear();
    logger.warn('telling', { code: isMidlockError(error) ? error.code : 'INTERNAL' });
  }

  return {
    async owe(file, isAnswer) {
      const swapId = swapIdOf(file.terms);
      if (!agent.open().some((session) => session.swapId === swapId)) return;
      if (kept.has(swapId)) return;
      const text = termsFileText(file);
      if (isAnswer) {
        await store.putDocument(ANSWERS, swapId, text, KEPT);
        answers.add(swapId);
      }
      await store.putDocument(SIGNED, swapId, text, KEPT);
      kept.add(swapId);
      untold.add(swapId);
    },
    async run(signal) {
      while (!signal.aborted) {
        if (failures === 0 || pausePolls === 0) {
          try {
            await step();
            failures = 0;
          } catch (error) {
            backOff(error);
          }
        }
        await clock.sleep(POLL_MS, signal);
        pausePolls = Math.max(0, pausePolls - 1);
      }
    },
  };
}

/** What a relayer says of one file and not of all that is sent to it. */
const OF_ONE: ReadonlySet<ErrorCode> = new Set([
  'MAILBOX_FULL',
  'SWAP_STATE',
  'IDEMPOTENCY_MISMATCH',
  'AMOUNT_INVALID',
]);

function concernsOne({ code }: MidlockError): boolean {
  return OF_ONE.has(code) || code.startsWith('TERMS_');
}

function deadlineSec({ fabric, ethereum }: SwapTerms): bigint {
  return fabric.expiresAtSec < ethereum.expiresAtSec ? fabric.expiresAtSec : ethereum.expiresAtSec;
}
