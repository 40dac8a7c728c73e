import { JUDGED, PROCESSES, type ProcessName, type Sample, type SoakResult } from './soak.ts';

const [WIDTH, LEFT, RIGHT, PANEL, GAP, TOP] = [760, 64, 120, 150, 44, 76];
const INK = '#1f2937';
const FAINT = '#9aa3af';
const COLOURS: Readonly<Record<ProcessName | 'open', string>> = {
  open: '#111827',
  relayer: '#2563eb',
  alice: '#059669',
  bob: '#d97706',
  devnode: '#9ca3af',
};

interface Line {
  readonly name: ProcessName | 'open';
  readonly of: (sample: Sample) => number;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** A run as a self-contained SVG: open swaps, heap after collection and resident memory over time. */
export function drawSoak({ samples, options, begun, heap, fullFromSec }: SoakResult): string {
  const panels: readonly Panel[] = [
    { title: 'open swaps', lines: [{ name: 'open', of: ({ open }) => open }] },
    {
      title: 'heap after garbage collection, MiB',
      lines: JUDGED.map((name) => ({ name, of: ({ of }) => of[name].heapBytes / 2 ** 20 })),
    },
    {
      title: 'resident memory, MiB',
      lines: PROCESSES.map((name) => ({ name, of: ({ of }) => of[name].rssBytes / 2 ** 20 })),
    },
  ];
  const height = TOP + panels.length * (PANEL + GAP);
  const lastSec = samples.at(-1)?.atSec ?? 1;
  const x = (atSec: number): number => LEFT + (atSec / lastSec) * (WIDTH - LEFT - RIGHT);
  const slopes = JUDGED.map((name) => `${name} ${heap[name].perSwap.toFixed(0)}`).join(', ');
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(WIDTH)} ${n(height)}" width="${n(WIDTH)}" height="${n(height)}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${n(WIDTH)}" height="${n(height)}" fill="white"/>`,
    text(
      16,
      26,
      `${String(options.open)} swaps kept open for ${String(Math.round(options.holdsSec / 60))} minutes`,
      'font-size="17" font-weight="600"',
    ),
    text(
      16,
      46,
      `${String(begun)} swaps in all; growth of the heap in the second half, bytes for each ended swap: ${slopes}`,
      '',
      FAINT,
    ),
    `<line x1="${n(x(fullFromSec))}" y1="${n(TOP - 14)}" x2="${n(x(fullFromSec))}" y2="${n(height - GAP)}" stroke="${FAINT}" stroke-dasharray="3 4"/>`,
    ...panels.flatMap((panel, index) => drawPanel(panel, samples, x, TOP + index * (PANEL + GAP))),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) =>
      text(
        x(share * lastSec),
        height - GAP + 18,
        `${String(Math.round((share * lastSec) / 60))} min`,
        'text-anchor="middle"',
        FAINT,
      ),
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function drawPanel(
  { title, lines }: Panel,
  samples: readonly Sample[],
  x: (atSec: number) => number,
  top: number,
): string[] {
  const most = roundUp(Math.max(1, ...lines.flatMap(({ of }) => samples.map(of))));
  const y = (value: number): number => top + PANEL - (value / most) * PANEL;
  const grid = [0, 0.5, 1].flatMap((share) => [
    `<line x1="${n(LEFT)}" y1="${n(y(share * most))}" x2="${n(WIDTH - RIGHT)}" y2="${n(y(share * most))}" stroke="#e5e7eb"/>`,
    text(LEFT - 8, y(share * most) + 4, String(share * most), 'text-anchor="end"', FAINT),
  ]);
  const curves = lines.map(({ name, of }) => {
    const points = samples.map((sample) => `${n(x(sample.atSec))},${n(y(of(sample)))}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${COLOURS[name]}" stroke-width="1.8"/>`;
  });
  return [
    text(LEFT, top - 8, title, 'font-weight="600"'),
    ...grid,
    ...curves,
    ...labels(lines, samples, y),
  ];
}

/** Each line's name and last value at its right end, moved apart where they would lie on each other. */
function labels(
  lines: readonly Line[],
  samples: readonly Sample[],
  y: (value: number) => number,
): string[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  const placed = lines
    .map(({ name, of }) => ({ name, value: of(last), at: y(of(last)) + 4 }))
    .sort((a, b) => a.at - b.at);
  let free = -Infinity;
  return placed.map(({ name, value, at }) => {
    const place = Math.max(at, free);
    free = place + 14;
    const shown = value >= 100 ? value.toFixed(0) : value.toFixed(1);
    return text(WIDTH - RIGHT + 6, place, `${name} ${shown}`, '', COLOURS[name]);
  });
}

function text(x: number, y: number, content: string, attributes = '', fill = INK): string {
  return `<text x="${n(x)}" y="${n(y)}" fill="${fill}" ${attributes}>${content}</text>`;
}

/** The next of 1, 2, 5 times a power of ten, in steps that leave little air. */
function roundUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.ceil(value / step) * step;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
