import type { ThresholdKeys } from '../bls/threshold.ts';
import { toEvenKey, type FrostKeys } from '../frost/keys.ts';
import { evaluateCommitment } from '../group/group.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import type { OldKey } from './parameters.ts';
import type { KeygenResult, KeygenState, KeygenTools } from './state.ts';

/** The public key of one member's share: the joint committed polynomial at its index. Cost: `threshold` small multiples. */
export function shareKey<T>(
  { group }: Pick<KeygenTools<T>, 'group'>,
  result: KeygenResult<T>,
  member: number,
): T {
  return evaluateCommitment(group, result.commitments, member);
}

/** The outcome of a run whose key may be used. Throws CRYPTO_STATE until n - f members have signed the transcript. */
export function activeResult<T>(state: KeygenState<T>): KeygenResult<T> {
  check('keygen.active', state.phase === 'active', 'CRYPTO_STATE', { phase: state.phase });
  if (state.result === undefined) throw new CryptoError('CRYPTO_STATE', { phase: state.phase });
  return state.result;
}

/** An active key for threshold BLS signatures. Share keys are computed when asked for, once each. */
export function blsKeys<Q>(
  tools: Pick<KeygenTools<Q>, 'group'>,
  state: KeygenState<Q>,
): ThresholdKeys<Q> {
  const result = activeResult(state);
  const computed = new Map<number, Q>();
  return {
    size: state.parameters.roster.members.length,
    threshold: state.parameters.threshold,
    groupKey: result.groupKey,
    shareKey: (index) => {
      const key = computed.get(index) ?? shareKey(tools, result, index);
      computed.set(index, key);
      return key;
    },
  };
}

/** An active secp256k1 key for FROST, in the agreed form (frost/keys.ts); shares follow with `toEvenShare`. */
export function frostKeys<T>(
  tools: Pick<KeygenTools<T>, 'group'>,
  state: KeygenState<T>,
): FrostKeys {
  return toEvenKey(rawFrostKeys(tools, state));
}

/** The same before it is brought into the agreed form: `groupKey` is what `toEvenShare` wants. */
export function rawFrostKeys<T>(
  tools: Pick<KeygenTools<T>, 'group'>,
  state: KeygenState<T>,
): FrostKeys {
  const result = activeResult(state);
  const size = state.parameters.roster.members.length;
  return {
    size,
    threshold: state.parameters.threshold,
    groupKey: tools.group.encode(result.groupKey),
    shareKeys: Array.from({ length: size }, (_, i) =>
      tools.group.encode(shareKey(tools, result, i + 1)),
    ),
  };
}

/** An active key as a resharing takes it up. */
export function asOldKey<T>(tools: Pick<KeygenTools<T>, 'group'>, state: KeygenState<T>): OldKey {
  const { groupKey, shareKeys, threshold } = rawFrostKeys(tools, state);
  return { roster: state.parameters.roster, threshold, groupKey, shareKeys };
}
