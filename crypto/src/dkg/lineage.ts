import { check, holds } from '../internal/check.ts';
import { sameBytes } from '../encoding/bytes.ts';
import type { KeygenParameters, Roster } from './parameters.ts';

/**
 * One key from its birth through its resharings. Resharing gives new members shares of the same key and revokes nobody: old
 * shares of one epoch, enough of them, sign for ever. So everybody who ever held a share and is no longer on the roster counts.
 */
export interface KeyLineage {
  readonly groupKey: Uint8Array;
  readonly bornAtHeight: bigint;
  /** Height from which the key must be replaced whoever left. */
  readonly retireAtHeight: bigint;
  /** The lowest threshold under which the key was ever shared. */
  readonly lowestThreshold: number;
  /** Identity keys of all who ever were on a roster of this key. */
  readonly holders: readonly Uint8Array[];
  readonly roster: Roster;
}

/** Why a key must be replaced. */
export type RotationDemand =
  | {
      readonly reason: 'departed';
      readonly departed: number;
      readonly reachable: number;
      readonly threshold: number;
    }
  | { readonly reason: 'lifetime'; readonly retireAtHeight: bigint };

/** The lineage of a key that was just generated. `lifetime` is in log heights. */
export function startLineage(
  parameters: KeygenParameters,
  groupKey: Uint8Array,
  bornAtHeight: bigint,
  lifetime: bigint,
): KeyLineage {
  const { roster, threshold } = parameters;
  const retireAtHeight = bornAtHeight + lifetime;
  return {
    groupKey,
    bornAtHeight,
    retireAtHeight,
    lowestThreshold: threshold,
    holders: roster.members,
    roster,
  };
}

/**
 * The lineage after a resharing that became active.
 * @throws {CryptoError} CRYPTO_DOMAIN when the resharing is of another key.
 */
export function continueLineage(lineage: KeyLineage, parameters: KeygenParameters): KeyLineage {
  const { old, threshold } = parameters;
  check(
    'lineage.same-key',
    old !== undefined && sameBytes(old.groupKey, lineage.groupKey),
    'CRYPTO_DOMAIN',
  );
  return withRoster(lineage, parameters.roster, threshold);
}

/** How many former members may still hold a share of some epoch. */
export function departedOf({ holders, roster }: KeyLineage): number {
  const present = new Set(roster.members.map(String));
  return holders.filter((holder) => !present.has(String(holder))).length;
}

/**
 * What demands a fresh key and a `rotate` statement signed by this one; undefined while the key may serve. Asked before a
 * resharing with the `planned` roster and threshold, it says whether resharing will do or the planned roster needs a fresh key.
 */
export function rotationDemand(
  lineage: KeyLineage,
  height: bigint,
  planned?: { readonly roster: Roster; readonly threshold: number },
): RotationDemand | undefined {
  const next =
    planned === undefined ? lineage : withRoster(lineage, planned.roster, planned.threshold);
  const departed = departedOf(next);
  const reachable = departed + next.roster.faults;
  // All who left, together with f of those present, must stay below every threshold that the key ever had.
  if (!holds('lineage.departed', departed === 0 || reachable < next.lowestThreshold)) {
    return { reason: 'departed', departed, reachable, threshold: next.lowestThreshold };
  }
  const alive = holds('lineage.lifetime', height < lineage.retireAtHeight);
  return alive ? undefined : { reason: 'lifetime', retireAtHeight: lineage.retireAtHeight };
}

function withRoster(lineage: KeyLineage, roster: Roster, threshold: number): KeyLineage {
  const known = new Set(lineage.holders.map(String));
  return {
    ...lineage,
    roster,
    lowestThreshold: Math.min(lineage.lowestThreshold, threshold),
    holders: [...lineage.holders, ...roster.members.filter((member) => !known.has(String(member)))],
  };
}
