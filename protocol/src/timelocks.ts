import { check } from './check.ts';
import { checkProfile, type SwapProfile } from './profile.ts';
import type { Direction } from './terms.ts';

/** One inequality that the deadlines keep, with both sides in seconds: what the plan proves. */
export interface Obligation {
  readonly name: string;
  readonly claim: string;
  readonly left: bigint;
  readonly relation: '>=' | '>';
  readonly right: bigint;
}

/** The two deadlines and every moment that follows from them; absolute seconds. */
export interface TimelockPlan {
  readonly direction: Direction;
  readonly profile: SwapProfile;
  readonly fabricExpiresAtSec: bigint;
  readonly ethereumExpiresAtSec: bigint;
  /** The initiator locks the long leg before this, or not at all. */
  readonly lockLongBySec: bigint;
  /** The responder locks the short leg before this, or not at all. */
  readonly lockShortBySec: bigint;
  /** The initiator reveals before this, or not at all. */
  readonly revealBySec: bigint;
  /** From here on the Fabric leg can be refunded (T_F + gap). */
  readonly fabricRefundFromSec: bigint;
  /** From here on the Ethereum leg can be refunded (T_E). */
  readonly ethereumRefundFromSec: bigint;
  readonly obligations: readonly Obligation[];
}

export interface PlanInput {
  readonly direction: Direction;
  readonly profile: SwapProfile;
  /** The later of both ledgers' clocks, seconds. */
  readonly nowSec: bigint;
  /** Extra time for agreeing and queueing before the first lock; default O. */
  readonly slackSec?: bigint;
  /** Leave time to settle although a reorg hits the short lock; default true. Without it such a swap is refunded. */
  readonly finishDespiteReorg?: boolean;
}

/** A_F: a Fabric transaction is committed within this of the fact that calls for it, a crash included. */
export function fabricActSec({ fabric, party }: SwapProfile): bigint {
  return 2n * (party.observeSec + fabric.commitSec);
}

/** S_E: an Ethereum transaction once sent stands beyond every reorg after this. */
export function ethereumSettleSec(profile: SwapProfile): bigint {
  const { ethereum, party } = profile;
  return ethereum.inclusionSec + party.thrownOut * reorgRoundSec(profile);
}

/** The reveal guard: the initiator reveals only while the short leg's deadline is further away, strictly. */
export function revealGuardSec(direction: Direction, profile: SwapProfile): bigint {
  const { fabric, party } = profile;
  return direction === 'fabric-first'
    ? party.observeSec + ethereumSettleSec(profile)
    : 2n * fabric.commitSec + party.observeSec + party.skewSec;
}

/** The lock guard: the short leg is locked only while its deadline is further away, strictly. */
export function lockGuardSec(direction: Direction, profile: SwapProfile): bigint {
  const { fabric, ethereum, party } = profile;
  const reveal = revealGuardSec(direction, profile);
  return direction === 'fabric-first'
    ? ethereum.inclusionSec + ethereum.finalitySec + party.observeSec + reveal
    : fabric.commitSec + party.observeSec + reveal;
}

/** What a plan adds so that the swap still settles when a reorg throws the short lock out: R_E + O + D_E; nothing where the short leg is on Fabric. */
export function reorgAllowanceSec(direction: Direction, { ethereum, party }: SwapProfile): bigint {
  return direction === 'fabric-first'
    ? ethereum.reorgSpanSec + party.observeSec + ethereum.inclusionSec
    : 0n;
}

/** The least T_long - T_short. fabric-first: R_E + A_F + d. ethereum-first: gap + d + A_F + O + S_E, plus one second (the bound is strict). */
export function marginSec(direction: Direction, profile: SwapProfile): bigint {
  const { fabric, ethereum, party } = profile;
  return direction === 'fabric-first'
    ? ethereum.reorgSpanSec + fabricActSec(profile) + party.skewSec
    : fabric.gapSec +
        party.skewSec +
        fabricActSec(profile) +
        party.observeSec +
        ethereumSettleSec(profile) +
        1n;
}

/**
 * Computes both deadlines from the networks' figures; nobody types them in.
 * The initiator has `slackSec` to send the first lock, which must be final and seen before the short leg is due.
 * Source: design, swap, section Time; the bounds are minimal under its fault model.
 * @throws {MidlockError} PROFILE_INVALID.
 */
export function planTimelocks({
  direction,
  profile,
  nowSec,
  slackSec = profile.party.observeSec,
  finishDespiteReorg = true,
}: PlanInput): TimelockPlan {
  checkProfile(profile);
  const lockLongBySec = nowSec + slackSec;
  const shortDueSec = lockLongBySec + longVisibleSec(direction, profile);
  const allowanceSec = finishDespiteReorg ? reorgAllowanceSec(direction, profile) : 0n;
  const shortSec = shortDueSec + lockGuardSec(direction, profile) + allowanceSec + 1n;
  const longSec = shortSec + marginSec(direction, profile);
  const [fabricSec, ethereumSec] =
    direction === 'fabric-first' ? [longSec, shortSec] : [shortSec, longSec];
  return describePlan(direction, profile, fabricSec, ethereumSec);
}

/** Everything that follows from two deadlines; says nothing about whether they are safe: see {@link checkTimelocks}. */
export function describePlan(
  direction: Direction,
  profile: SwapProfile,
  fabricSec: bigint,
  ethereumSec: bigint,
): TimelockPlan {
  const shortSec = direction === 'fabric-first' ? ethereumSec : fabricSec;
  const lockShortBySec = shortSec - lockGuardSec(direction, profile);
  return {
    direction,
    profile,
    fabricExpiresAtSec: fabricSec,
    ethereumExpiresAtSec: ethereumSec,
    lockLongBySec: lockShortBySec - longVisibleSec(direction, profile),
    lockShortBySec,
    revealBySec: shortSec - revealGuardSec(direction, profile),
    fabricRefundFromSec: fabricSec + profile.fabric.gapSec,
    ethereumRefundFromSec: ethereumSec,
    obligations: obligationsOf(direction, profile, fabricSec, ethereumSec),
  };
}

/**
 * Refuses deadlines that do not keep every obligation of the direction.
 * @throws {MidlockError} DEADLINE_ORDER with the broken obligation; PROFILE_INVALID.
 */
export function checkTimelocks(
  direction: Direction,
  profile: SwapProfile,
  fabricSec: bigint,
  ethereumSec: bigint,
): void {
  checkProfile(profile);
  for (const { name, left, relation, right } of obligationsOf(
    direction,
    profile,
    fabricSec,
    ethereumSec,
  )) {
    const kept = relation === '>' ? left > right : left >= right;
    check('timelocks.obligation', kept, 'DEADLINE_ORDER', {
      obligation: name,
      leftSec: left,
      relation,
      rightSec: right,
    });
  }
}

/** R_E + O + D_E: one round of being thrown out, noticing and being included again; without O where others re-send. */
function reorgRoundSec({ ethereum, party }: SwapProfile): bigint {
  return (
    ethereum.reorgSpanSec + (party.resentByOthers ? 0n : party.observeSec) + ethereum.inclusionSec
  );
}

/** From sending the long lock to the responder acting on it. */
function longVisibleSec(direction: Direction, { fabric, ethereum, party }: SwapProfile): bigint {
  return direction === 'fabric-first'
    ? fabric.commitSec + party.observeSec
    : ethereum.inclusionSec + ethereum.finalitySec + party.observeSec;
}

function obligationsOf(
  direction: Direction,
  profile: SwapProfile,
  fabricSec: bigint,
  ethereumSec: bigint,
): readonly Obligation[] {
  const margin = direction === 'fabric-first' ? fabricSec - ethereumSec : ethereumSec - fabricSec;
  const { fabric, party } = profile;
  const order: Obligation =
    direction === 'fabric-first'
      ? {
          name: 'responder-can-claim',
          claim: 'T_F - T_E >= R_E + A_F + d',
          left: margin,
          relation: '>=',
          right: marginSec(direction, profile),
        }
      : {
          name: 'responder-can-claim',
          claim: 'T_E - T_F > gap + d + A_F + O + S_E',
          left: margin,
          relation: '>',
          right: marginSec(direction, profile) - 1n,
        };
  return [
    order,
    {
      name: 'dead-zone',
      claim: 'gap >= maxFuture',
      left: fabric.gapSec,
      relation: '>=',
      right: fabric.maxFutureSec,
    },
    {
      name: 'window-covers-commit',
      claim: 'maxPast >= 2 d + D_F',
      left: fabric.maxPastSec,
      relation: '>=',
      right: 2n * party.skewSec + fabric.commitSec,
    },
    {
      name: 'window-covers-skew',
      claim: 'maxPast + maxFuture >= 2 d',
      left: fabric.maxPastSec + fabric.maxFutureSec,
      relation: '>=',
      right: 2n * party.skewSec,
    },
  ];
}
