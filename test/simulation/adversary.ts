import { secretOfTerms } from '@midlock/client';
import {
  ModelRefusal,
  encodeCall,
  memoSwapId,
  type EthereumModel,
  type FabricModel,
} from '@midlock/client/model';
import { verifySecret, type Hex32, type LedgerName, type SwapTerms } from '@midlock/protocol';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Party } from './terms.ts';

/** What everybody can read: transactions on their way and secrets in them. */
export interface Wiretap {
  readonly messages: { readonly ledger: LedgerName; readonly bytes: Uint8Array }[];
  readonly secrets: Map<Hex32, Uint8Array>;
}

/** A party that keeps to no rule but the ledgers'. */
export interface Adversary {
  readonly party: Party;
  take(terms: SwapTerms): void;
  /** From now on it does nothing more. */
  stop(): void;
  start(): void;
}

export interface AdversaryOptions {
  readonly party: Party;
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly wiretap: Wiretap;
  readonly order: (bytes: Uint8Array) => void;
  readonly note: (fault: string) => void;
  readonly gapSec: bigint;
}

type Timing = 'at-once' | 'late' | 'too-late' | 'never';

interface Scheme {
  readonly terms: SwapTerms;
  readonly lock: Timing;
  readonly claim: Timing;
  readonly privately: boolean;
  /** Endorsed envelopes are kept back up to this long. */
  readonly withholdMs: number;
  readonly locksTwice: boolean;
  readonly declines: boolean;
  /** How long before its deadline a late lock comes, seconds. */
  readonly lateSec: bigint;
  locks: number;
}

const TIMINGS: readonly Timing[] = ['at-once', 'at-once', 'late', 'late', 'too-late', 'never'];

export function createAdversary(options: AdversaryOptions): Adversary {
  const { party, fabric, ethereum, scheduler, random, wiretap, note } = options;
  const schemes: Scheme[] = [];
  const own = new Map<Hex32, Uint8Array | undefined>();
  let active = false;
  let proposals = 0;
  let nextNonce = 0n;

  const nowSec = (): bigint => BigInt(Math.floor(scheduler.nowMs / 1000));
  const owns = (terms: SwapTerms, ledger: LedgerName): boolean =>
    ledger === 'fabric'
      ? terms.fabric.owner.key === party.fabric.key
      : terms.ethereum.owner === party.ethereum;

  const secretOf = ({ hashLock }: SwapTerms): Uint8Array | undefined =>
    wiretap.secrets.get(hashLock) ?? own.get(hashLock);

  function ownSecret(terms: SwapTerms): Uint8Array | undefined {
    try {
      return secretOfTerms(party.seed, terms);
    } catch {
      return undefined;
    }
  }

  /** Asks two organisations, its own first; the stamp is whatever serves, as far as an honest endorser lets it. */
  function onFabric(
    scheme: Scheme,
    action: 'lock' | 'claim' | 'refund' | 'release' | 'decline',
  ): void {
    const { terms } = scheme;
    const secret = action === 'claim' ? secretOf(terms) : undefined;
    const others = fabric.organizations.filter(({ mspId }) => mspId !== party.fabric.mspId);
    const helper = random.pick(others);
    const clock = fabric.timeSec + helper.offsetSec;
    const stampSec = clock + BigInt(random.extreme(-6, 3));
    try {
      const { bytes } = fabric.endorse(
        {
          creator: party.fabric,
          action,
          terms,
          stampSec,
          nonce: `x${party.name}${String((proposals += 1))}`,
          ...(secret === undefined ? {} : { secret }),
        },
        [party.fabric.mspId, helper.mspId],
      );
      wiretap.messages.push({ ledger: 'fabric', bytes });
      if (scheme.withholdMs === 0) options.order(bytes);
      else {
        note('withheld-envelope');
        scheduler.after(random.extreme(0, scheme.withholdMs), `${party.name} orders late`, () => {
          options.order(bytes);
        });
      }
    } catch (error) {
      if (!(error instanceof ModelRefusal)) throw error;
    }
  }

  function onEthereum(scheme: Scheme, action: 'lock' | 'claim' | 'refund' | 'release'): void {
    const { terms, privately } = scheme;
    const used = ethereum.nonce(party.ethereum);
    if (used > nextNonce || random.chance(0.3)) nextNonce = used;
    const secret = action === 'claim' ? secretOf(terms) : undefined;
    const { bytes } = encodeCall({
      from: party.ethereum,
      nonce: nextNonce,
      fee: BigInt(random.between(8, 40)),
      action,
      terms,
      ...(secret === undefined ? {} : { secret }),
    });
    nextNonce += 1n;
    ethereum.send(bytes, privately ? 'private' : 'public');
    if (privately) note('private-transaction');
  }

  function act(
    ledger: LedgerName,
    scheme: Scheme,
    action: 'lock' | 'claim' | 'refund' | 'release',
  ): void {
    note(`adversary-${action}`);
    if (ledger === 'fabric') onFabric(scheme, action);
    else onEthereum(scheme, action);
  }

  function consider(scheme: Scheme): void {
    const { terms } = scheme;
    for (const ledger of ['fabric', 'ethereum'] as const) {
      const deadline = terms[ledger].expiresAtSec;
      const refundFrom = ledger === 'fabric' ? deadline + options.gapSec : deadline;
      const leg = legOf(ledger, terms);
      const now = nowSec();
      if (owns(terms, ledger)) {
        const wanted = leg === 'none' ? 1 : scheme.locksTwice && ledger === 'ethereum' ? 2 : 1;
        if (
          leg !== 'settled' &&
          scheme.locks < wanted &&
          isTime(scheme.lock, now, deadline - scheme.lateSec)
        ) {
          scheme.locks += 1;
          act(ledger, scheme, 'lock');
        }
        const tries = leg === 'locked' ? 0.7 : leg === 'settled' ? 0.1 : 0;
        if (now >= refundFrom - 4n && random.chance(tries)) act(ledger, scheme, 'refund');
        if (scheme.declines && ledger === 'fabric' && leg === 'none' && random.chance(0.05))
          onFabric(scheme, 'decline');
      } else if (leg === 'locked' || (leg === 'settled' && random.chance(0.1))) {
        if (
          secretOf(terms) !== undefined &&
          isTime(scheme.claim, now, scheme.claim === 'late' ? deadline - 4n : deadline)
        )
          act(ledger, scheme, 'claim');
        if (random.chance(0.002)) act(ledger, scheme, 'release');
      }
    }
  }

  /** `late` and `too-late`: from a moment on, again and again. */
  function isTime(timing: Timing, now: bigint, moment: bigint): boolean {
    if (timing === 'never') return false;
    return timing === 'at-once' ? random.chance(0.5) : now >= moment && random.chance(0.7);
  }

  function legOf(ledger: LedgerName, terms: SwapTerms): 'none' | 'locked' | 'settled' {
    const swapId = memoSwapId(terms);
    if (ledger === 'fabric') {
      const mid = fabric.midAccount(swapId);
      return mid === undefined ? 'none' : mid.state === 'locked' ? 'locked' : 'settled';
    }
    const locks = ethereum.locksOf(swapId);
    if (locks.some(({ state }) => state === 'locked')) return 'locked';
    return locks.length === 0 ? 'none' : 'settled';
  }

  /** Sends again what somebody sent, or what an honest party signed for another network. */
  function replay(): void {
    if (wiretap.messages.length === 0) return;
    const { ledger, bytes } = random.pick(wiretap.messages);
    note('replay');
    if (ledger === 'fabric') options.order(bytes);
    else ethereum.send(bytes);
  }

  function eavesdrop(): void {
    for (const { call } of ethereum.pool()) {
      const { terms, secret } = call;
      if (terms !== undefined && secret !== undefined && verifySecret(secret, terms.hashLock))
        wiretap.secrets.set(terms.hashLock, secret);
    }
  }

  function tick(): void {
    if (!active) return;
    eavesdrop();
    for (const scheme of schemes) consider(scheme);
    if (random.chance(0.05)) replay();
    scheduler.after(400 + random.int(400), `${party.name} schemes`, tick);
  }

  return {
    party,
    take(terms) {
      own.set(terms.hashLock, ownSecret(terms));
      schemes.push({
        terms,
        lock: random.pick(TIMINGS),
        claim: random.pick(TIMINGS),
        privately: random.chance(0.5),
        withholdMs: random.chance(0.5) ? random.between(500, 30_000) : 0,
        locksTwice: random.chance(0.1),
        declines: random.chance(0.2),
        lateSec: BigInt(random.between(1, 30)),
        locks: 0,
      });
    },
    stop() {
      active = false;
    },
    start() {
      active = true;
      scheduler.after(random.int(500), `${party.name} schemes`, tick);
    },
  };
}
