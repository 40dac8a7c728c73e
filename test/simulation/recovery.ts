import {
  claimSwap,
  refundLock,
  refundSwap,
  type recoverSwaps,
  type RecoveredSwap,
  type SettleModules,
} from '@midlock/client';
import { memoSwapId } from '@midlock/client/model';
import {
  isMidlockError,
  type EthereumLock,
  type Hex32,
  type SwapProfile,
  type SwapTerms,
} from '@midlock/protocol';
import type { Host, Life } from './host.ts';
import type { SimPorts } from './ports.ts';
import { isInitiator, type Party } from './terms.ts';

/**
 * What is left when a party's store is gone: the terms files beside it, its keys with the seed of its secrets, or the
 * signing keys alone, kept in another place than the seed.
 */
export type Kept = 'files' | 'keys' | 'signing-keys';

export interface RecoveryOptions {
  readonly party: Party;
  readonly host: Host;
  readonly profile: SwapProfile;
  /** Ports of a command that the operator runs by hand, without the process's store. */
  readonly byHand: (life: Life) => SimPorts;
  /** `midlock swap recover`; a planted bug finds less. */
  readonly recover: typeof recoverSwaps;
  /** Puts terms into the agent's inbox; they carry no signatures. */
  readonly drop: (terms: SwapTerms) => void;
}

/** The operator of a machine that has lost its store, with the commands that the runbook names. */
export interface Recovery {
  /** Begins once the machine runs again on an empty disk. */
  begin(kept: Kept, gone: readonly SwapTerms[]): void;
  /** Whether the operator works on a swap in the agent's place. */
  handles(swapId: Hex32): boolean;
  /** The ledgers have news for a command that runs. */
  ring(): void;
}

/** Beyond every deadline of what was agreed before the loss. */
const LOOK_FOR_MS = 400_000;
const AGAIN_MS = 3000;
/** A command that waits longer is stopped and started again. */
const COMMAND_MS = 20_000;

export function createRecovery(options: RecoveryOptions): Recovery {
  const { party, host, profile, drop } = options;
  const accounts = { fabric: party.fabric, ethereum: party.ethereum };
  const operator: Life = { alive: true };
  const clock = host.clock(operator);
  /** Swaps of which the agent takes no terms any more (SECRET_INVALID), because its seed is another one now. */
  const secretless = new Set<Hex32>();
  const byHand = new Set<Hex32>();
  const returning = new Set<Hex32>();
  const running = new Set<SimPorts>();

  async function withPorts(
    work: (modules: SettleModules, signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const life: Life = { alive: true };
    const ports = options.byHand(life);
    const { fabric, ethereum } = ports;
    running.add(ports);
    const stop = new AbortController();
    host.later(operator, 'command ends', COMMAND_MS, () => {
      stop.abort();
    });
    try {
      await work({ fabric, ethereum, clock }, stop.signal);
    } catch (error) {
      if (!isMidlockError(error)) throw error;
    } finally {
      running.delete(ports);
      life.alive = false;
      stop.abort();
    }
  }

  /** `midlock swap recover` and what it finds into the inbox, again and again: what was sent may arrive late. */
  async function look(untilMs: bigint): Promise<void> {
    while (clock.nowMs() < untilMs) {
      await withPorts(async ({ fabric, ethereum }, signal) => {
        for (const swap of await options.recover(accounts, { fabric, ethereum }, signal))
          take(swap);
      });
      await pause();
    }
  }

  function take({ terms, ethereumLock }: RecoveredSwap): void {
    if (terms !== undefined) follow(terms);
    else if (ethereumLock?.owner === party.ethereum) takeBack(ethereumLock);
  }

  function follow(terms: SwapTerms): void {
    if (!secretless.has(memoSwapId(terms))) drop(terms);
    else settle(terms);
  }

  /** `midlock swap refund` and `midlock swap claim`, until one of them has done it. */
  function settle(terms: SwapTerms): void {
    const swapId = memoSwapId(terms);
    if (byHand.has(swapId)) return;
    byHand.add(swapId);
    void (async () => {
      for (let done = 0; done < 1;) {
        const input = { terms, accounts, profile };
        await withPorts(async (modules, signal) => {
          await claimSwap(input, modules, signal);
          done += 1;
        });
        await withPorts(async (modules, signal) => {
          await refundSwap(input, modules, signal);
          done += 1;
        });
        await pause();
      }
    })();
  }

  /** `midlock swap recover --refund`, for a lock on Ethereum whose terms stand on no ledger. */
  function takeBack(lock: EthereumLock): void {
    if (returning.has(lock.lockId)) return;
    returning.add(lock.lockId);
    void withPorts(async ({ ethereum }, signal) => {
      if ((await ethereum.head()).timeSec < lock.expiresAtSec) return;
      host.note('lone-lock-refunded');
      await refundLock(lock, { ethereum, clock }, signal);
    }).finally(() => returning.delete(lock.lockId));
  }

  function pause(): Promise<void> {
    return clock.sleep(AGAIN_MS, new AbortController().signal);
  }

  return {
    begin(kept, gone) {
      host.note(`disk-lost-${kept}-kept`);
      if (kept === 'signing-keys')
        for (const terms of gone) if (isInitiator(party, terms)) secretless.add(memoSwapId(terms));
      if (kept === 'files') for (const terms of gone) drop(terms);
      else void look(clock.nowMs() + BigInt(LOOK_FOR_MS));
    },
    handles: (swapId) => byHand.has(swapId),
    ring() {
      for (const { bell } of running) bell.ring();
    },
  };
}
