import type { Packet, Phase } from './packets.ts';

/** Why a dealer does not qualify. */
export type ExclusionReason =
  /** No dealing in time. */
  | 'silent'
  /** A dealing that is not canonical, holds a point outside the group, or has another degree. */
  | 'malformed'
  /** No proof that it knows its constant term. */
  | 'possession'
  /** In a resharing: the constant term is not the old share. */
  | 'not-old-share'
  /** Two different packets of one phase. */
  | 'equivocation'
  /** More complaints than there can be liars. */
  | 'complaints'
  /** No answer to a complaint in time. */
  | 'no-answer'
  /** An answer with a wrong share, or not to exactly the complaints. */
  | 'bad-answer';

/**
 * A named fault with what shows it. Where packets stand, anyone can check them by their signatures; where none stand, the log
 * itself shows it (nothing of the sender in it by that height).
 */
export type Evidence =
  | {
      readonly kind: 'excluded';
      readonly dealer: number;
      readonly reason: ExclusionReason;
      readonly packets: readonly Packet[];
    }
  | {
      readonly kind: 'equivocation';
      readonly phase: Phase;
      readonly sender: number;
      readonly packets: readonly [Packet, Packet];
    }
  /** A complaint, confirmation or other packet with a body that nobody honest sends. */
  | {
      readonly kind: 'malformed';
      readonly phase: Phase;
      readonly sender: number;
      readonly packets: readonly [Packet];
    }
  /**
   * A complaint that the dealer answered with the right share. One of the two lied (the member, or the dealer about what it
   * sent); a member that has more of these than there can be lying dealers lied for certain: {@link certainLiars}.
   */
  | {
      readonly kind: 'answered-complaint';
      readonly dealer: number;
      readonly member: number;
      readonly packets: readonly [Packet, Packet];
    }
  /** A member signed another transcript than the log gives. */
  | {
      readonly kind: 'wrong-transcript';
      readonly member: number;
      readonly packets: readonly [Packet];
    };

/** Members with more answered complaints than `faultyDealers` can explain: each of them complained falsely at least once. */
export function certainLiars(
  evidence: readonly Evidence[],
  faultyDealers: number,
): readonly number[] {
  const counts = new Map<number, number>();
  for (const item of evidence) {
    if (item.kind === 'answered-complaint')
      counts.set(item.member, (counts.get(item.member) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > faultyDealers)
    .map(([member]) => member)
    .sort((a, b) => a - b);
}
