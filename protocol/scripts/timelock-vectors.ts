// Writes vectors/timelocks.json: the planner's deadlines, computed here from the formulas of docs/swap.md as they are
// printed there, with plain numbers and none of protocol's functions; only the profiles' figures are taken over.
import { writeFileSync } from 'node:fs';
import { PROFILES, type SwapProfile } from '../src/profile.ts';

const NOW = 1_800_000_000;

interface Figures {
  readonly D_F: number;
  readonly gap: number;
  readonly D_E: number;
  readonly K_E: number;
  readonly R_E: number;
  readonly O: number;
  readonly d: number;
  readonly n: number;
  readonly resent: boolean;
}

function figures({ fabric, ethereum, party }: SwapProfile): Figures {
  return {
    D_F: Number(fabric.commitSec),
    gap: Number(fabric.gapSec),
    D_E: Number(ethereum.inclusionSec),
    K_E: Number(ethereum.finalitySec),
    R_E: Number(ethereum.reorgSpanSec),
    O: Number(party.observeSec),
    d: Number(party.skewSec),
    n: Number(party.thrownOut),
    resent: party.resentByOthers,
  };
}

function plan(direction: string, { D_F, gap, D_E, K_E, R_E, O, d, n, resent }: Figures) {
  const A_F = 2 * (O + D_F);
  const S_E = D_E + n * (R_E + (resent ? 0 : O) + D_E);
  const long = NOW + O;
  if (direction === 'fabric-first') {
    const guard = O + S_E;
    const lockGuard = D_E + K_E + O + guard;
    const margin = R_E + A_F + d;
    const lockShortBy = long + D_F + O;
    // To finish although a reorg hits the short lock.
    const allowance = R_E + O + D_E;
    // Strictly further away than the guard: one second more.
    const T_E = lockShortBy + lockGuard + allowance + 1;
    const T_F = T_E + margin;
    return { A_F, S_E, guard, lockGuard, allowance, margin, T_F, T_E, refundFabric: T_F + gap };
  }
  const guard = 2 * D_F + O + d;
  const lockGuard = D_F + O + guard;
  // T_E - T_F > gap + d + A_F + O + S_E, strictly.
  const margin = gap + d + A_F + O + S_E + 1;
  const lockShortBy = long + D_E + K_E + O;
  const T_F = lockShortBy + lockGuard + 1;
  const T_E = T_F + margin;
  return { A_F, S_E, guard, lockGuard, allowance: 0, margin, T_F, T_E, refundFabric: T_F + gap };
}

const cases = PROFILES.flatMap((profile) =>
  ['fabric-first', 'ethereum-first'].map((direction) => ({
    profile: profile.name,
    direction,
    nowSec: NOW,
    figures: figures(profile),
    ...plan(direction, figures(profile)),
  })),
);
const about =
  'Deadlines by the formulas of docs/swap.md, Time; seconds. Written by protocol/scripts/timelock-vectors.ts.';
writeFileSync(
  new URL('../../vectors/timelocks.json', import.meta.url),
  `${JSON.stringify({ about, cases }, null, 2)}\n`,
);
