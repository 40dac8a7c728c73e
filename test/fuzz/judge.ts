import { isDeepStrictEqual } from 'node:util';
import type { Target } from './target.ts';

/** What was wrong with an input's treatment. */
export type FindingKind =
  | 'foreign error'
  | 'hang'
  | 'memory'
  | 'unhandled rejection'
  | 'prototype pollution'
  | 'round trip'
  | 'not canonical';

export interface Finding {
  readonly kind: FindingKind;
  /** One line for a reader. */
  readonly detail: string;
  /** Stack frames inside the repository. */
  readonly frames: readonly string[];
}

/** Runs one input; undefined when the target treated it as it must. Asynchronous only where the target is. */
export function judge(
  target: Target,
  input: Uint8Array,
): Finding | undefined | Promise<Finding | undefined> {
  let value: unknown;
  try {
    value = target.parse(input);
  } catch (error) {
    return refusal(target, error);
  }
  if (value instanceof Promise)
    return value.then(
      (result: unknown) => acceptance(target, input, result),
      (error: unknown) => refusal(target, error),
    );
  return acceptance(target, input, value);
}

function refusal(target: Target, error: unknown): Finding | undefined {
  const polluted = pollution();
  if (polluted !== undefined) return polluted;
  if (target.accepts(error)) return undefined;
  return { kind: 'foreign error', detail: describe(error), frames: framesOf(error) };
}

function acceptance(target: Target, input: Uint8Array, value: unknown): Finding | undefined {
  const polluted =
    pollution() ??
    (isMisshapen(value)
      ? finding('prototype pollution', 'the result inherits from a value of the input')
      : undefined);
  if (polluted !== undefined || target.write === undefined) return polluted;
  try {
    const written = target.write(value as never);
    const again = target.parse(written);
    if (!isDeepStrictEqual(again, value))
      return finding('round trip', 'parse(write(parse(input))) differs from parse(input)');
    if (target.canonical === true && !isDeepStrictEqual(Buffer.from(written), Buffer.from(input)))
      return finding('not canonical', `an accepted input is not what the writer writes`);
  } catch (error) {
    return {
      kind: 'round trip',
      detail: `what was read cannot be written and read again: ${describe(error)}`,
      frames: framesOf(error),
    };
  }
  return undefined;
}

function finding(kind: FindingKind, detail: string): Finding {
  return { kind, detail, frames: [] };
}

/** Undoes and reports members that somebody put on Object.prototype. */
function pollution(): Finding | undefined {
  const added = Object.keys(Object.prototype);
  for (const key of added) Reflect.deleteProperty(Object.prototype, key);
  return added.length === 0
    ? undefined
    : finding('prototype pollution', `Object.prototype got ${added.join(', ').slice(0, 200)}`);
}

const MAX_WALK = 2_000;

/** True when some plain object inside inherits from another plain object that the input supplied. */
export function isMisshapen(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let seen = 0; open.length > 0 && seen < MAX_WALK; seen += 1) {
    const item = open.pop();
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) continue;
    const prototype: unknown = Object.getPrototypeOf(item);
    if (
      typeof prototype === 'object' &&
      prototype !== null &&
      !Object.hasOwn(prototype, 'constructor')
    )
      if (Object.getPrototypeOf(prototype) === Object.prototype) return true;
    for (const key of Object.keys(item).slice(0, 200)) {
      const member = Object.getOwnPropertyDescriptor(item, key);
      if (member !== undefined && 'value' in member) open.push(member.value);
    }
  }
  return false;
}

export function describe(error: unknown): string {
  if (!(error instanceof Error)) return `thrown value of type ${typeof error}`;
  const text = `${error.name}: ${error.message}`;
  return text.length > 300 ? `${text.slice(0, 300)}… (${String(text.length)} characters)` : text;
}

const ROOT = new URL('../../', import.meta.url).pathname;

/** The nearest frames of our own sources, as `function (path:line)`, innermost first. */
export function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  return (error.stack ?? '')
    .split('\n')
    .filter(
      (line) =>
        line.includes(ROOT) && !line.includes('/test/fuzz/') && !line.includes('node_modules'),
    )
    .slice(0, 4)
    .map((line) => line.trim().replace(/^at /, '').replace('file://', '').replace(ROOT, ''));
}

/** Equal for findings that have one cause, as far as one can tell from outside. */
export function signatureOf({ kind, detail, frames }: Finding): string {
  return `${kind}|${frames[0] ?? detail.slice(0, 60)}`;
}
