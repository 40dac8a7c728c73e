import type { LaneEntry } from '@midlock/ledgers';
import { MidlockError } from '@midlock/protocol';
import type { SendEffect } from '../core/events.ts';
import { decodeRecord } from './codec.ts';
import type { LedgerMark } from './port.ts';

/**
 * Reads the texts of rows. Their sums tell a damaged row, but what was damaged before an upgrade got its sum afterwards:
 * so each member that a program relies on is looked at. Everything here throws STORE_CORRUPT.
 */
export function readEffect(text: string): SendEffect {
  const effect = members(decodeRecord(text));
  const { kind, key, swapId, ledger, action, urgentBySec } = effect;
  const fits =
    kind === 'send' &&
    [key, swapId, ledger, action].every((member) => typeof member === 'string') &&
    typeof urgentBySec === 'bigint';
  if (!fits) throw corrupt('effect');
  return effect as unknown as SendEffect;
}

export function readMark(text: string): LedgerMark {
  const mark = members(decodeRecord(text));
  const { cursor, finalizedHeight, halted } = mark;
  const place = cursor === undefined ? { height: 0n, hash: '' } : members(cursor);
  const fits =
    typeof finalizedHeight === 'bigint' &&
    typeof halted === 'boolean' &&
    typeof place['height'] === 'bigint' &&
    typeof place['hash'] === 'string';
  if (!fits) throw corrupt('mark');
  return mark as unknown as LedgerMark;
}

export function readLaneEntry(text: string): LaneEntry {
  const entry = members(decodeRecord(text));
  const { nonce, sent, createdAtMs, signed, slots = [] } = entry;
  const fits =
    typeof nonce === 'bigint' &&
    typeof sent === 'boolean' &&
    typeof createdAtMs === 'bigint' &&
    Array.isArray(signed) &&
    signed.map(members).every(({ txId, bytes }) => typeof txId === 'string' && isBytes(bytes)) &&
    Array.isArray(slots) &&
    slots.every((slot) => typeof slot === 'bigint');
  if (!fits) throw corrupt('nonce');
  return entry as unknown as LaneEntry;
}

/** A number in its decimal text. */
export function readNumber(text: string, what: string): bigint {
  if (/^\d{1,78}$/.test(text)) return BigInt(text);
  throw corrupt(what);
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw corrupt('record');
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}

function corrupt(what: string): MidlockError {
  return new MidlockError('STORE_CORRUPT', { what: `malformed ${what}` });
}
