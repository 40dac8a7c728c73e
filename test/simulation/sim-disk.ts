import { createMemoryStore, type Session, type Store, type StoreCommit } from '@midlock/client';
import { MidlockError, type Hex32, type LedgerName } from '@midlock/protocol';
import { mustLive, type Host, type Life } from './host.ts';

/** What stands on a disk, as the invariants read it. */
export interface DiskView {
  /** The last durable state of each session and whether it is open. */
  readonly sessions: ReadonlyMap<Hex32, { readonly session: Session; readonly open: boolean }>;
  /** The effect for which a transaction's bytes were made durable. */
  readonly effectOf: ReadonlyMap<string, string>;
  readonly openEffects: ReadonlySet<string>;
  /** Ledgers of which the disk says that their finality went backwards and nobody has looked yet. */
  readonly halted: ReadonlySet<LedgerName>;
  /** How many disks this machine had before this one. */
  readonly lost: number;
}

/** A disk that outlives the processes that use it. */
export interface SimDisk {
  readonly view: DiskView;
  /** The real store, for checks at the end of a run. */
  readonly store: Store;
  /** The disk is gone with everything on it; an empty one takes its place. Processes must be dead. */
  lose(): void;
  /** A process's access. A write that is under way when the process dies may be there afterwards or not. */
  mount(life: Life): Store;
}

export interface SimDiskOptions {
  readonly host: Host;
  readonly backing?: Store;
  /** Told of every durable commit, before anybody else can act on it. */
  readonly onCommit: (change: StoreCommit, view: DiskView, issuedMs: number) => void;
  readonly nowMs: () => number;
  /** A planted bug: the writes it names are reported done before they are. */
  readonly lies?: (change: StoreCommit) => boolean;
}

export function createSimDisk({
  host,
  onCommit,
  nowMs,
  lies,
  ...options
}: SimDiskOptions): SimDisk {
  let platter = createPlatter(options.backing ?? createMemoryStore(), 0);

  function record({ view }: Platter, change: StoreCommit, issuedMs: number): void {
    const { sessions, effectOf, openEffects, halted } = view;
    for (const { session, open } of change.sessions ?? [])
      sessions.set(session.swapId, { session, open });
    if (change.mark?.mark.halted === true) halted.add(change.mark.ledger);
    else if (change.mark !== undefined) halted.delete(change.mark.ledger);
    for (const { key } of change.opened ?? []) openEffects.add(key);
    for (const key of change.closed ?? []) openEffects.delete(key);
    for (const { key, transaction } of change.signed ?? []) effectOf.set(transaction.txId, key);
    onCommit(change, view, issuedMs);
  }

  async function write(on: Platter, change: StoreCommit, issuedMs = nowMs()): Promise<void> {
    await on.store.commit(change);
    if (on === platter) record(on, change, issuedMs);
  }

  /** Write and fsync: at once, or after a while in which the process may die. */
  function commit(life: Life, on: Platter, change: StoreCommit): Promise<void> {
    const { weather, random } = host;
    if (weather.disk !== 'good') {
      host.note(`disk-${weather.disk}`);
      const failed = new MidlockError('STORE_UNWRITABLE', {});
      // fsync failed: nobody knows what is on the platter.
      if (weather.disk === 'torn' && random.chance(0.5))
        return write(on, change).then(() => Promise.reject(failed));
      return Promise.reject(failed);
    }
    if (lies?.(change) === true) {
      host.later(
        { alive: true },
        'late fsync',
        400,
        () => void write(on, change).catch(() => undefined),
      );
      return Promise.resolve();
    }
    if (random.chance(weather.brisk)) return write(on, change);
    const issuedMs = nowMs();
    const survives = random.chance(0.5);
    return new Promise((resolve, reject) => {
      host.later({ alive: true }, 'fsync', 1 + random.int(20), () => {
        if (!life.alive && !survives) host.note('write-lost');
        else
          write(on, change, issuedMs).then(() => {
            if (life.alive) resolve();
          }, reject);
      });
    });
  }

  return {
    get view() {
      return platter.view;
    },
    get store() {
      return platter.store;
    },
    lose() {
      platter = createPlatter(createMemoryStore(), platter.view.lost + 1);
    },
    mount(life) {
      const on = platter;
      const { store } = on;
      const living =
        <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
        (...args: A): Promise<R> => {
          mustLive(life);
          return work(...args);
        };
      const mounted = Object.fromEntries(
        Object.entries(store).map(([name, member]: [string, unknown]) => [
          name,
          typeof member === 'function'
            ? living(member as (...args: unknown[]) => Promise<unknown>)
            : member,
        ]),
      ) as unknown as Store;
      const { nonces } = store;
      return {
        ...mounted,
        commit: living((change: StoreCommit, written?: () => void) => {
          written?.();
          return commit(life, on, change);
        }),
        nonces: {
          load: living((account) => nonces.load(account)),
          put: living((account, entry) => nonces.put(account, entry)),
          delete: living((account, nonce) => nonces.delete(account, nonce)),
        },
        close: () => Promise.resolve(),
      };
    },
  };
}

/** One disk of a machine, until it is lost. */
interface Platter {
  readonly store: Store;
  readonly view: {
    readonly sessions: Map<Hex32, { session: Session; open: boolean }>;
    readonly effectOf: Map<string, string>;
    readonly openEffects: Set<string>;
    readonly halted: Set<LedgerName>;
    readonly lost: number;
  };
}

function createPlatter(store: Store, lost: number): Platter {
  return {
    store,
    view: {
      sessions: new Map(),
      effectOf: new Map(),
      openEffects: new Set(),
      halted: new Set(),
      lost,
    },
  };
}
