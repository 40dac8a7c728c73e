/** One arrow of a sequence picture: who did what to whom, when (milliseconds since the first message). */
export interface SequenceMessage {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** Small print under the arrow: a transaction id, gas, a deadline. */
  readonly note?: string;
  readonly atMs: number;
}

export interface SequencePicture {
  readonly title: string;
  readonly subtitle: string;
  readonly lanes: readonly string[];
  readonly messages: readonly SequenceMessage[];
}

const LANE_WIDTH = 210;
const LEFT = 90;
const TOP = 96;
const ROW = 58;
const INK = '#1f2937';
const FAINT = '#9aa3af';
const LEDGER = '#eef2ff';

/** Draws a run as a self-contained SVG: one column per lane, one row per message, measured times on the left. */
export function drawSequence({ title, subtitle, lanes, messages }: SequencePicture): string {
  const width = LEFT + lanes.length * LANE_WIDTH;
  const height = TOP + messages.length * ROW + 40;
  const x = (lane: string) => LEFT + (lanes.indexOf(lane) + 0.5) * LANE_WIDTH;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" fill="${INK}"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="16" y="26" font-size="17" font-weight="600" fill="${INK}">${escape(title)}</text>`,
    `<text x="16" y="46" fill="${FAINT}">${escape(subtitle)}</text>`,
    ...lanes.flatMap((lane) => drawLane(lane, x(lane), height)),
    ...messages.flatMap((message, row) =>
      drawMessage(message, x(message.from), x(message.to), TOP + row * ROW + 30),
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function drawLane(lane: string, x: number, height: number): string[] {
  return [
    `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - 16}" stroke="${FAINT}" stroke-dasharray="3 4"/>`,
    `<rect x="${x - 74}" y="${TOP - 36}" width="148" height="28" rx="6" fill="${LEDGER}" stroke="${FAINT}"/>`,
    `<text x="${x}" y="${TOP - 17}" text-anchor="middle" font-weight="600" fill="${INK}">${escape(lane)}</text>`,
  ];
}

function drawMessage(message: SequenceMessage, fromX: number, toX: number, y: number): string[] {
  const middle = (fromX + toX) / 2;
  return [
    `<text x="16" y="${y + 4}" fill="${FAINT}" font-size="12">${(message.atMs / 1000).toFixed(2)} s</text>`,
    `<line x1="${fromX}" y1="${y}" x2="${toX}" y2="${y}" stroke="${INK}" stroke-width="1.4" marker-end="url(#head)"/>`,
    `<text x="${middle}" y="${y - 7}" text-anchor="middle" fill="${INK}">${escape(message.label)}</text>`,
    ...(message.note === undefined
      ? []
      : [
          `<text x="${middle}" y="${y + 15}" text-anchor="middle" font-size="11" fill="${FAINT}">${escape(message.note)}</text>`,
        ]),
  ];
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
