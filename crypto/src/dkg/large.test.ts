import { describe, expect, it } from 'vitest';
import type { CurveEngine } from '../bls/engine.ts';
import { loadMclEngine } from '../bls/mcl-engine.ts';
import { blsKeyGroup } from '../group/bls-g2.ts';
import type { PrimeGroup } from '../group/group.ts';
import {
  identityOf,
  simulateKeygen,
  simulationParameters,
  simulationTools,
  type Fault,
} from '../testing/keygen-simulation.ts';
import { summarise } from '../testing/keygen-summary.ts';
import { seededRandom } from '../testing/random.ts';
import { committeeBounds } from './committee-bounds.ts';
import { shareKey } from './result.ts';
import { bytesInteger } from '../encoding/bytes.ts';

const mcl = (await loadMclEngine()) as CurveEngine;

/** Secrets through mcl too: only because every secret here is made up, and noble would take a minute for 6,700 commitments. */
function simulatedGroup(): PrimeGroup<unknown> {
  const group = blsKeyGroup(mcl);
  return { ...group, multiplyBase: (secret) => mcl.g2.multiply(mcl.g2.generator, secret) };
}

describe('a committee of 100', () => {
  it('makes a BLS key with f = 33 cheating dealers of every kind, and two members agree on all of it', () => {
    const bounds = committeeBounds(100);
    const kinds: readonly Fault[][] = [
      [{ kind: 'silent', phase: 'deal' }],
      [{ kind: 'late', phase: 'deal' }],
      [{ kind: 'malformed', phase: 'deal' }],
      [{ kind: 'equivocate', phase: 'deal' }],
      [{ kind: 'bad-share', members: [1, 50] }, { kind: 'bad-answer' }],
      [
        { kind: 'bad-share', members: [50] },
        { kind: 'silent', phase: 'answer' },
      ],
    ];
    const dealerFaults = new Map(
      Array.from({ length: bounds.faults }, (_, i) => [100 - 3 * i, kinds[i % kinds.length]!]),
    );
    const names = Array.from({ length: 100 }, (_, i) => `member ${i + 1}`);
    const people = names.map(identityOf);
    const group = simulatedGroup();
    const { states, shares } = simulateKeygen({
      tools: simulationTools(group),
      parameters: simulationParameters(group.name, names, bounds),
      dealers: people,
      members: people,
      random: seededRandom('hundred'),
      dealerFaults,
      watchers: [1, 50],
    });
    expect(new Set(states.map(summarise)).size).toBe(1);
    const state = states[0]!;
    expect(state.phase).toBe('active');
    expect([...state.excluded.keys()].sort((a, b) => a - b)).toEqual(
      [...dealerFaults.keys()].sort((a, b) => a - b),
    );
    expect(state.result!.qualified).toHaveLength(67);
    for (const [member, share] of shares) {
      expect(
        group.equal(
          group.multiplyBase(bytesInteger(share)),
          shareKey({ group }, state.result!, member),
        ),
      ).toBe(true);
    }
  }, 180_000);
});
