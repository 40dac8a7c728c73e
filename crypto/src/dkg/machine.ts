import { at, known } from '../internal/at.ts';
import { sameBytes } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import {
  parseAnswer,
  parseComplaint,
  parseConfirmation,
  parseDeal,
  type DealBody,
} from './bodies.ts';
import { closePhase } from './close.ts';
import type { ExclusionReason } from './evidence.ts';
import { packetDigest, parsePacket, PHASES, type Packet, type Phase } from './packets.ts';
import { dealersOf, type KeygenParameters } from './parameters.ts';
import { verifyConstant } from './possession.ts';
import { exclude, isFinished } from './progress.ts';
import { isShareOf } from './shares.ts';
import { initialState, packetKey, withEntry, type KeygenState, type KeygenTools } from './state.ts';

/** One entry of the log, in the log's order. Heights never fall; several entries may share one. */
export interface LogEntry {
  readonly height: bigint;
  /** A packet's bytes; undefined when the height only passes by. */
  readonly packet?: Uint8Array;
}

/** The state after a whole log. */
export function replay<T>(
  tools: KeygenTools<T>,
  parameters: KeygenParameters,
  log: readonly LogEntry[],
): KeygenState<T> {
  return log.reduce<KeygenState<T>>(
    (state, entry) => applyEntry(tools, state, entry),
    initialState(parameters),
  );
}

/**
 * The state after one entry. Pure, and total over packets: nothing in a packet makes it throw. Packets that are foreign (another
 * session, an unknown or forged sender), early, late or repeated change nothing but may leave evidence.
 * A phase ends when all that can come has come, else when its deadline has passed.
 * @throws {CryptoError} CRYPTO_STATE when the height falls: that is not a log.
 */
export function applyEntry<T>(
  tools: KeygenTools<T>,
  state: KeygenState<T>,
  entry: LogEntry,
): KeygenState<T> {
  check('keygen.height-order', entry.height >= state.height, 'CRYPTO_STATE');
  const at = settle(tools, passDeadlines(tools, { ...state, height: entry.height }));
  const packet = entry.packet === undefined ? undefined : admit(tools, at, entry.packet);
  return packet === undefined ? at : settle(tools, accept(tools, at, packet));
}

function passDeadlines<T>(tools: KeygenTools<T>, state: KeygenState<T>): KeygenState<T> {
  let current = state;
  while (
    !isFinished(current) &&
    current.height > current.parameters.deadlines[current.phase as Phase]
  ) {
    current = closePhase(tools, current);
  }
  return current;
}

/** Closes phases in which nothing more can come. */
function settle<T>(tools: KeygenTools<T>, state: KeygenState<T>): KeygenState<T> {
  let current = state;
  while (!isFinished(current) && isComplete(current)) current = closePhase(tools, current);
  return current;
}

function isComplete<T>(state: KeygenState<T>): boolean {
  const { parameters, packets } = state;
  const all = (phase: Phase, count: number): boolean =>
    Array.from({ length: count }, (_, i) => i + 1).every((sender) =>
      packets.has(packetKey(phase, sender)),
    );
  switch (state.phase) {
    case 'deal':
      return all('deal', dealersOf(parameters).members.length);
    case 'complain':
      return all('complain', parameters.roster.members.length);
    case 'answer':
      return [...state.complaints.keys()].every(
        (dealer) => state.excluded.has(dealer) || packets.has(packetKey('answer', dealer)),
      );
    case 'confirm':
      return state.confirmed.size >= parameters.roster.members.length - parameters.roster.faults;
    case 'active':
    case 'failed':
      return false;
  }
}

/** The packet when it belongs to this run and its sender signed it; undefined otherwise. */
function admit<T>(
  tools: KeygenTools<T>,
  state: KeygenState<T>,
  bytes: Uint8Array,
): Packet | undefined {
  const packet = tryParse(() => parsePacket(bytes));
  if (packet === undefined || !holds('keygen.session', sameBytes(packet.session, state.session)))
    return undefined;
  const senders =
    PHASES[packet.phase].sender === 'dealer'
      ? dealersOf(state.parameters)
      : state.parameters.roster;
  const identity = senders.members[packet.sender - 1];
  if (identity === undefined) return undefined;
  const genuine = tools.authenticate(identity, packetDigest(packet), packet.signature);
  return holds('keygen.authentic', genuine) ? packet : undefined;
}

function accept<T>(tools: KeygenTools<T>, state: KeygenState<T>, packet: Packet): KeygenState<T> {
  const { phase, sender } = packet;
  const first = state.packets.get(packetKey(phase, sender));
  if (first !== undefined)
    return sameBytes(first.body, packet.body) ? state : equivocated(state, first, packet);
  // Confirmations that come after the key is active still count, and still convict.
  const open = state.phase === phase || (phase === 'confirm' && state.phase === 'active');
  if (!open) return remember(state, packet, state.phase);
  const known = { ...state, packets: withEntry(state.packets, packetKey(phase, sender), packet) };
  switch (phase) {
    case 'deal':
      return acceptDeal(tools, known, packet);
    case 'complain':
      return acceptComplaint(known, packet);
    case 'answer':
      return acceptAnswer(tools, known, packet);
    case 'confirm':
      return acceptConfirmation(known, packet);
  }
}

/** A late packet counts for nothing, but a second, different one still convicts its sender. An early one is as if never sent. */
function remember<T>(
  state: KeygenState<T>,
  packet: Packet,
  now: KeygenState<T>['phase'],
): KeygenState<T> {
  const late = now === 'active' || now === 'failed' || PHASES[packet.phase].code < PHASES[now].code;
  return late
    ? {
        ...state,
        packets: withEntry(state.packets, packetKey(packet.phase, packet.sender), packet),
      }
    : state;
}

function equivocated<T>(state: KeygenState<T>, first: Packet, second: Packet): KeygenState<T> {
  const { phase, sender } = first;
  const reported = state.evidence.some(
    (item) => item.kind === 'equivocation' && item.phase === phase && item.sender === sender,
  );
  if (reported) return state;
  const named = {
    ...state,
    evidence: [
      ...state.evidence,
      { kind: 'equivocation', phase, sender, packets: [first, second] } as const,
    ],
  };
  // Until the qualified set is fixed, a dealer that says two things does not qualify.
  const excludes =
    PHASES[phase].sender === 'dealer' && state.result === undefined && !isFinished(state);
  return excludes ? exclude(named, sender, 'equivocation', [first, second]) : named;
}

function acceptDeal<T>(
  tools: KeygenTools<T>,
  state: KeygenState<T>,
  packet: Packet,
): KeygenState<T> {
  const { parameters, session } = state;
  const { sender } = packet;
  const deal = tryParse(() =>
    parseDeal(tools.group, parameters.threshold, parameters.roster.members.length, packet.body),
  );
  if (deal === undefined) return exclude(state, sender, 'malformed', [packet]);
  const fault = faultOfDeal(tools, parameters, session, sender, deal);
  if (fault !== undefined) return exclude(state, sender, fault, [packet]);
  return { ...state, deals: withEntry(state.deals, sender, deal) };
}

function faultOfDeal<T>(
  tools: KeygenTools<T>,
  parameters: KeygenParameters,
  session: Uint8Array,
  dealer: number,
  deal: DealBody<T>,
): ExclusionReason | undefined {
  const constant = at(deal.commitments, 0);
  if (
    !holds(
      'keygen.possession',
      verifyConstant(tools.group, session, dealer, constant, deal.possession),
    )
  )
    return 'possession';
  const oldShare = parameters.old?.shareKeys[dealer - 1];
  const continues = oldShare === undefined || sameBytes(tools.group.encode(constant), oldShare);
  return holds('keygen.old-share', continues) ? undefined : 'not-old-share';
}

function acceptComplaint<T>(state: KeygenState<T>, packet: Packet): KeygenState<T> {
  const dealers = tryParse(() =>
    parseComplaint(dealersOf(state.parameters).members.length, packet.body),
  );
  if (dealers === undefined) return malformed(state, packet);
  const complaints = new Map(state.complaints);
  for (const dealer of dealers) {
    // Nobody needs to complain about a dealer that is out already.
    if (!state.deals.has(dealer) || state.excluded.has(dealer)) continue;
    complaints.set(
      dealer,
      [...(complaints.get(dealer) ?? []), packet.sender].sort((a, b) => a - b),
    );
  }
  return { ...state, complaints };
}

function acceptAnswer<T>(
  tools: KeygenTools<T>,
  state: KeygenState<T>,
  packet: Packet,
): KeygenState<T> {
  const { sender } = packet;
  const complainers = state.complaints.get(sender);
  // An answer that nobody asked for, or from a dealer that is out, changes nothing.
  if (complainers === undefined || state.excluded.has(sender)) return state;
  const { group } = tools;
  const shares = tryParse(() =>
    parseAnswer(state.parameters.roster.members.length, group.order, packet.body),
  );
  const toAll =
    shares !== undefined &&
    sameList(
      shares.map(({ member }) => member),
      complainers,
    );
  if (!holds('keygen.answer-complete', toAll) || shares === undefined)
    return exclude(state, sender, 'bad-answer', [packet]);
  const { commitments } = known(state.deals, sender);
  const right = shares.every(({ member, share }) => isShareOf(tools, commitments, member, share));
  if (!holds('keygen.answer-share', right)) return exclude(state, sender, 'bad-answer', [packet]);
  const revealed = withEntry(
    state.revealed,
    sender,
    new Map(shares.map(({ member, share }) => [member, share])),
  );
  const answered = complainers.map((member) => {
    const complaint = known(state.packets, packetKey('complain', member));
    return {
      kind: 'answered-complaint',
      dealer: sender,
      member,
      packets: [complaint, packet],
    } as const;
  });
  return { ...state, revealed, evidence: [...state.evidence, ...answered] };
}

function acceptConfirmation<T>(state: KeygenState<T>, packet: Packet): KeygenState<T> {
  const hash = tryParse(() => parseConfirmation(packet.body));
  if (hash === undefined || state.result === undefined) return malformed(state, packet);
  const { sender } = packet;
  if (!holds('keygen.transcript', sameBytes(hash, state.result.transcript))) {
    return {
      ...state,
      evidence: [
        ...state.evidence,
        { kind: 'wrong-transcript', member: sender, packets: [packet] },
      ],
    };
  }
  // In key generation only qualified dealers vouch for the key; in a resharing the new members do.
  const counts = state.parameters.old !== undefined || state.result.qualified.includes(sender);
  return holds('keygen.qualified-confirms', counts)
    ? { ...state, confirmed: new Set([...state.confirmed, sender]) }
    : state;
}

function malformed<T>(state: KeygenState<T>, packet: Packet): KeygenState<T> {
  const { phase, sender } = packet;
  return {
    ...state,
    evidence: [...state.evidence, { kind: 'malformed', phase, sender, packets: [packet] }],
  };
}

function tryParse<V>(parse: () => V): V | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
