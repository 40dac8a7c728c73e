import { at } from '../internal/at.ts';
import { holds } from '../internal/check.ts';
import { identifier, noblePublic, type FrostKeys } from './keys.ts';
import { parseCommitments, type SigningPackage } from './signer.ts';
import { secp256k1, secp256k1_FROST } from './suite.ts';

/** A signing attempt that waits for shares. */
export interface RobustSession {
  readonly id: number;
  readonly package: SigningPackage;
  readonly shares: ReadonlyMap<number, Uint8Array>;
}

/**
 * The coordinator's state for one message (ROAST: Ruffing, Ronge, Jin, Schneider-Bensch, Schroeder, CCS 2022). Data only: it may be
 * stored. A lost coordinator loses no safety; another starts over.
 */
export interface RobustState {
  readonly keys: FrostKeys;
  readonly message: Uint8Array;
  /** Commitments of members that are ready for a session. */
  readonly ready: ReadonlyMap<number, Uint8Array>;
  readonly sessions: readonly RobustSession[];
  /** The session whose share a member owes. */
  readonly owing: ReadonlyMap<number, number>;
  /** Members that sent something no honest member sends; nothing of theirs counts any more. */
  readonly malicious: ReadonlySet<number>;
  /** The signature of RFC 9591 (65 bytes) once there is one. */
  readonly signature: Uint8Array | undefined;
}

/** What a member sends: a fresh commitment, and the share it owes if it owes one. */
export interface RobustReply {
  readonly index: number;
  readonly commitment: Uint8Array;
  readonly share?: Uint8Array;
}

/** The next state, and the session to send to its members when one was opened. */
export interface RobustStep {
  readonly state: RobustState;
  readonly opened: RobustSession | undefined;
}

/** A coordinator that waits for the first commitments to `message`. */
export function startRobustSigning(keys: FrostKeys, message: Uint8Array): RobustState {
  return {
    keys,
    message,
    ready: new Map(),
    sessions: [],
    owing: new Map(),
    malicious: new Set(),
    signature: undefined,
  };
}

/**
 * Takes one reply. A session opens as soon as `threshold` members are ready; a member is ready again after its share was found
 * good. Each session that fails holds at least one member that stays silent or is found malicious and takes part in no other, so
 * there are at most size - threshold + 1 sessions (f + 1 at threshold n - f), and one of them ends, whoever is slow or lies.
 * Pure: no clock, no randomness. Cost: one share check a reply (three multiplications and a sum over the session).
 */
export function receiveReply(state: RobustState, reply: RobustReply): RobustStep {
  const { index, commitment, share } = reply;
  if (!isHeard(state, index)) return { state, opened: undefined };
  const owed = state.owing.get(index);
  // A member owes a share or is new; anything else is a reply nobody asked for.
  const expected =
    owed === undefined ? !state.ready.has(index) && share === undefined : share !== undefined;
  if (!holds('robust.expected', expected) || !holds('robust.commitment', isCommitment(commitment)))
    return accuse(state, index);
  if (owed === undefined || share === undefined) return makeReady(state, index, commitment);
  const session = at(state.sessions, owed);
  if (!holds('robust.share', isShareValid(state.keys, session.package, index, share)))
    return accuse(state, index);
  const filled = { ...session, shares: new Map([...session.shares, [index, share]]) };
  const owing = new Map(state.owing);
  owing.delete(index);
  const next = {
    ...state,
    owing,
    sessions: state.sessions.map((other) => (other.id === owed ? filled : other)),
  };
  if (filled.shares.size < state.keys.threshold) return makeReady(next, index, commitment);
  return { state: { ...next, signature: aggregate(state.keys, filled) }, opened: undefined };
}

/** True for a member that was not accused, while there is no signature yet. */
function isHeard(state: RobustState, index: number): boolean {
  const member = Number.isInteger(index) && index >= 1 && index <= state.keys.size;
  return member && state.signature === undefined && !state.malicious.has(index);
}

/** The most sessions that signing can take: f + 1 when the threshold is size - f. */
export function maxSessions(keys: FrostKeys): number {
  return keys.size - keys.threshold + 1;
}

function makeReady(state: RobustState, index: number, commitment: Uint8Array): RobustStep {
  const ready = new Map([...state.ready, [index, commitment]]);
  if (ready.size < state.keys.threshold) return { state: { ...state, ready }, opened: undefined };
  const id = state.sessions.length;
  const opened = { id, package: { message: state.message, commitments: ready }, shares: new Map() };
  const owing = new Map([
    ...state.owing,
    ...[...ready.keys()].map((member) => [member, id] as const),
  ]);
  return {
    state: { ...state, ready: new Map(), owing, sessions: [...state.sessions, opened] },
    opened,
  };
}

function accuse(state: RobustState, index: number): RobustStep {
  const ready = new Map(state.ready);
  ready.delete(index);
  return {
    state: { ...state, ready, malicious: new Set([...state.malicious, index]) },
    opened: undefined,
  };
}

/** RFC 9591, 5.4. */
function isShareValid(
  keys: FrostKeys,
  session: SigningPackage,
  index: number,
  share: Uint8Array,
): boolean {
  try {
    const commitments = parseCommitments(keys, session);
    return secp256k1_FROST.verifyShare(
      noblePublic(keys),
      commitments,
      session.message,
      identifier(index),
      share,
    );
  } catch {
    return false;
  }
}

/** RFC 9591, 5.3. Every share was checked, so the signature is valid. */
function aggregate(keys: FrostKeys, session: RobustSession): Uint8Array {
  const shares = Object.fromEntries(
    [...session.shares].map(([index, share]) => [identifier(index), share]),
  );
  return secp256k1_FROST.aggregate(
    noblePublic(keys),
    parseCommitments(keys, session.package),
    session.package.message,
    shares,
  );
}

function isCommitment(bytes: Uint8Array): boolean {
  try {
    for (const point of [bytes.subarray(0, 33), bytes.subarray(33)])
      secp256k1.Point.fromBytes(point);
    return bytes.length === 66;
  } catch {
    return false;
  }
}
