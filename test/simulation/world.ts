import {
  createMemoryStore,
  recoverSwaps,
  stateOf,
  stepParty,
  type Reducer,
  type Store,
  type StoreCommit,
} from '@midlock/client';
import {
  createEthereumModel,
  createFabricModel,
  decodeCall,
  encodeCall,
  memoSwapId,
  type EthereumFlaw,
  type EthereumModel,
  type FabricFlaw,
  type FabricModel,
} from '@midlock/client/model';
import { ETH, type LedgerIntent, type LedgerName, type SwapTerms } from '@midlock/protocol';
import { createActor, type Actor } from './actor.ts';
import { createAdversary, type Adversary, type Wiretap } from './adversary.ts';
import { createChains, type Chains } from './chains.ts';
import { createLiar } from './liar.ts';
import { createHost, type Life } from './host.ts';
import type { InvariantName } from './invariants/invariant.ts';
import { sentAndWaiting } from './invariants/outcomes.ts';
import { createOracle } from './invariants/oracle.ts';
import { createTruth, type Truth } from './invariants/truth.ts';
import type { Plan, PlannedSwap } from './plan.ts';
import { createSimPorts, type SimPorts } from './ports.ts';
import { createRandom } from './random.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { createSimDisk } from './sim-disk.ts';
import {
  ALICE,
  BOB,
  CHAIN_ID,
  ESCROW,
  GOLD,
  ORGANIZATIONS,
  RITA,
  RUDI,
  START_SEC,
  termsOf,
  type Party,
} from './terms.ts';
import { scheduleEpisodes } from './weather.ts';

/** Bugs planted on purpose, to show which invariant sees them. */
export interface Plants {
  readonly fabric?: ReadonlySet<FabricFlaw>;
  readonly ethereum?: ReadonlySet<EthereumFlaw>;
  readonly reducer?: Reducer;
  readonly lyingDisk?: (change: StoreCommit) => boolean;
  /** What `midlock swap recover` finds. */
  readonly recover?: typeof recoverSwaps;
  /** A lock is signed without a look at the ledger and its pool. */
  readonly locksBlindly?: boolean;
  /** Changes the ports of an honest process. */
  readonly ports?: (ports: SimPorts, place: PlantPlace) => SimPorts;
}

export interface PlantPlace {
  readonly name: string;
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
}

export interface Violation {
  readonly invariant: InvariantName;
  readonly detail: string;
  readonly step: number;
  readonly atMs: number;
}

/** Everything of one run. */
export interface World {
  readonly scheduler: Scheduler;
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly truth: Truth;
  readonly actors: readonly Actor[];
  readonly violation: Violation | undefined;
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** Places in which a session was seen: role, direction, state and what its operations were at. */
  readonly states: ReadonlySet<string>;
  /** Faults by the state of a swap that they struck. */
  readonly cells: ReadonlySet<string>;
  /** Tells of a violation; the first one counts. */
  report(invariant: InvariantName, detail: string): void;
  /** Checks what follows from the last step. */
  check(): Promise<void>;
  /** True once nothing is left to wait for. */
  readonly finished: boolean;
  finish(): Promise<void>;
}

const NOTES = 60;
/** Time to come to an end in once faults have stopped and every deadline is past (L1): more than any clock has jumped. */
const LEFT_TO_END_MS = 330_000;
/** Operators look at halted processes so long after the calm, and then again and again. */
const OPERATOR_FIRST_MS = 60_000;
const OPERATOR_MS = 10_000;
/** So long at least, also where swaps are settled at once. */
const MIN_RUN_MS = 60_000;

/** Builds a run from its plan; nothing happens before the scheduler steps. */
export function createWorld(
  plan: Plan,
  plants: Plants = {},
  without: ReadonlySet<InvariantName> = new Set(),
): World {
  const random = createRandom(`${plan.seed}/world`);
  const startMs = Number(START_SEC) * 1000;
  const scheduler = createScheduler(startMs, random.fork('ties'));
  const faults = new Map<string, number>();
  const states = new Set<string>();
  const cells = new Set<string>();
  const { profile } = plan;
  let violation: Violation | undefined;

  const fabric = createFabricModel({
    startSec: START_SEC,
    organizations: ORGANIZATIONS,
    endorsements: 2,
    fabric: profile.fabric,
    notes: [ALICE, BOB].flatMap(({ fabric: owner }) =>
      Array.from({ length: NOTES }, () => ({ owner, assetId: GOLD, amount: 25n })),
    ),
    ...(plants.fabric === undefined ? {} : { flaws: plants.fabric }),
  });
  const ethereum = createEthereumModel({
    startSec: START_SEC,
    minDurationSec: profile.ethereum.inclusionSec,
    domain: { chainId: CHAIN_ID, escrow: ESCROW },
    balances: [ALICE, BOB].map(({ ethereum: account }) => ({ account, token: ETH, amount: 1000n })),
    ...(plants.ethereum === undefined ? {} : { flaws: plants.ethereum }),
  });
  scheduler.onTime = (nowMs) => {
    fabric.timeSec = BigInt(Math.floor(nowMs / 1000));
  };
  const truth = createTruth(ethereum);
  const wiretap: Wiretap = { messages: [], secrets: new Map() };

  function note(fault: string): void {
    faults.set(fault, (faults.get(fault) ?? 0) + 1);
    for (const { swapId } of truth.swaps.values())
      cells.add(
        `${fault} ${truth.leg('fabric', swapId, false)} ${truth.leg('ethereum', swapId, false)}`,
      );
  }

  function report(invariant: InvariantName, detail: string): void {
    violation ??= { invariant, detail, step: scheduler.steps, atMs: scheduler.nowMs - startMs };
  }

  const actors: Actor[] = [];
  const oracle = createOracle(
    {
      mode: plan.mode,
      profile,
      fabric,
      ethereum,
      truth,
      actors,
      nowMs: () => scheduler.nowMs,
      report,
    },
    without,
  );
  const watchedFabric = Object.create(fabric, {
    endorse: {
      value: (...args: Parameters<FabricModel['endorse']>) => {
        const envelope = fabric.endorse(...args);
        oracle.onEndorse(...args);
        return envelope;
      },
    },
  }) as FabricModel;

  const chains: Chains = createChains({
    fabric,
    ethereum,
    scheduler,
    random: random.fork('chains'),
    profile,
    slotMs: plan.slotMs,
    batchMs: plan.batchMs,
    honest: new Set(
      [ALICE, BOB, RITA, RUDI]
        .filter(({ name }) => name !== plan.adversary && (name !== 'rita' || !plan.liar))
        .map(({ ethereum: account }) => account),
    ),
    onBlock(block, ledger) {
      truth.take(block.facts);
      if ('calls' in block) oracle.onEthereumBlock(block);
      else oracle.onFabricBlock(block);
      for (const fact of block.facts)
        if (fact.kind === 'claimed') {
          const swap = truth.swaps.get(fact.swapId);
          if (swap !== undefined) wiretap.secrets.set(swap.terms.hashLock, fact.secret);
        }
      scheduler.say(
        `${ledger} block ${String(block.height)}: ${block.facts.map(({ kind, swapId }) => `${kind} swap ${String(truth.swaps.get(swapId)?.number)}`).join(', ') || 'no facts'}`,
      );
    },
    onReorg: () => {
      truth.reread();
      scheduler.say('Ethereum reorganises');
    },
    onReversal: () => {
      truth.reread();
      truth.reversedMs = scheduler.nowMs;
      scheduler.say('Ethereum replaces final blocks');
    },
    onNews: () => {
      for (const actor of actors) actor.ring();
    },
  });

  function capture(ledger: LedgerName, bytes: Uint8Array): void {
    if (plan.adversary === 'nobody') return;
    wiretap.messages.push({ ledger, bytes });
    if (ledger !== 'ethereum') return;
    const call = decodeCall(bytes);
    const { terms, action, nonce } = call;
    if (terms === undefined || action !== 'lock') return;
    // The same party does the same on another chain, where its nonces stand elsewhere.
    const elsewhere = { ...terms, ethereum: { ...terms.ethereum, chainId: CHAIN_ID + 1n } };
    for (const ahead of [1n, 2n, 3n])
      wiretap.messages.push({
        ledger,
        bytes: encodeCall({ ...call, terms: elsewhere, nonce: nonce + ahead }).bytes,
      });
  }

  function createHonest(party: Party, kind: 'party' | 'relayer'): Actor {
    const stream = random.fork(party.name);
    const host = createHost(party.name, scheduler, stream.fork('host'), note);
    const bound = Number(profile.party.skewSec) * 1000;
    host.offsetMs = stream.between(-bound, bound);
    let proposals = 0;
    const disk = createSimDisk({
      host,
      nowMs: () => scheduler.nowMs,
      ...(plants.lyingDisk === undefined ? {} : { lies: plants.lyingDisk }),
      onCommit(change, view, issuedMs) {
        oracle.onCommit(actor, change, view, issuedMs);
        for (const { session } of change.sessions ?? []) {
          const phases = Object.entries(session.operations).map(
            ([id, { phase, handedOver }]) => `${id}:${phase}${handedOver ? '!' : ''}`,
          );
          const { role, terms, abandoned } = session;
          states.add(
            [
              role,
              terms.direction,
              stateOf(session),
              abandoned ? 'out' : '',
              ...phases.sort(),
            ].join(' '),
          );
        }
        for (const { swapId, kind: what, data } of change.journal)
          scheduler.say(
            `${party.name}: ${what}${swapId === null ? '' : ` swap ${String(truth.swaps.get(swapId)?.number)}`} ${storyOf(data)}`,
          );
      },
    });
    function portsOf(life: Life, store: Store, journalled: boolean): SimPorts {
      return createSimPorts({
        host,
        life,
        store,
        fabric: watchedFabric,
        ethereum,
        account: party,
        fee: () => (chains.mood.baseFee * 2n > 8n ? chains.mood.baseFee * 2n : 8n),
        onPrepare: (ledger: LedgerName, intent: LedgerIntent) => {
          if (journalled) oracle.onPrepare(actor, ledger, intent);
        },
        onSubmit: (transaction) => {
          if (journalled) oracle.onSubmit(actor, transaction);
        },
        onWire(ledger, bytes) {
          capture(ledger, bytes);
          oracle.onWire(actor, ledger, bytes);
        },
        order: (bytes) => {
          chains.order(bytes);
        },
        proposalNonce: () => `${party.name}${String((proposals += 1))}`,
        ...(plants.locksBlindly === undefined ? {} : { locksBlindly: plants.locksBlindly }),
      });
    }

    const actor = createActor({
      kind,
      party,
      host,
      disk,
      profile,
      reducer: plants.reducer ?? stepParty,
      tickMs: plan.tickMs,
      recover: plants.recover ?? recoverSwaps,
      byHand: (life) => portsOf(life, createMemoryStore(), false),
      restartMs: () => stream.between(200, plan.mode === 'bounded' ? 1000 : 8000),
      ports(life, store) {
        const ports = portsOf(life, store, true);
        return (
          plants.ports?.(ports, { name: party.name, fabric: watchedFabric, ethereum }) ?? ports
        );
      },
    });
    return actor;
  }

  /** An organisation that endorses whatever its own people want, and of others' wishes what the plan says. */
  function turnHostile(hostile: string): void {
    const organization = fabric.organizations.find(({ mspId }) => mspId === hostile);
    const moods = random.fork('endorser');
    if (organization === undefined) return;
    organization.careless = true;
    organization.willing = ({ creator }) => {
      if (creator.mspId === hostile || plan.endorses === 'all') return true;
      const willing = plan.endorses === 'some' && moods.chance(0.5);
      if (!willing) note('refused-endorsement');
      return willing;
    };
  }

  const byName = new Map<string, Actor>();
  let adversary: Adversary | undefined;
  for (const party of [ALICE, BOB]) {
    if (party.name === plan.adversary) {
      adversary = createAdversary({
        party,
        fabric: watchedFabric,
        ethereum,
        scheduler,
        random: random.fork('adversary'),
        wiretap,
        order: (bytes) => {
          chains.order(bytes);
        },
        note,
        gapSec: profile.fabric.gapSec,
      });
      turnHostile(party.fabric.mspId);
    } else byName.set(party.name, createHonest(party, 'party'));
  }
  for (const relayer of [RITA, RUDI].slice(0, plan.relayers))
    if (relayer !== RITA || !plan.liar) byName.set(relayer.name, createHonest(relayer, 'relayer'));
  actors.push(...byName.values());
  const liar = plan.liar
    ? createLiar({
        party: RITA,
        victims: actors.filter(({ kind }) => kind === 'party'),
        fabric: watchedFabric,
        ethereum,
        scheduler,
        random: random.fork('liar'),
        wiretap,
        order: (bytes) => {
          chains.order(bytes);
        },
        note,
      })
    : undefined;

  function begin(planned: PlannedSwap): void {
    const terms = meet(plan, planned, scheduler.nowMs);
    const other = planned.initiator === 'alice' ? 'bob' : 'alice';
    truth.add({
      swapId: memoSwapId(terms),
      number: planned.number,
      terms,
      honest: {
        initiator: planned.initiator !== plan.adversary,
        responder: other !== plan.adversary,
      },
    });
    liar?.take(terms);
    for (const [index, name] of [planned.initiator, other].entries()) {
      const actor = byName.get(name);
      if (actor === undefined) adversary?.take(terms);
      else tell(actor, terms, planned.hearsMs[index] ?? 0, planned.acceptedMs[index] ?? 0);
    }
  }

  function tell(actor: Actor, terms: SwapTerms, hearsMs: number, acceptedMs: number): void {
    scheduler.after(hearsMs, `${actor.name} hears of a swap`, () => {
      actor.take(terms, acceptedMs === 0);
      scheduler.after(acceptedMs, `${actor.name} has both signatures`, () => {
        actor.accept(memoSwapId(terms));
      });
    });
  }

  for (const actor of actors)
    scheduler.after(0, `${actor.name} starts`, () => {
      actor.start();
    });
  adversary?.start();
  liar?.start();
  chains.start();
  for (const planned of plan.swaps)
    scheduler.after(planned.atMs, `swap ${String(planned.number)}`, () => {
      begin(planned);
    });
  scheduler.after(plan.calmAtMs, 'calm', calm);
  scheduleEpisodes({
    plan,
    scheduler,
    actors: byName,
    chains,
    fabric,
    note,
    abandonOne(actor, strength) {
      const open = [...actor.disk.view.sessions.values()].filter(({ open: isOpen }) => isOpen);
      const chosen = open[Math.floor(strength * open.length)];
      if (chosen !== undefined) actor.abandon(chosen.session.swapId);
    },
  });

  /** What episodes leave behind for good comes back within its bounds. */
  function calm(): void {
    adversary?.stop();
    liar?.stop();
    for (const organization of fabric.organizations) organization.offsetSec = 0n;
    for (const { host } of actors) host.offsetMs = 0;
    scheduler.after(OPERATOR_FIRST_MS, 'operators look', operate);
  }

  /** Operators look at what was halted, again and again until they may let it go on. */
  function operate(): void {
    for (const actor of actors) actor.resume();
    scheduler.after(OPERATOR_MS, 'operators look', operate);
  }

  let revision = -1;
  let finished = false;

  /** Nobody has anything left to do, or what keeps sessions open is not theirs to end. */
  async function isFinished(): Promise<boolean> {
    if (truth.swaps.size < plan.swaps.length) return false;
    const elapsedMs = scheduler.nowMs - startMs;
    const latestSec = [...truth.swaps.values()].reduce(
      (latest, { terms }) =>
        [latest, terms.fabric.expiresAtSec, terms.ethereum.expiresAtSec].reduce((a, b) =>
          a > b ? a : b,
        ),
      0n,
    );
    const settledMs = Number(latestSec + profile.fabric.gapSec) * 1000 - startMs;
    if (elapsedMs >= Math.max(plan.calmAtMs, settledMs) + LEFT_TO_END_MS) return true;
    if (elapsedMs < MIN_RUN_MS || ethereum.pool().length > 0) return false;
    const idle = actors.every(
      ({ alive, disk }) => alive && [...disk.view.sessions.values()].every(({ open }) => !open),
    );
    // Without a process that knows of it: somebody's operator still works on it by hand.
    if (!idle || truth.hasStandingLock()) return false;
    // What a pool dropped is in no pool and yet not over: its sender learns of it at the next head.
    const waiting = await Promise.all(actors.map((actor) => sentAndWaiting(actor, ethereum)));
    return waiting.every((count) => count === 0);
  }

  return {
    scheduler,
    fabric,
    ethereum,
    truth,
    actors,
    faults,
    states,
    cells,
    get violation() {
      return violation;
    },
    report,
    async check() {
      const now = fabric.revision + ethereum.revision;
      if (now === revision) return;
      revision = now;
      oracle.onChange();
      finished = await isFinished();
    },
    get finished() {
      return finished;
    },
    finish: async () => {
      await oracle.atEnd();
    },
  };
}

function meet(plan: Plan, planned: PlannedSwap, nowMs: number): SwapTerms {
  const [initiator, responder] = planned.initiator === 'alice' ? [ALICE, BOB] : [BOB, ALICE];
  return termsOf(
    {
      number: planned.number,
      direction: planned.direction,
      initiator,
      responder,
      amounts: { fabric: planned.fabricAmount, ethereum: planned.ethereumAmount },
      ...(planned.tooShort ? { shorterBySec: 1n } : {}),
    },
    plan.profile,
    BigInt(Math.floor(nowMs / 1000)),
  );
}

function storyOf(data: Readonly<Record<string, string>>): string {
  return Object.entries(data)
    .filter(([name]) => name !== 'stateHash' && name !== 'txId')
    .map(([name, value]) => `${name}=${value.startsWith('0x') ? value.slice(67) : value}`)
    .join(' ');
}
