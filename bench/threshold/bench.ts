import type { CurveEngine } from '@midlock/crypto/bls/engine';
import { loadMclEngine } from '@midlock/crypto/bls/mcl-engine';
import { seededRandom } from '@midlock/crypto/testing/random';
import { dealThresholdKey, type DealtKey } from '@midlock/crypto/testing/trusted-dealer';
import type { BenchOptions, Row } from '../row.ts';
import { mean, medianMs } from '../timing.ts';
import { keygenRows, longKeygenRows } from './keygen.ts';
import { DELAY_MS, DELAYS_PER_ROUND, RoundSimulation, type RoundTime } from './round.ts';

/** InterTrust, Fig. 4 (paper S4): time of a round with threshold f + 1 and 10 ms delay, as its text gives it. */
const PUBLISHED = new Map([
  ['200 1/6', 200],
  ['200 1/3', 200],
  ['800 1/6', 700],
  ['800 1/3', 1340],
]);
const SOURCE = 'S4 Fig. 4';

interface Unit {
  readonly pairingMs: number;
  readonly multiplyMs: number;
}

/**
 * Figure 4 of InterTrust with real partials: whole rounds of n members, at f + 1 (the paper's threshold) and 2f + 1 (ours), then with
 * liars. The limit is 9 pairing checks and 0.2 multiplications in G1 for each partial, both of the accelerator, in this run.
 */
export async function run(options: BenchOptions): Promise<Row[]> {
  const engine = (await loadMclEngine()) as CurveEngine;
  const unit = measureUnit(engine);
  const rows: Row[] = [
    {
      name: 'one pairing check (mcl)',
      unit: 'ms',
      value: unit.pairingMs,
      reference: null,
      limit: null,
      ratio: null,
    },
    {
      name: 'one multiplication in G1 (mcl)',
      unit: 'ms',
      value: unit.multiplyMs,
      reference: null,
      limit: null,
      ratio: null,
    },
  ];
  for (const size of options.quick ? [64, 200] : [64, 100, 200, 400, 800]) {
    for (const [ratio, share] of [
      ['1/6', 6],
      ['1/4', 4],
      ['1/3', 3],
    ] as const) {
      // n >= 3f + 1 holds at 1/3 too.
      const faults = Math.min(Math.floor(size / share), Math.floor((size - 1) / 3));
      for (const [label, threshold] of [
        ['f+1', faults + 1],
        ['2f+1', 2 * faults + 1],
      ] as const) {
        options.progress(`rounds: n = ${String(size)}, f/n = ${ratio}, t = ${label}`);
        const key = dealThresholdKey(
          engine,
          size,
          threshold,
          seededRandom(`${String(size)} ${ratio} ${label}`),
        );
        const published = label === 'f+1' ? PUBLISHED.get(`${String(size)} ${ratio}`) : undefined;
        rows.push(
          ...roundRows(
            engine,
            key,
            `n=${String(size)} f/n=${ratio} t=${label}=${String(threshold)}`,
            unit,
            published,
            options.quick,
          ),
        );
        if (ratio === '1/3' && size >= 200)
          rows.push(...liarRows(engine, key, size, faults, label));
      }
    }
  }
  return [...rows, ...keygenRows(engine, options), ...longKeygenRows(engine, options)];
}

function roundRows(
  engine: CurveEngine,
  key: DealtKey<unknown>,
  name: string,
  unit: Unit,
  published: number | undefined,
  quick: boolean,
): Row[] {
  const simulation = new RoundSimulation(engine, key);
  simulation.run(new Set());
  const times = Array.from({ length: quick ? 10 : 100 }, () =>
    computing(simulation.run(new Set())),
  );
  const value = mean(times);
  const network = DELAY_MS * DELAYS_PER_ROUND;
  const limit = 9 * unit.pairingMs + key.keys.threshold * 0.2 * unit.multiplyMs;
  const reference = published === undefined ? null : { value: published, source: SOURCE };
  return [
    {
      name: `${name}: whole round, ${String(DELAYS_PER_ROUND)} delays of ${String(DELAY_MS)} ms`,
      unit: 'ms',
      value: value + network,
      reference,
      limit: null,
      ratio: published === undefined ? null : (value + network) / published,
    },
    {
      name: `${name}: over the network delay`,
      unit: 'ms',
      value,
      reference: null,
      limit: { value: limit, how: '9 mcl pairing checks + t x 0.2 mcl G1 multiplications' },
      ratio: value / limit,
    },
  ];
}

/** The first round with liars, who are found and left out, and the round after it. */
function liarRows(
  engine: CurveEngine,
  key: DealtKey<unknown>,
  size: number,
  faults: number,
  label: string,
): Row[] {
  return [1, Math.floor(faults / 2), faults].flatMap((count) => {
    const simulation = new RoundSimulation(engine, key);
    simulation.run(new Set());
    const liars = new Set(Array.from({ length: count }, (_, i) => 1 + ((i * 7) % size)));
    const rounds = [simulation.run(liars), simulation.run(liars)];
    return rounds.map((time, i) => ({
      name: `n=${String(size)} t=${label}, ${String(liars.size)} liars, ${i === 0 ? 'the round that finds them' : 'the round after'}: over the network delay`,
      unit: 'ms',
      value: computing(time),
      reference: null,
      limit: null,
      ratio: null,
    }));
  });
}

function computing({ signMs, combineMs, verifyMs }: RoundTime): number {
  return signMs + combineMs + verifyMs;
}

function measureUnit(engine: CurveEngine): Unit {
  const { g1, g2 } = engine;
  const point = engine.hashToG1(new Uint8Array(1), new Uint8Array(1).fill(65));
  const key = g2.multiply(g2.generator, 12345n);
  const scalar = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000n - 99n;
  // A check as verification makes it: two pairings and a comparison, keys other than the generator, nothing prepared.
  return {
    pairingMs: medianMs(30, () =>
      engine.productIsOne([
        [point, key],
        [g1.negate(point), key],
      ]),
    ),
    multiplyMs: medianMs(100, () => g1.multiply(point, scalar)),
  };
}
