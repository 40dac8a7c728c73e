import {
  createSwapService,
  openSession,
  secretOfTerms,
  type recoverSwaps,
  type Reducer,
  type SecretsPort,
  type SwapService,
  type TermsFile,
} from '@midlock/client';
import { memoSwapId } from '@midlock/client/model';
import { createTermsTaker, type TakeTerms } from '../../client/src/shell/take-terms.ts';
import {
  isMidlockError,
  type Hex32,
  type LedgerName,
  type SwapProfile,
  type SwapTerms,
} from '@midlock/protocol';
import { createRelayer, type Relayer } from '../../relayer/src/relayer.ts';
import { Crash, type Host, type Life } from './host.ts';
import { createRecovery, type Kept } from './recovery.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimPorts } from './ports.ts';
import { isInitiator, type Party } from './terms.ts';

/** An honest party or relayer: the real shell and cores on a simulated machine that crashes and comes back. */
export interface Actor {
  readonly name: string;
  readonly kind: 'party' | 'relayer';
  readonly party: Party;
  readonly host: Host;
  readonly disk: SimDisk;
  readonly alive: boolean;
  /** A secret of its own has left it, and the claim that carries it has not ended for good. */
  readonly mayHaveRevealed: boolean;
  /** Whether an operator works on a swap by hand, for want of what the process needs. */
  handledByHand(swapId: Hex32): boolean;
  /** A process ended by itself for a reason that no fault explains. */
  readonly collapse: unknown;
  start(): void;
  /** Dies at once and is started again after this long. */
  crash(downMs: number): void;
  /** Dies at once with its whole disk; comes back on an empty one after this long, and its operator does what can be done. */
  loseDisk(downMs: number, kept: Kept): void;
  /** The process dies at the n-th crash point that it passes from now on. */
  crashAfter(passages: number): void;
  /** A second process takes over the same disk while the first may still run. */
  takeOver(): void;
  /** Makes sure that the swap is known, however often the process dies meanwhile. */
  take(terms: SwapTerms, accepted: boolean): void;
  accept(swapId: Hex32): void;
  /** Terms that a relayer's mailbox hands to the agent, whatever they are. */
  letter(file: TermsFile): Promise<void>;
  abandon(swapId: Hex32): void;
  /** The operator has looked and lets halted ledgers go on. */
  resume(): void;
  /** The ledgers may have news. */
  ring(): void;
}

export interface ActorOptions {
  readonly kind: 'party' | 'relayer';
  readonly party: Party;
  readonly host: Host;
  readonly disk: SimDisk;
  readonly profile: SwapProfile;
  readonly reducer: Reducer;
  readonly tickMs: number;
  readonly ports: (life: Life, disk: ReturnType<SimDisk['mount']>) => SimPorts;
  readonly recover: typeof recoverSwaps;
  /** Ports of a command that an operator runs beside the process. */
  readonly byHand: (life: Life) => SimPorts;
  /** How long a process that ended stays away, milliseconds. */
  readonly restartMs: () => number;
}

interface Wish {
  readonly terms: SwapTerms;
  accepted: boolean;
}

interface Process {
  readonly life: Life;
  readonly ports: SimPorts;
  readonly service: Pick<SwapService | Relayer, 'start' | 'close' | 'failed' | 'resume'>;
  readonly swaps: SwapService | undefined;
  readonly take: TakeTerms | undefined;
  /** Ledgers on which it begins nothing new. */
  readonly halted: () => readonly LedgerName[];
}

const RETRY_MS = 400;

export function createActor(options: ActorOptions): Actor {
  const { kind, party, host, disk, profile } = options;
  const wishes = new Map<Hex32, Wish>();
  let processes: Process[] = [];
  let armed = 0;
  let collapse: unknown;
  /** Outlives every process: the operator and the supervisor. */
  const outside: Life = { alive: true };

  const recovery = createRecovery({
    party,
    host,
    profile,
    byHand: options.byHand,
    recover: options.recover,
    drop(terms) {
      const swapId = memoSwapId(terms);
      if (disk.view.sessions.has(swapId)) return;
      const { accepted } = wishes.get(swapId) ?? { accepted: false };
      wishes.set(swapId, { terms, accepted });
      pursue(swapId);
    },
  });

  const secrets: SecretsPort = {
    secretOf: ({ terms }) => Promise.resolve(secretOfTerms(party.seed, terms)),
  };

  function launch(): void {
    const life: Life = { alive: true };
    const store = disk.mount(life);
    const ports = options.ports(life, store);
    const modules = {
      store,
      fabric: ports.fabric,
      ethereum: ports.ethereum,
      clock: host.clock(life),
      crashPoint: () => {
        if (!life.alive) throw new Crash();
        if (armed > 0 && (armed -= 1) === 0) {
          host.note('crash-at-point');
          actor.crash(options.restartMs());
          throw new Crash();
        }
      },
    };
    const common = { tickMs: options.tickMs };
    const swaps =
      kind === 'party'
        ? createSwapService({ ...common, reducer: options.reducer, secrets }, modules)
        : undefined;
    const relayer =
      swaps === undefined ? createRelayer({ ...common, profile }, modules) : undefined;
    const service = swaps ?? (relayer as Relayer);
    const accounts = { fabric: party.fabric, ethereum: party.ethereum };
    const take =
      swaps && createTermsTaker({ accounts, profile, store, seed: party.seed, service: swaps });
    const halted = (): readonly LedgerName[] =>
      (swaps === undefined ? relayer : swaps.runtime)?.world().halted ?? [];
    const process = { life, ports, service, swaps, take, halted };
    processes = [...processes.filter((other) => other.life.alive), process];
    void service.failed.then((reason) => {
      if (!life.alive) return;
      if (!isMidlockError(reason, 'STORE_VERSION')) collapse ??= reason;
      host.note('lost-lease');
      end(process);
    });
    service.start().catch((reason: unknown) => {
      if (!life.alive) return;
      if (!isMidlockError(reason)) collapse ??= reason;
      end(process);
    });
  }

  function end(process: Process): void {
    process.life.alive = false;
    void process.service.close();
    processes = processes.filter((other) => other !== process);
    if (processes.length === 0)
      host.later(outside, 'restarts', options.restartMs(), () => {
        actor.start();
      });
  }

  const current = (): SwapService | undefined => processes.at(-1)?.swaps;

  function pursue(swapId: Hex32): void {
    const wish = wishes.get(swapId);
    const service = current();
    if (wish === undefined) return;
    const known = disk.view.sessions.get(swapId)?.session;
    if (known !== undefined && (known.accepted || !wish.accepted)) return;
    const again = (): void => {
      host.later(outside, 'order again', RETRY_MS, () => {
        pursue(swapId);
      });
    };
    if (service === undefined) {
      again();
      return;
    }
    const work =
      known === undefined
        ? add(service, wish, processes.at(-1)?.take)
        : dispatch(service, swapId, 'accepted');
    work.then(again, (error: unknown) => {
      const isLost = isMidlockError(error) && error.retry === 'never';
      // A write that was reported as failed and had happened.
      if (isLost && !isMidlockError(error, 'SWAP_EXISTS')) wishes.delete(swapId);
      else again();
    });
  }

  async function add(
    service: SwapService,
    { terms, accepted }: Wish,
    take: TakeTerms | undefined,
  ): Promise<void> {
    // Signatures cost more than all the rest of a step, and accounts here have no keys: who has both is believed.
    if (!accepted) {
      await take?.(unsigned(terms));
      return;
    }
    const role = isInitiator(party, terms) ? 'initiator' : 'responder';
    const { nowSec } = service.runtime.world();
    await service.add(openSession({ terms, role, profile, nowSec, accepted }), 'taken');
  }

  async function dispatch(
    service: SwapService,
    swapId: Hex32,
    kindOf: 'accepted' | 'abandon',
  ): Promise<void> {
    if (kindOf === 'accepted')
      await service.runtime.dispatch('accept', swapId, { kind: 'accepted' });
    else await service.runtime.dispatch('command', swapId, { kind: 'command', command: 'abandon' });
  }

  const actor: Actor = {
    name: host.name,
    kind,
    party,
    host,
    disk,
    get alive() {
      return processes.length > 0;
    },
    get mayHaveRevealed() {
      return [...disk.view.sessions.values()].some(({ session, open }) => open && session.revealed);
    },
    handledByHand: (swapId) => recovery.handles(swapId),
    get collapse() {
      return collapse;
    },
    start() {
      if (processes.length === 0) launch();
    },
    crash(downMs) {
      armed = 0;
      for (const { life, service } of processes) {
        life.alive = false;
        void service.close();
      }
      processes = [];
      host.later(outside, 'restarts', downMs, () => {
        actor.start();
      });
    },
    loseDisk(downMs, kept) {
      const gone = [...wishes.values()].map(({ terms }) => terms);
      actor.crash(downMs);
      disk.lose();
      if (kept !== 'files') wishes.clear();
      if (kind === 'party')
        host.later(outside, 'operator comes', downMs + 1, () => {
          recovery.begin(kept, gone);
        });
    },
    crashAfter(passages) {
      armed = passages;
    },
    takeOver: launch,
    take(terms, accepted) {
      const swapId = memoSwapId(terms);
      wishes.set(swapId, { terms, accepted });
      pursue(swapId);
    },
    accept(swapId) {
      const wish = wishes.get(swapId);
      if (wish === undefined) return;
      wish.accepted = true;
      pursue(swapId);
    },
    async letter(file) {
      try {
        await processes.at(-1)?.take?.(file);
      } catch (error) {
        if (!isMidlockError(error) && !(error instanceof Crash)) throw error;
      }
    },
    abandon(swapId) {
      const service = current();
      if (service !== undefined) void dispatch(service, swapId, 'abandon').catch(() => undefined);
    },
    resume() {
      const process = processes.at(-1);
      // Also where the halt stands in memory alone, because its record could not be written.
      for (const ledger of process?.halted() ?? [])
        void process?.service.resume(ledger).then(
          () => {
            host.note('resumed');
          },
          () => {
            host.note('resume-refused');
          },
        );
    },
    ring() {
      recovery.ring();
      for (const { life, ports } of processes) {
        host.later(life, 'news', host.random.int(host.weather.delayMs), () => {
          ports.bell.ring();
          void ports.tend().catch(() => undefined);
        });
      }
    },
  };
  return actor;
}

function unsigned(terms: SwapTerms): TermsFile {
  return { version: 1, terms, acceptances: {} };
}
