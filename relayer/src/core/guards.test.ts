import { openSession, refundFromSec, type Session, type World } from '@midlock/client';
import { createRig } from '@midlock/client/testing';
import { describe, expect, it } from 'vitest';
import { relayerDuties } from './duties.ts';

const PATIENCE_SEC = 2n;
const rig = createRig();
const startSec = rig.clock.nowMs() / 1000n;
const lock = {
  at: { height: 1n, blockHash: 'b1', txId: 't1', timeSec: startSec },
  final: true,
};

const opened = openSession({
  terms: rig.terms('fabric-first', 5),
  role: 'relayer',
  profile: rig.profile,
  nowSec: startSec,
  accepted: false,
});
const locked: Session = { ...opened, legs: { fabric: { lock }, ethereum: { lock } } };
const known: Session = { ...locked, secretSeenAtSec: startSec };
const deadlineSec = opened.terms.fabric.expiresAtSec;

const worldAt = (nowSec: bigint): World => ({
  nowSec,
  headSec: { fabric: nowSec, ethereum: nowSec },
  halted: [],
});

function verdict(name: string, session: Session, nowSec: bigint): string {
  const duty = relayerDuties(PATIENCE_SEC).find((candidate) => candidate.name === name);
  return duty?.verdict(session, worldAt(nowSec)).kind ?? 'no duty';
}

describe('what a relayer asks beyond the core', () => {
  it('claims nothing without the secret', () => {
    expect(verdict('claim-fabric', locked, deadlineSec - 1n)).toBe('wait');
    expect(verdict('claim-fabric', known, deadlineSec - 1n)).toBe('now');
  });

  it('lets the beneficiary go first, but not when the deadline is near', () => {
    expect(verdict('claim-fabric', known, startSec + PATIENCE_SEC - 1n)).toBe('wait');
    expect(verdict('claim-fabric', known, startSec + PATIENCE_SEC)).toBe('now');
    const late: Session = { ...known, secretSeenAtSec: deadlineSec - 4n * PATIENCE_SEC };
    expect(verdict('claim-fabric', late, deadlineSec - 4n * PATIENCE_SEC)).toBe('now');
  });

  it('lets the owner take its leg back first', () => {
    const fromSec = refundFromSec(locked, 'fabric');
    expect(verdict('refund-fabric', locked, fromSec)).toBe('wait');
    expect(verdict('refund-fabric', locked, fromSec + PATIENCE_SEC)).toBe('now');
  });
});
