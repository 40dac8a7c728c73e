import { MidlockError, type LedgerName } from '@midlock/protocol';
import type { ClockPort } from '@midlock/client';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What a crash throws; afterwards nothing of that process has any effect. */
export class Crash extends Error {}

/** One run of a process, from start to crash. */
export interface Life {
  alive: boolean;
}

/** How a machine's network and disk behave at the moment; episodes of the fault plan change it. */
export interface Weather {
  /** Share of calls that are answered within the step in which they are made. */
  brisk: number;
  /** The others take up to this long, milliseconds. */
  delayMs: number;
  /** Share of calls whose request or answer is lost. */
  loss: number;
  /** So many calls in a row are lost at most, and a stream is cut at most this often in a while: what O allows. */
  lossLimit: number;
  /** Share of sent transactions and of watched updates that arrive twice. */
  duplicates: number;
  /** Ledgers that do not answer. */
  readonly down: Set<LedgerName>;
  /** `full`: no write succeeds. `torn`: a write may happen although it is reported as failed. */
  disk: 'good' | 'full' | 'torn';
}

export const FAIR_WEATHER = {
  brisk: 0.8,
  delayMs: 60,
  loss: 0,
  lossLimit: 1,
  duplicates: 0,
  disk: 'good',
} as const;

/** A machine: its clock, its network and whether it runs; everything that it does goes through the scheduler. */
export interface Host {
  readonly name: string;
  readonly weather: Weather;
  readonly random: Random;
  /** Error of its clock, milliseconds. */
  offsetMs: number;
  /** While true nothing of it moves: a stopped process, a sleeping machine. */
  paused: boolean;
  /** Its Ethereum node is about to say that finality went backwards. */
  regresses: boolean;
  /** It was told so once, and waits for its operator ever since. */
  hasHalted: boolean;
  /** True now and then while the network loses messages. */
  loses(): boolean;
  /** Counted by kind for the report. */
  note(fault: string): void;
  resume(): void;
  clock(life: Life): ClockPort;
  /** Later, on this machine, unless `life` has ended by then. */
  later(life: Life, label: string, delayMs: number, run: () => void): void;
  /** One call over the network: lost, late or answered, as the weather is. Throws ENDPOINT_UNREACHABLE. */
  call<T>(life: Life, ledger: LedgerName, label: string, work: () => Promise<T>): Promise<T>;
}

export function createHost(
  name: string,
  scheduler: Scheduler,
  random: Random,
  note: (fault: string) => void,
): Host {
  const weather: Weather = { ...FAIR_WEATHER, down: new Set() };
  let held: (() => void)[] = [];
  let inARow = 0;
  let cutMs = -1_000_000;
  const host: Host = {
    name,
    weather,
    random,
    offsetMs: 0,
    paused: false,
    regresses: false,
    hasHalted: false,
    note,
    loses() {
      if (weather.loss === 0 || !random.chance(weather.loss)) return false;
      if (scheduler.nowMs - cutMs < 3000 / weather.lossLimit) return false;
      cutMs = scheduler.nowMs;
      return true;
    },
    resume() {
      host.paused = false;
      const waiting = held;
      held = [];
      for (const run of waiting) run();
    },
    later(life, label, delayMs, run) {
      const attempt = (): void => {
        if (!life.alive) return;
        if (host.paused) held.push(attempt);
        else run();
      };
      scheduler.after(delayMs, `${name} ${label}`, attempt);
    },
    clock: (life) => ({
      nowMs: () => BigInt(scheduler.nowMs + host.offsetMs),
      elapsedMs: () => BigInt(scheduler.nowMs),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve();
            return;
          }
          const awake = (): void => {
            signal.removeEventListener('abort', awake);
            resolve();
          };
          signal.addEventListener('abort', awake, { once: true });
          host.later(life, 'wakes', ms + random.int(20), awake);
        }),
    }),
    async call(life, ledger, label, work) {
      mustLive(life);
      if (weather.down.has(ledger)) {
        await slowly(life, `${label} unanswered`, 200);
        throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger });
      }
      const lost = inARow < weather.lossLimit && random.chance(weather.loss);
      inARow = lost ? inARow + 1 : 0;
      if (lost && random.chance(0.5)) {
        note('request-lost');
        await slowly(life, `${label} lost`, 100);
        throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger });
      }
      if (!random.chance(weather.brisk)) await slowly(life, label, 1 + random.int(weather.delayMs));
      const result = await work();
      mustLive(life);
      if (lost) {
        note('answer-lost');
        throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger });
      }
      return result;
    },
  };

  /** Never resolves when the process dies meanwhile: nobody is left to hear it. */
  function slowly(life: Life, label: string, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      host.later(life, label, delayMs, resolve);
    });
  }

  return host;
}

export function mustLive(life: Life): void {
  if (!life.alive) throw new Crash();
}
