import { at, known } from '../internal/at.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { lagrangeAtZero } from '../bls/lagrange.ts';
import { concat, integerBytes, lengthPrefixed, sameBytes, utf8 } from '../encoding/bytes.ts';
import { holds } from '../internal/check.ts';
import { PHASES, type Phase } from './packets.ts';
import { dealersNeeded, dealersOf } from './parameters.ts';
import { exclude } from './progress.ts';
import { packetKey, type KeygenResult, type KeygenState, type KeygenTools } from './state.ts';

/** Ends the current phase, names who failed in it, and opens the next one. */
export function closePhase<T>(tools: KeygenTools<T>, state: KeygenState<T>): KeygenState<T> {
  switch (state.phase) {
    case 'deal':
      return enter(excludeSilent(state), 'deal');
    case 'complain':
      return enter(excludeAccused(state), 'complain');
    case 'answer':
      return fixQualified(tools, excludeUnanswered(state));
    case 'confirm':
      return { ...state, phase: isConfirmed(state) ? 'active' : 'failed' };
    case 'active':
    case 'failed':
      return state;
  }
}

function enter<T>(state: KeygenState<T>, from: Phase): KeygenState<T> {
  return { ...state, phase: PHASES[from].next };
}

function excludeSilent<T>(state: KeygenState<T>): KeygenState<T> {
  return dealersOf(state.parameters).members.reduce<KeygenState<T>>(
    (current, _, i) =>
      current.packets.has(packetKey('deal', i + 1))
        ? current
        : exclude(current, i + 1, 'silent', []),
    state,
  );
}

/** More than f complaints hold an honest one; answering them all would publish f + 1 shares. */
function excludeAccused<T>(state: KeygenState<T>): KeygenState<T> {
  let current = state;
  for (const [dealer, members] of [...state.complaints].sort(([a], [b]) => a - b)) {
    if (holds('keygen.complaint-limit', members.length <= state.parameters.roster.faults)) continue;
    const packets = members.map((member) => known(state.packets, packetKey('complain', member)));
    current = exclude(current, dealer, 'complaints', packets);
  }
  return current;
}

function excludeUnanswered<T>(state: KeygenState<T>): KeygenState<T> {
  let current = state;
  for (const [dealer, members] of [...state.complaints].sort(([a], [b]) => a - b)) {
    if (holds('keygen.answer-given', current.revealed.has(dealer) || current.excluded.has(dealer)))
      continue;
    current = exclude(
      current,
      dealer,
      'no-answer',
      members.map((member) => known(state.packets, packetKey('complain', member))),
    );
  }
  return current;
}

function fixQualified<T>(tools: KeygenTools<T>, state: KeygenState<T>): KeygenState<T> {
  const qualified = [...state.deals.keys()]
    .filter((dealer) => !state.excluded.has(dealer))
    .sort((a, b) => a - b);
  if (!holds('keygen.enough-dealers', qualified.length >= dealersNeeded(state.parameters)))
    return { ...state, phase: 'failed' };
  const commitments = combineCommitments(tools, state, qualified);
  const groupKey = at(commitments, 0);
  // Nobody can steer the sum to the identity without knowing an honest dealer's secret; still no key is better than that one.
  if (commitments.some((point) => tools.group.isIdentity(point)))
    return { ...state, phase: 'failed' };
  const encoded = commitments.map((point) => tools.group.encode(point));
  const { old } = state.parameters;
  const continues = old === undefined || sameBytes(at(encoded, 0), old.groupKey);
  if (!holds('keygen.same-key', continues)) return { ...state, phase: 'failed' };
  const transcript = transcriptHash(state, qualified, encoded);
  const result: KeygenResult<T> = { groupKey, commitments, qualified, transcript };
  return { ...state, phase: PHASES.answer.next, result };
}

/** The joint polynomial: the sum of the dealt ones; in a resharing weighted so that the old shares interpolate to the key. */
function combineCommitments<T>(
  { group }: KeygenTools<T>,
  state: KeygenState<T>,
  qualified: readonly number[],
): T[] {
  const dealings = qualified.map((dealer) => known(state.deals, dealer).commitments);
  const weights = dealerWeights(state, group.order, qualified);
  return Array.from({ length: state.parameters.threshold }, (_, k) => {
    const column = dealings.map((commitments) => at(commitments, k));
    return weights === undefined
      ? column.reduce((a, b) => group.add(a, b), group.identity)
      : group.multiplySum(column, weights);
  });
}

/** Lagrange weights of the qualified dealers in a resharing; undefined where all weigh one. */
export function dealerWeights<T>(
  state: Pick<KeygenState<T>, 'parameters'>,
  order: bigint,
  qualified: readonly number[],
): readonly bigint[] | undefined {
  return state.parameters.old === undefined ? undefined : lagrangeAtZero(qualified, order);
}

/** Everything that decides the key, in one hash: session, qualified dealers, key, published shares. */
function transcriptHash<T>(
  state: KeygenState<T>,
  qualified: readonly number[],
  commitments: readonly Uint8Array[],
): Uint8Array {
  const revealed = qualified.flatMap((dealer) =>
    [...(state.revealed.get(dealer) ?? [])].map(([member, share]) =>
      concat(
        integerBytes(BigInt(dealer), 2),
        integerBytes(BigInt(member), 2),
        integerBytes(share, 32),
      ),
    ),
  );
  const deals = qualified.map((dealer) =>
    sha256(known(state.packets, packetKey('deal', dealer)).body),
  );
  return sha256(
    lengthPrefixed(
      utf8('midlock/v1/keygen-transcript'),
      state.session,
      concat(...qualified.map((dealer) => integerBytes(BigInt(dealer), 2))),
      concat(...deals),
      concat(...commitments),
      concat(...revealed),
    ),
  );
}

function isConfirmed<T>({ parameters, confirmed }: KeygenState<T>): boolean {
  const { members, faults } = parameters.roster;
  return holds('keygen.confirmed', confirmed.size >= members.length - faults);
}
