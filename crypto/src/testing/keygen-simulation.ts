import { at } from '../internal/at.ts';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { encodeAnswer, encodeComplaint } from '../dkg/bodies.ts';
import { applyEntry, type LogEntry } from '../dkg/machine.ts';
import { complaintBody, confirmationBody, Dealing, jointShare } from '../dkg/member.ts';
import { encodePacket, packetDigest, type Phase } from '../dkg/packets.ts';
import { sessionId, type KeygenParameters } from '../dkg/parameters.ts';
import { initialState, type KeygenState, type KeygenTools } from '../dkg/state.ts';
import type { PrimeGroup } from '../group/group.ts';
import type { RandomSource } from '../internal/random.ts';

/** What a simulated sender does instead of following the protocol, in one phase. */
export type Fault =
  | { readonly kind: 'silent'; readonly phase: Phase }
  | { readonly kind: 'late'; readonly phase: Phase }
  | { readonly kind: 'duplicate'; readonly phase: Phase }
  | { readonly kind: 'malformed'; readonly phase: Phase }
  /** Sends a second packet with another body. */
  | { readonly kind: 'equivocate'; readonly phase: Phase }
  /** Deals a wrong share to these members, and answers rightly unless another fault says otherwise. */
  | { readonly kind: 'bad-share'; readonly members: readonly number[] }
  | { readonly kind: 'bad-answer' }
  | { readonly kind: 'partial-answer' }
  /** Complains about these dealers, whatever they dealt. */
  | { readonly kind: 'false-complaint'; readonly dealers: readonly number[] }
  | { readonly kind: 'wrong-transcript' };

/** A chain identity: Ed25519, natively, because simulations check thousands of packets. */
export interface Identity {
  readonly publicKey: Uint8Array;
  sign(digest: Uint8Array): Uint8Array;
}

/** The identity of a name; the same name gives the same identity. */
export function identityOf(name: string): Identity {
  const seed = createHash('sha256').update(name).digest();
  const key = createPrivateKey({
    key: concat(PKCS8_HEADER, seed) as unknown as Buffer,
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = new Uint8Array(
    createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32),
  );
  return { publicKey, sign: (digest) => new Uint8Array(sign(null, digest, key)) };
}

/** Tools of a run: the group, and Ed25519 for packets. */
export function simulationTools<T>(group: PrimeGroup<T>): KeygenTools<T> {
  return {
    group,
    authenticate: (key, digest, signature) => verify(null, digest, publicKeyObject(key), signature),
  };
}

/** What a simulated run leaves: the log, the states of all watching members, and shares where the run came to a result. */
export interface SimulatedRun<T> {
  readonly log: readonly LogEntry[];
  readonly states: readonly KeygenState<T>[];
  /** Shares of the joint key by member; of the watchers without faults only. */
  readonly shares: ReadonlyMap<number, Uint8Array>;
}

export interface SimulationOptions<T> {
  readonly tools: KeygenTools<T>;
  readonly parameters: KeygenParameters;
  readonly dealers: readonly Identity[];
  readonly members: readonly Identity[];
  readonly random: RandomSource;
  /** Faults by dealer index and by member index. */
  readonly dealerFaults?: ReadonlyMap<number, readonly Fault[]>;
  readonly memberFaults?: ReadonlyMap<number, readonly Fault[]>;
  /** Old shares by dealer, in a resharing. */
  readonly oldShares?: ReadonlyMap<number, Uint8Array>;
  /** Members that keep a state of their own and check their shares; all when absent. Others complain only about bad shares. */
  readonly watchers?: readonly number[];
}

/**
 * Runs dealers and members over one log. Every watcher feeds its own state from the log; honest parties act on what their state
 * says. Heights: each packet is one higher than the last, and phases that are not complete end by their deadline.
 */
export function simulateKeygen<T>(options: SimulationOptions<T>): SimulatedRun<T> {
  return new Simulation(options).run();
}

class Simulation<T> {
  readonly #options: SimulationOptions<T>;
  readonly #session: Uint8Array;
  readonly #watchers: readonly number[];
  readonly #dealings: Dealing<T>[];
  readonly #log: LogEntry[] = [];
  #states: KeygenState<T>[];
  #height = 0n;

  constructor(options: SimulationOptions<T>) {
    const { parameters, tools, dealers, members, oldShares, random } = options;
    this.#options = options;
    this.#session = sessionId(parameters);
    this.#watchers = options.watchers ?? members.map((_, i) => i + 1);
    this.#states = this.#watchers.map(() => initialState<T>(parameters));
    this.#dealings = dealers.map(
      (_, i) => new Dealing(tools, parameters, i + 1, oldShares?.get(i + 1), random),
    );
  }

  run(): SimulatedRun<T> {
    this.#phase('deal', this.#options.dealers, (dealer) => this.#dealBody(dealer));
    this.#phase('complain', this.#options.members, (member) => this.#complaintBody(member));
    this.#phase('answer', this.#options.dealers, (dealer) => this.#answerBody(dealer));
    this.#phase('confirm', this.#options.members, (member) => this.#confirmBody(member));
    return { log: this.#log, states: this.#states, shares: this.#shares() };
  }

  #phase(
    phase: Phase,
    senders: readonly Identity[],
    body: (sender: number) => Uint8Array | undefined,
  ): void {
    const late: Uint8Array[] = [];
    senders.forEach((identity, i) => {
      const faults = this.#faults(phase, i + 1);
      const has = (kind: Fault['kind']): boolean =>
        faults.some((fault) => fault.kind === kind && 'phase' in fault && fault.phase === phase);
      const honest = body(i + 1);
      if (honest === undefined || has('silent')) return;
      const packet = (content: Uint8Array): Uint8Array =>
        this.#packet(phase, i + 1, content, identity);
      const bytes = packet(has('malformed') ? concat(honest, Uint8Array.of(0)) : honest);
      if (has('late')) late.push(bytes);
      else this.#append(bytes);
      if (has('duplicate')) this.#append(bytes);
      if (has('equivocate')) this.#append(packet(concat(honest, Uint8Array.of(1))));
    });
    const current = at(this.#states, 0).phase;
    if (current === phase) this.#append(undefined, this.#options.parameters.deadlines[phase] + 1n);
    for (const bytes of late) this.#append(bytes);
  }

  #append(packet: Uint8Array | undefined, height = this.#height + 1n): void {
    this.#height = height;
    const entry: LogEntry = packet === undefined ? { height } : { height, packet };
    this.#log.push(entry);
    this.#states = this.#states.map((state) => applyEntry(this.#options.tools, state, entry));
  }

  #packet(phase: Phase, sender: number, body: Uint8Array, identity: Identity): Uint8Array {
    const unsigned = { session: this.#session, phase, sender, body };
    return encodePacket({ ...unsigned, signature: identity.sign(packetDigest(unsigned)) });
  }

  #dealBody(dealer: number): Uint8Array {
    const bad = this.#faults('deal', dealer).flatMap((fault) =>
      fault.kind === 'bad-share' ? fault.members : [],
    );
    const boxes = this.#options.members.map((_, i) => {
      const share = at(this.#dealings, dealer - 1).shareFor(i + 1);
      if (bad.includes(i + 1)) share[31] = at(share, 31) ^ 1;
      return this.#box(dealer, i + 1).encrypt(share);
    });
    return at(this.#dealings, dealer - 1).body(boxes);
  }

  #complaintBody(member: number): Uint8Array {
    const faults = this.#faults('complain', member);
    const forced = faults.flatMap((fault) =>
      fault.kind === 'false-complaint' ? fault.dealers : [],
    );
    if (forced.length > 0) return encodeComplaint([...forced].sort((a, b) => a - b));
    const watcher = this.#watchers.indexOf(member);
    if (watcher >= 0)
      return complaintBody(
        this.#options.tools,
        at(this.#states, watcher),
        member,
        this.#received(member, at(this.#states, watcher)),
      );
    // A member that keeps no state of its own complains about what the script says it got.
    const bad = this.#options.dealers
      .map((_, i) => i + 1)
      .filter((dealer) =>
        this.#faults('deal', dealer).some(
          (fault) => fault.kind === 'bad-share' && fault.members.includes(member),
        ),
      );
    return encodeComplaint(bad.filter((dealer) => at(this.#states, 0).deals.has(dealer)));
  }

  #answerBody(dealer: number): Uint8Array | undefined {
    const state = at(this.#states, 0);
    const answer = at(this.#dealings, dealer - 1).answer(state);
    if (answer === undefined) return undefined;
    const faults = this.#faults('answer', dealer);
    const shares = (state.complaints.get(dealer) ?? []).map((member) => ({ member, share: 1n }));
    if (faults.some(({ kind }) => kind === 'bad-answer')) return encodeAnswer(shares);
    return faults.some(({ kind }) => kind === 'partial-answer') ? answer.slice(34) : answer;
  }

  #confirmBody(member: number): Uint8Array | undefined {
    const wrong = this.#faults('confirm', member).some(({ kind }) => kind === 'wrong-transcript');
    return wrong
      ? new Uint8Array(32)
      : confirmationBody(at(this.#states, Math.max(0, this.#watchers.indexOf(member))));
  }

  #shares(): ReadonlyMap<number, Uint8Array> {
    const entries = this.#watchers.flatMap((member, i) => {
      const state = at(this.#states, i);
      // A member that does not follow the protocol has itself to blame for a share that it cannot use.
      const faulty = (this.#options.memberFaults?.get(member) ?? []).length > 0;
      if (state.result === undefined || faulty) return [];
      return [
        [
          member,
          jointShare(this.#options.tools, state, member, this.#received(member, state)),
        ] as const,
      ];
    });
    return new Map(entries);
  }

  #received(member: number, state: KeygenState<T>): ReadonlyMap<number, Uint8Array> {
    return new Map(
      [...state.deals].map(
        ([dealer, { ciphertexts }]) =>
          [dealer, this.#box(dealer, member).decrypt(at(ciphertexts, member - 1))] as const,
      ),
    );
  }

  /** A box under a key that dealer and member share; sessions and HPKE are tested in their own place. */
  #box(dealer: number, member: number): ReturnType<typeof chacha20poly1305> {
    const names = [integerBytes(BigInt(dealer), 2), integerBytes(BigInt(member), 2)];
    const key = createHash('sha256')
      .update(concat(utf8('box'), this.#session, ...names))
      .digest();
    return chacha20poly1305(new Uint8Array(key), new Uint8Array(12));
  }

  #faults(phase: Phase, sender: number): readonly Fault[] {
    const dealer = phase === 'deal' || phase === 'answer';
    return (dealer ? this.#options.dealerFaults : this.#options.memberFaults)?.get(sender) ?? [];
  }
}

/** Parameters of a run with simulated identities `names`; deadlines leave room for one packet a height. */
export function simulationParameters(
  group: KeygenParameters['group'],
  names: readonly string[],
  bounds: { readonly faults: number; readonly threshold: number },
  epoch = 1n,
  old?: KeygenParameters['old'],
): KeygenParameters {
  const room = BigInt(4 * (names.length + (old?.roster.members.length ?? 0)) + 10);
  const members = names.map((name) => identityOf(name).publicKey);
  const base = {
    group,
    logId: utf8('simulated channel'),
    epoch,
    roster: { members, faults: bounds.faults },
    threshold: bounds.threshold,
    deadlines: { deal: room, complain: 2n * room, answer: 3n * room, confirm: 4n * room },
  };
  return old === undefined ? base : { ...base, old };
}

const PKCS8_HEADER = Uint8Array.from([
  0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
]);
const SPKI_HEADER = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]);
const keyObjects = new Map<string, KeyObject>();

function publicKeyObject(key: Uint8Array): KeyObject {
  const name = String(key);
  const known =
    keyObjects.get(name) ??
    createPublicKey({
      key: concat(SPKI_HEADER, key) as unknown as Buffer,
      format: 'der',
      type: 'spki',
    });
  keyObjects.set(name, known);
  return known;
}
