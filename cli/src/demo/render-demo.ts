import type { Holdings } from '@midlock/client';
import { table } from '../output.ts';
import type { DemoResult } from './demo.ts';
import type { SwapReport } from './swap-report.ts';

/** The demo's result for people: swaps, balances on both ledgers, conservation, gas and time, and what to try next. */
export function renderDemo(result: DemoResult): string {
  const { swaps, titles, balances, conservationDetail: law } = result;
  return [
    '',
    'Swaps, as both ledgers have them',
    table([
      ['', 'direction', 'outcome', 'seconds', 'gas', 'interrupted'],
      ...swaps.map((swap) => swapRow(swap, titles[swap.id] ?? '')),
    ]),
    '',
    'Balances before and after (minor units; ETH and DEUR with 18 decimals, wallet and escrow together)',
    table([
      ['', ...Object.keys(columnsOf(balances.before[0]))],
      ...balances.before.flatMap((before, index) => balanceRows(before, balances.after[index])),
    ]),
    '',
    'Time and gas per phase (median over the settled swaps)',
    table([['phase', 'ms since the plan', 'gas'], ...phaseRows(swaps)]),
    '',
    'Conservation',
    ...law.assets.map(
      (asset) =>
        `  Fabric   ${asset.assetId}: issued ${asset.issued} - burnt ${asset.burnt} = free ${asset.free} + locked ${asset.locked}: ${asset.holds ? 'holds' : 'BROKEN'}`,
    ),
    ...law.escrow.map(
      ({ token, balance, owed, holds }) =>
        `  Ethereum ${token}: contract holds ${String(balance)} >= owed ${String(owed)}: ${holds ? 'holds' : 'BROKEN'}`,
    ),
    '',
    result.ok
      ? `All ${String(swaps.length)} swaps ended as they should, in ${(result.elapsedMs / 1000).toFixed(1)} s.`
      : 'NOT everything ended as it should; see above.',
    ...(result.keptIn === undefined
      ? []
      : [`Networks and relayer keep running; everything about them: ${result.keptIn}`]),
    '',
    'Try next',
    '  npm run demo -- --orders my-orders.csv          your own orders (columns: see examples/orders.csv)',
    '  npm run midlock -- swap plan --direction fabric-first --profile mainnet-like',
    '  npm run demo -- --keep                          leave it running, then: npm run midlock -- doctor',
  ].join('\n');
}

function swapRow(swap: SwapReport, title: string): string[] {
  const last = Math.max(0, ...Object.values(swap.phasesMs));
  const gas = Object.values(swap.gas).reduce((sum, value) => sum + value, 0);
  return [
    title,
    swap.direction,
    swap.outcome,
    (last / 1000).toFixed(1),
    String(gas),
    swap.interrupted ? 'yes' : '',
  ];
}

function columnsOf(balances: Holdings | undefined): Readonly<Record<string, string>> {
  if (balances === undefined) return {};
  const amounts = Object.fromEntries(
    Object.entries({ ...balances.fabric, ...balances.ethereum }).map(([key, value]) => [
      key,
      String(value),
    ]),
  );
  return { ...amounts, 'single assets': String(balances.single.length) };
}

function balanceRows(before: Holdings, after: Holdings | undefined): string[][] {
  return [
    [`${before.name} before`, ...Object.values(columnsOf(before))],
    [`${before.name} after`, ...Object.values(columnsOf(after))],
  ];
}

function phaseRows(swaps: readonly SwapReport[]): string[][] {
  const settled = swaps.filter(({ outcome, interrupted }) => outcome === 'settled' && !interrupted);
  const rows: string[][] = [];
  for (const direction of ['fabric-first', 'ethereum-first'] as const) {
    const group = settled.filter((swap) => swap.direction === direction);
    const phases = [...new Set(group.flatMap(({ phasesMs }) => Object.keys(phasesMs)))];
    for (const phase of phases) {
      const gas = group.flatMap((swap) => swap.gas[phase] ?? []);
      rows.push([
        `${direction}: ${phase}`,
        String(median(group.flatMap((swap) => swap.phasesMs[phase] ?? []))),
        gas.length === 0 ? '' : String(median(gas)),
      ]);
    }
  }
  return rows;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
