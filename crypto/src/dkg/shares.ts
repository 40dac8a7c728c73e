import { evaluateCommitment } from '../group/group.ts';
import { holds } from '../internal/check.ts';
import type { KeygenTools } from './state.ts';

/** Feldman's check: share * G is the committed polynomial at the member's index. */
export function isShareOf<T>(
  { group }: Pick<KeygenTools<T>, 'group'>,
  commitments: readonly T[],
  member: number,
  share: bigint,
): boolean {
  // The zero share has no point to compare with; it comes up with probability 1/order and an honest dealer deals again.
  if (share <= 0n || share >= group.order) return false;
  return holds(
    'shares.feldman',
    group.equal(group.multiplyBase(share), evaluateCommitment(group, commitments, member)),
  );
}
