import { isMidlockError, parseErrorText, type MidlockError } from '@midlock/protocol';
import { toJson } from './output.ts';

/** Exit codes of the command line; `midlock --help` and docs/errors.md list them. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  config: 3,
  unreachable: 4,
  rejected: 5,
  timedOut: 6,
  refunded: 7,
  verification: 8,
  interrupted: 130,
} as const;

/** The exit code that an error asks for: the catalogue's for known codes, 1 otherwise. */
export function exitCodeOf(error: unknown): number {
  return asMidlockError(error)?.entry.exit ?? EXIT.unexpected;
}

/** Cause, evidence and next step, one line each; as one JSON line in JSON mode. */
export function renderError(error: unknown, json: boolean): string {
  const known = asMidlockError(error);
  const exitCode = exitCodeOf(error);
  if (json) {
    const body = known?.toJSON() ?? { code: 'INTERNAL', message: textOf(error) };
    return toJson({ error: { ...body, exitCode } });
  }
  if (known === undefined)
    return `error: ${textOf(error)}\nnext:  Run again with --log-level debug and report this if it stays.`;
  const evidence = Object.entries(known.data)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${String(value)}`);
  return [
    `error: ${known.code}: ${isMidlockError(error) ? known.entry.summary : sentenceOf(error, known.code)}`,
    ...(evidence.length > 0 ? [`seen:  ${evidence.join(' ')}`] : []),
    ...(known.cause === undefined ? [] : [`cause: ${textOf(known.cause)}`]),
    `next:  ${known.entry.next}`,
  ].join('\n');
}

function asMidlockError(error: unknown): MidlockError | undefined {
  if (isMidlockError(error)) return error;
  return error instanceof Error ? parseErrorText(error.message) : undefined;
}

/** What another package's error of the same code says beside its code and data: more precise than the catalogue. */
function sentenceOf(error: unknown, code: string): string {
  const text = textOf(error);
  return text.slice(text.indexOf(`${code}: `) + code.length + 2).replace(/ \{.*\}$/s, '');
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
