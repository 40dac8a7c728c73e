import { sha256 } from '@noble/hashes/sha2.js';
import { concat, integerBytes, lengthPrefixed, utf8 } from '../encoding/bytes.ts';
import type { GroupName } from '../group/group.ts';
import { check } from '../internal/check.ts';
import { MAX_MEMBERS } from './committee-bounds.ts';

/** Members in the order of their indices 1, 2, ...: the public keys of their chain identities, all different. */
export interface Roster {
  readonly members: readonly Uint8Array[];
  /** Members that may lie or stay silent. */
  readonly faults: number;
}

/** Log heights at which the phases end; a packet at the height itself still counts. Strictly ascending. */
export interface Deadlines {
  readonly deal: bigint;
  readonly complain: bigint;
  readonly answer: bigint;
  readonly confirm: bigint;
}

/** The key that a resharing hands on. */
export interface OldKey {
  readonly roster: Roster;
  readonly threshold: number;
  readonly groupKey: Uint8Array;
  /** Public keys of the shares, that of member 1 first. */
  readonly shareKeys: readonly Uint8Array[];
}

/** Everything that a run of key generation or resharing agrees on before its first packet. */
export interface KeygenParameters {
  readonly group: GroupName;
  /** The ledger or channel whose log orders the packets, as bytes: two logs never share a session. */
  readonly logId: Uint8Array;
  /** The epoch that the key will serve. */
  readonly epoch: bigint;
  /** Who will hold shares. */
  readonly roster: Roster;
  /** Partials that make a signature: faults + 1 to size - faults. committee-bounds.ts says which. */
  readonly threshold: number;
  readonly deadlines: Deadlines;
  /** Present for a resharing: the old holders deal then. Without it the roster deals. */
  readonly old?: OldKey;
}

/** Who deals: the old holders in a resharing, the roster itself otherwise. */
export function dealersOf(parameters: KeygenParameters): Roster {
  return parameters.old?.roster ?? parameters.roster;
}

/** Dealers that must qualify: old threshold in a resharing, all but f otherwise. */
export function dealersNeeded(parameters: KeygenParameters): number {
  return parameters.old?.threshold ?? parameters.roster.members.length - parameters.roster.faults;
}

/** 32-byte hash of a roster: every member's identity key, in order, and f. */
export function rosterHash(roster: Roster): Uint8Array {
  return sha256(
    lengthPrefixed(
      utf8('midlock/v1/roster'),
      integerBytes(BigInt(roster.faults), 2),
      ...roster.members,
    ),
  );
}

/**
 * The session id (32 bytes): a hash of all parameters, so that a packet of another epoch, roster, threshold, log or group is
 * never taken for one of this run.
 * @throws {CryptoError} CRYPTO_RANGE for parameters that contradict themselves.
 */
export function sessionId(parameters: KeygenParameters): Uint8Array {
  validate(parameters);
  const { deadlines, old } = parameters;
  const heights = [deadlines.deal, deadlines.complain, deadlines.answer, deadlines.confirm];
  const previous =
    old === undefined
      ? new Uint8Array(0)
      : lengthPrefixed(
          rosterHash(old.roster),
          integerBytes(BigInt(old.threshold), 2),
          old.groupKey,
          ...old.shareKeys,
        );
  return sha256(
    lengthPrefixed(
      utf8('midlock/v1/keygen-session'),
      utf8(parameters.group),
      parameters.logId,
      integerBytes(parameters.epoch, 8),
      rosterHash(parameters.roster),
      integerBytes(BigInt(parameters.threshold), 2),
      concat(...heights.map((height) => integerBytes(height, 8))),
      previous,
    ),
  );
}

function validate({ roster, threshold, deadlines, old }: KeygenParameters): void {
  validateRoster(roster);
  validateThreshold(roster, threshold);
  const { deal, complain, answer, confirm } = deadlines;
  check(
    'keygen.deadlines',
    deal >= 0n && deal < complain && complain < answer && answer < confirm,
    'CRYPTO_RANGE',
  );
  if (old === undefined) return;
  validateRoster(old.roster);
  validateThreshold(old.roster, old.threshold);
  check('keygen.old-shares', old.shareKeys.length === old.roster.members.length, 'CRYPTO_RANGE');
}

function validateRoster({ members, faults }: Roster): void {
  check('keygen.roster-size', members.length >= 1 && members.length <= MAX_MEMBERS, 'CRYPTO_RANGE');
  const whole = Number.isInteger(faults) && faults >= 0;
  check('keygen.roster-faults', whole && members.length >= 3 * faults + 1, 'CRYPTO_RANGE', {
    faults,
  });
  const distinct = new Set(members.map((key) => key.join(',')));
  check('keygen.roster-distinct', distinct.size === members.length, 'CRYPTO_RANGE');
}

function validateThreshold({ members, faults }: Roster, threshold: number): void {
  const fits =
    Number.isInteger(threshold) && threshold > faults && threshold <= members.length - faults;
  check('keygen.threshold', fits, 'CRYPTO_RANGE', { threshold });
}
