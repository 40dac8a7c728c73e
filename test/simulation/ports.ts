import type { LedgerPort, Store } from '@midlock/client';
import {
  createBell,
  createFabricPort,
  createEthereumPort,
  decodeCall,
  encodeCall,
  memoSwapId,
  type Bell,
  type EthereumCall,
  type EthereumModel,
  type FabricModel,
} from '@midlock/client/model';
import {
  MidlockError,
  type Address,
  type FabricAccount,
  type LedgerIntent,
  type LedgerName,
  type LedgerUpdate,
  type SignedTransaction,
} from '@midlock/protocol';
import {
  createNonceLane,
  type NonceLane,
  type NonceUse,
} from '../../ledgers/src/ethereum/nonce-lane.ts';
import { Crash, mustLive, type Host, type Life } from './host.ts';

/** What the machine of a party does with the two ledgers. */
export interface SimPorts {
  readonly fabric: LedgerPort;
  readonly ethereum: LedgerPort;
  /** Rung when a ledger may have news. */
  readonly bell: Bell;
  /** What the real adapter does at each new head: send again, fill holes. */
  tend(): Promise<void>;
}

export interface SimPortsOptions {
  readonly host: Host;
  readonly life: Life;
  readonly store: Store;
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly account: { readonly fabric: FabricAccount; readonly ethereum: Address };
  /** What a new transaction should pay, in the model's fee units. */
  readonly fee: () => bigint;
  /** Told of what leaves the process, when it does: the secret's guard looks here. */
  readonly onPrepare: (ledger: LedgerName, intent: LedgerIntent) => void;
  readonly onSubmit: (transaction: SignedTransaction) => void;
  /** Told of all bytes that go onto the wire. */
  readonly onWire: (ledger: LedgerName, bytes: Uint8Array) => void;
  /** Takes endorsed envelopes in place of the model, which would put them into the next block. */
  readonly order: (bytes: Uint8Array) => void;
  readonly proposalNonce: () => string;
  /** A planted bug: a lock is signed without a look at the ledger and its pool. */
  readonly locksBlindly?: boolean;
}

/** Both ledgers as one process sees them: the models behind a network with weather, the real nonce lane in front. */
export function createSimPorts(options: SimPortsOptions): SimPorts {
  const { host } = options;
  const bell = createBell();
  const { port: ethereum, lane } = ethereumPort(options, bell);
  const order = wireOf(options, 'fabric', options.order);
  const orderer = Object.create(options.fabric, { order: { value: order } }) as FabricModel;
  const fabric = createFabricPort(orderer, bell, {
    account: options.account.fabric,
    endorsements: 2,
    nonce: options.proposalNonce,
  });
  return {
    bell,
    tend: async () => {
      if (host.weather.down.has('ethereum')) return;
      await lane.tend();
    },
    fabric: overNetwork(options, fabric),
    ethereum: overNetwork(options, ethereum),
  };
}

/** Bytes travel: late, twice, or they are still under way when their sender dies. */
function wireOf(
  { host, life, onWire }: SimPortsOptions,
  ledger: LedgerName,
  deliver: (bytes: Uint8Array) => void,
): (bytes: Uint8Array) => void {
  const { random, weather } = host;
  return (bytes) => {
    onWire(ledger, bytes);
    if (weather.duplicates > 0 && random.chance(weather.duplicates)) {
      host.note('duplicated-message');
      host.later({ alive: true }, `${ledger} message again`, random.int(3000), () => {
        deliver(bytes);
      });
    }
    if (random.chance(weather.brisk)) {
      deliver(bytes);
      return;
    }
    const arrives = random.chance(0.5);
    host.later({ alive: true }, `${ledger} message`, 1 + random.int(weather.delayMs), () => {
      if (life.alive || arrives) deliver(bytes);
      else host.note('message-lost-in-crash');
    });
  };
}

function overNetwork(
  { host, life, onPrepare, onSubmit }: SimPortsOptions,
  port: LedgerPort,
): LedgerPort {
  const { ledger } = port;
  const call = <T>(label: string, work: () => Promise<T>): Promise<T> =>
    host.call(life, ledger, `${ledger} ${label}`, work);
  return {
    ledger,
    head: () => call('head', () => port.head()),
    prepare: (intent, how) =>
      call(`prepare ${intent.action}`, () => {
        onPrepare(ledger, intent);
        return port.prepare(intent, how);
      }),
    prepareReturn: (lock) =>
      call('prepare return', async () => {
        const signed = await port.prepareReturn?.(lock);
        if (signed === undefined) throw new MidlockError('LOCK_UNKNOWN');
        return signed;
      }),
    submit: (transaction) =>
      call('submit', () => {
        onSubmit(transaction);
        return port.submit(transaction);
      }),
    outcome: (transaction) => call('outcome', () => port.outcome(transaction)),
    leg: (terms) => call('leg', () => port.leg(terms)),
    abandon: async (transaction) => {
      mustLive(life);
      await port.abandon?.(transaction);
    },
    async *watch(cursor, signal) {
      for await (const update of port.watch(cursor, signal)) {
        yield* arriving(update);
      }
    },
  };

  function* arriving(update: LedgerUpdate): Generator<LedgerUpdate, void, undefined> {
    const { weather, random } = host;
    if (!life.alive) throw new Crash();
    if (weather.down.has(ledger)) throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger });
    if (ledger === 'ethereum' && host.regresses) {
      host.regresses = false;
      host.hasHalted = true;
      host.note('finality-regressed');
      yield { kind: 'finality-regressed', ledger, fromHeight: 1n, toHeight: null };
    }
    if (host.loses()) {
      host.note('stream-cut');
      throw new MidlockError('ENDPOINT_UNREACHABLE', { ledger });
    }
    yield update;
    if (weather.duplicates > 0 && random.chance(weather.duplicates)) {
      host.note('duplicated-update');
      yield update;
    }
  }
}

/** The model's port with the adapter's own nonce lane in place of the model's. */
function ethereumPort(
  options: SimPortsOptions,
  bell: Bell,
): { readonly port: LedgerPort; readonly lane: NonceLane } {
  const { ethereum, host, life, store, account, fee } = options;
  const send = wireOf(options, 'ethereum', (bytes) => {
    ethereum.send(bytes);
  });
  const from = account.ethereum;
  const inPool = (): ReturnType<EthereumModel['pool']> =>
    ethereum.pool().filter(({ call }) => call.from === from);
  const lane = createNonceLane({
    account: from,
    store: store.nonces,
    nowMs: () => host.clock(life).nowMs(),
    chain: {
      count: (_account, tag) => {
        let count = ethereum.nonce(from);
        if (tag === 'pending')
          while (inPool().some(({ call }) => call.nonce === count)) count += 1n;
        return Promise.resolve(count);
      },
      knows: (txId) =>
        Promise.resolve(
          ethereum.receipt(txId) !== undefined || inPool().some((entry) => entry.txId === txId),
        ),
      broadcast: (bytes) => {
        if (life.alive) send(bytes);
        return Promise.resolve();
      },
      signFiller: (nonce, over) =>
        Promise.resolve(
          encodeCall({ from, nonce, action: 'filler', fee: raised(over?.bytes, fee()) }),
        ),
    },
  });
  const base = createEthereumPort(ethereum, bell, from, store.nonces);

  /** As the real adapter: what must not be done twice is asked of the ledger and its pool, not of a memory. */
  function allocate(
    { action, terms }: LedgerIntent,
    sign: Parameters<NonceLane['allocate']>[0],
    use: NonceUse,
  ): ReturnType<NonceLane['allocate']> {
    if (action !== 'lock' || options.locksBlindly === true) return lane.allocate(sign, use);
    if (ethereum.locksOf(memoSwapId(terms)).length > 0) throw new MidlockError('LOCK_EXISTS');
    return lane.choosingSlots(({ foreign }) => {
      if (foreign) throw new MidlockError('SUBMIT_UNKNOWN', { account: from });
      return lane.allocate(sign, use);
    });
  }
  const port: LedgerPort = {
    ...base,
    async prepare(intent, { replaces, purpose }) {
      const sign = (nonce: bigint): Promise<{ txId: string; bytes: Uint8Array }> =>
        Promise.resolve(encodeCall(callOf(intent, from, nonce, raised(replaces?.bytes, fee()))));
      const { txId, bytes, nonce } =
        replaces?.lane === undefined
          ? await allocate(intent, sign, purpose === undefined ? {} : { purpose })
          : await lane.replace(replaces.lane.nonce, sign);
      return { ledger: 'ethereum', txId, bytes, lane: { account: from, nonce } };
    },
    async submit({ bytes, lane: place }) {
      if (place !== undefined) await lane.markSent(place.nonce);
      send(bytes);
    },
    async abandon({ lane: place }) {
      if (place !== undefined) await lane.abandon(place.nonce);
    },
    async outcome(transaction) {
      const own = await base.outcome(transaction);
      if (own.kind !== 'unknown' || transaction.lane === undefined) return own;
      return (await replacedBy(ethereum, lane, transaction)) ?? own;
    },
  };
  return { port, lane };
}

/** Another transaction of the same nonce that stands in the chain; one that asks for the same counts as this one. */
async function replacedBy(
  ethereum: EthereumModel,
  lane: NonceLane,
  { txId, bytes, lane: place }: SignedTransaction,
): Promise<Awaited<ReturnType<LedgerPort['outcome']>> | undefined> {
  if (place === undefined) return undefined;
  for (const sibling of await lane.siblings(place.nonce)) {
    const receipt = sibling.txId === txId ? undefined : ethereum.receipt(sibling.txId);
    if (receipt === undefined) continue;
    const { at, refusal } = receipt;
    const final = at.height <= ethereum.finalizedHeight;
    if (decodeCall(sibling.bytes).action !== decodeCall(bytes).action)
      return { kind: 'invalid', at, final, code: 'REPLACED' };
    return refusal === undefined
      ? { kind: 'valid', at, final }
      : { kind: 'invalid', at, final, code: refusal };
  }
  return undefined;
}

function callOf(intent: LedgerIntent, from: Address, nonce: bigint, fee: bigint): EthereumCall {
  const { action, terms } = intent;
  return {
    from,
    nonce,
    fee,
    action,
    terms,
    ...(action === 'claim' ? { secret: intent.secret } : {}),
  };
}

/** The market's fee, and an eighth more than what is replaced. */
function raised(bytes: Uint8Array | undefined, market: bigint): bigint {
  if (bytes === undefined) return market;
  const { fee } = decodeCall(bytes);
  const least = fee + fee / 8n + 1n;
  return least > market ? least : market;
}
