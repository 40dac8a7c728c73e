import { swapIdOf, type Direction, type Hex32 } from '@midlock/protocol';
import { rowOf, type BenchOptions, type Row } from '../row.ts';
import { mean } from '../timing.ts';
import { bareSwap } from './bare.ts';
import { openTheatre, type Theatre } from './theatre.ts';

const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];
const PHASES = ['longLocked', 'shortLocked', 'secretRevealed', 'settled'] as const;
const LIMIT_MS = 120_000;

/**
 * Latency of a swap by phase, beside the same transactions from one process (the chains' own waiting), and swaps per second
 * against concurrency. Agents and relayer are processes; devnode and anvil with 1 s blocks, final two blocks later.
 */
export async function run({ quick, progress }: BenchOptions): Promise<Row[]> {
  const theatre = await openTheatre();
  try {
    const rows: Row[] = [];
    for (const direction of DIRECTIONS)
      rows.push(...(await latency(theatre, direction, quick ? 3 : 12, progress)));
    for (const concurrency of quick ? [1, 8] : [1, 2, 4, 8, 16, 32, 64])
      rows.push(await throughput(theatre, concurrency, progress));
    return rows;
  } finally {
    await theatre.close();
  }
}

async function latency(
  theatre: Theatre,
  direction: Direction,
  count: number,
  progress: (line: string) => void,
): Promise<Row[]> {
  const phases: number[][] = PHASES.map(() => []);
  const bare: number[] = [];
  // In turn, so that the machine's moods fall on both alike.
  for (let index = 0; index < count; index += 1) {
    progress(`${direction}: swap ${String(index + 1)} of ${String(count)}, by agents and bare`);
    const times = await agentsSwap(theatre, direction);
    times.forEach((ms, phase) => phases[phase]?.push(ms));
    bare.push(await bareSwap(theatre, direction));
  }
  const waiting = mean(bare);
  const total = mean(phases.at(-1) ?? []);
  const share = (100 * (total - waiting)) / total;
  return [
    ...PHASES.map((phase, index) => {
      const value = mean(phases[index] ?? []);
      const isWhole = phase === 'settled';
      return row(
        `${direction}: ${phase}`,
        'ms',
        value,
        isWhole ? { value: waiting, how: 'same transactions from one process' } : null,
      );
    }),
    row(`${direction}: share of agents and relayer`, '%', share, { value: 5, how: 'goal' }),
  ];
}

/** One swap by the agents; milliseconds from the terms in both inboxes to each phase. */
export async function agentsSwap(
  { agree, cast, observer, nowMs }: Theatre,
  direction: Direction,
): Promise<number[]> {
  const file = await agree(direction, ['alice', 'bob']);
  const swapId = swapIdOf(file.terms);
  const limit = AbortSignal.timeout(LIMIT_MS);
  const [long, short] =
    direction === 'fabric-first'
      ? (['fabric', 'ethereum'] as const)
      : (['ethereum', 'fabric'] as const);
  const startedAt = nowMs();
  cast.hand(file);
  const seen = await Promise.all(
    [
      [long, 'locked'],
      [short, 'locked'],
      [short, 'claimed'],
      [long, 'claimed'],
    ].map(([ledger, kind]) =>
      observer.until(swapId, (fact) => fact.ledger === ledger && fact.kind === kind, limit),
    ),
  );
  const times = seen.map(({ atMs }) => atMs - startedAt);
  // The responder may have read the secret in the pool and be done before the claim that revealed it stands in a block.
  return [...times.slice(0, -1), Math.max(...times)];
}

async function throughput(
  { agree, cast, observer, nowMs }: Theatre,
  concurrency: number,
  progress: (line: string) => void,
): Promise<Row> {
  progress(`${String(concurrency)} swaps at once`);
  const files = [];
  for (let index = 0; index < concurrency; index += 1)
    files.push(await agree(DIRECTIONS[index % 2] ?? 'fabric-first', ['alice', 'bob']));
  const limit = AbortSignal.timeout(LIMIT_MS);
  const startedAt = nowMs();
  for (const file of files) cast.hand(file);
  const ids: Hex32[] = files.map(({ terms }) => swapIdOf(terms));
  await Promise.all(
    ids.flatMap((swapId) =>
      (['fabric', 'ethereum'] as const).map((ledger) =>
        observer.until(swapId, (fact) => fact.ledger === ledger && fact.kind === 'claimed', limit),
      ),
    ),
  );
  return row(
    `swaps per second, ${String(concurrency)} at once`,
    '1/s',
    (1000 * concurrency) / (nowMs() - startedAt),
    null,
  );
}

function row(name: string, unit: string, value: number, limit: Row['limit']): Row {
  return rowOf({ name, unit, value, limit });
}
