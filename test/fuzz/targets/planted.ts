import { midlockErrors, type Target, bytesOf, textOf } from '../target.ts';

/** Bugs put in on purpose. The first two hide where only feedback leads; the others show one judgement each. */
export const PLANTED_TARGETS: readonly Target[] = [
  planted('prefix', (input) => {
    if (input[0] === 0xb5)
      if (input[1] === 0x62) if (input[2] === 0x9c) throw new TypeError('planted');
  }),
  {
    ...planted('nested-length', (input) => {
      const outer = field(input, 13);
      if (outer === undefined) return;
      const middle = field(outer, 9);
      if (middle === undefined) return;
      const inner = field(middle, 6);
      if (inner !== undefined && inner.length === 3) throw new TypeError('planted');
    }),
    format: 'protobuf',
    seeds: () => [Uint8Array.of(0x0a, 6, 0x0a, 4, 0x0a, 2, 1, 2)],
  },
  planted('hang', (input) => {
    while (input[0] === 0x41) if (input.length === 0) break;
  }),
  planted('memory', (input) => {
    const kept: number[][] = [];
    while (input[0] === 0x41) kept.push(Array.from({ length: 100_000 }, (_, i) => i));
  }),
  planted('buffers', (input) => {
    const kept: Uint8Array[] = [];
    while (input[0] === 0x41) kept.push(new Uint8Array(16_000_000).fill(1));
  }),
  planted('rejection', (input) => {
    if (input[0] === 0x41) void Promise.reject(new Error('planted'));
  }),
  planted('pollution', (input) => {
    const target: Record<string, Record<string, unknown>> = {};
    const key = textOf(input);
    if (key === '__proto__') (target[key] as Record<string, unknown>)['planted'] = true;
  }),
  {
    ...planted('round-trip', () => undefined),
    parse: (input) => textOf(input).trim(),
    write: (value: string) => bytesOf(value.slice(0, 12)),
  },
];

/** The bytes of a field at the start of a protobuf message, when it has this number and its length fits. */
function field(input: Uint8Array, number: number): Uint8Array | undefined {
  const length = input[1] ?? 0;
  if (input[0] !== ((number << 3) | 2)) return undefined;
  return length > input.length - 2 ? undefined : input.subarray(2, 2 + length);
}

function planted(name: string, parse: (input: Uint8Array) => void): Target {
  return {
    name: `planted/${name}`,
    about: 'a bug put in on purpose',
    format: 'bytes',
    sources: ['test/fuzz/targets/planted.ts'],
    seeds: () => [bytesOf('seed')],
    parse,
    accepts: midlockErrors(),
    maxBytes: 64,
  };
}
