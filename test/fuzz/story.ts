import type { FoundInput } from './engine.ts';
import type { FindingKind } from './judge.ts';
import type { Target } from './target.ts';

const WHY: Readonly<Record<FindingKind, string>> = {
  'foreign error':
    "a parser may refuse an input only with its package's own error and a stable code",
  hang: 'a parser must end soon for any input',
  memory: 'what a parser allocates must be bounded by the size of its input',
  'unhandled rejection': 'no promise may be rejected unseen: it would end the process',
  'prototype pollution': 'no input may change what other objects inherit',
  'round trip': 'what was read and written again must read the same',
  'not canonical': 'two different inputs must not be accepted with one meaning',
};

export interface Telling {
  readonly target: Target;
  readonly found: FoundInput;
  readonly number: number;
  readonly seed: number;
  readonly file: string;
}

/** A finding as a reader wants it: what, why it matters, where, with what input, and how to see it again. */
export function tellFinding({ target, found, number, seed, file }: Telling): string {
  const { finding, input, originalBytes, atRun } = found;
  const lines: readonly (readonly [string, string])[] = [
    ['reads', target.about],
    ['rule', WHY[finding.kind]],
    ['what', finding.detail],
    ...finding.frames.map((frame, i) => [i === 0 ? 'at' : '', frame] as const),
    [
      'input',
      `${String(input.length)} bytes, shrunk from ${String(originalBytes)}; found at input ${String(atRun)} of seed ${String(seed)}`,
    ],
    ['', preview(input)],
    ['file', file],
    ['again', `npm run fuzz -- --target ${target.name} --replay ${file}`],
  ];
  const body = lines.map(([label, text]) => `  ${label.padEnd(6)} ${text}`).join('\n');
  return `\nfinding ${String(number)} of ${target.name}: ${finding.kind}\n${body}\n`;
}

const PREVIEW = 160;

function preview(input: Uint8Array): string {
  const head = input.subarray(0, PREVIEW);
  const isText = head.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d,
  );
  const shown = isText
    ? JSON.stringify(Buffer.from(head).toString('latin1'))
    : Buffer.from(head).toString('hex');
  return input.length > PREVIEW ? `${shown} …` : shown;
}
