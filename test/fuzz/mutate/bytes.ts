import type { Pieces } from './mutator.ts';

const ODD_BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x2c, 0x22, 0x7b, 0x7d, 0x5b, 0x5d, 0x30];
const ODD_NUMBERS = [
  '0',
  '-1',
  '1',
  '00',
  '127',
  '128',
  '255',
  '256',
  '65535',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740992',
  '18446744073709551615',
  '1e400',
  '0.5',
];

/** Far above any limit of a small parser, far below what makes a run slow. */
const STRETCH_BYTES = 12_288;

/** One change that knows nothing of the format. */
export function mutateBytes(input: Uint8Array, pieces: Pieces): Uint8Array {
  const { random, other, dictionary } = pieces;
  const at = random.int(input.length + 1);
  const size = 1 + random.int(random.chance(0.2) ? 64 : 8);
  const end = Math.min(input.length, at + size);
  switch (random.int(13)) {
    case 0:
      return setByte(input, at, (byte) => byte ^ (1 << random.int(8)));
    case 1:
      return setByte(input, at, () => random.pick(ODD_BYTES));
    case 2:
      return replace(
        input,
        at,
        random.chance(0.5) ? at : Math.min(input.length, at + 1),
        Uint8Array.of(random.int(256)),
      );
    case 3:
      return setByte(input, at, (byte) => byte + random.between(-4, 4));
    case 4:
      return replace(input, at, end, new Uint8Array());
    case 5:
      return replace(input, at, at, input.subarray(at, end));
    case 6:
      return replace(
        input,
        at,
        at,
        Uint8Array.from({ length: size }, () => random.int(256)),
      );
    case 7:
      return replace(input, at, random.chance(0.5) ? at : end, random.pick(dictionary));
    case 8: {
      const from = random.int(other.length + 1);
      const piece = other.subarray(from, from + 1 + random.int(128));
      return replace(input, at, random.chance(0.5) ? at : end, piece);
    }
    case 9:
      return input.subarray(0, at);
    case 10:
      return stretch(input, at, end, random.int(20) === 0 ? STRETCH_BYTES : 256);
    case 11:
      return changeNumber(input, at, random.pick(ODD_NUMBERS));
    default:
      return setWord(input, at, random.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff]));
  }
}

export function replace(
  input: Uint8Array,
  from: number,
  to: number,
  piece: Uint8Array,
): Uint8Array {
  const result = new Uint8Array(from + piece.length + input.length - to);
  result.set(input.subarray(0, from));
  result.set(piece, from);
  result.set(input.subarray(to), from + piece.length);
  return result;
}

function setByte(input: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (input.length === 0) return input;
  const result = Uint8Array.from(input);
  const place = Math.min(at, input.length - 1);
  result[place] = change(result[place] ?? 0);
  return result;
}

/** Four bytes as one number, big-endian: lengths and counts. */
function setWord(input: Uint8Array, at: number, value: number): Uint8Array {
  if (input.length < 4) return input;
  const result = Uint8Array.from(input);
  new DataView(result.buffer).setUint32(Math.min(at, input.length - 4), value);
  return result;
}

/** Repeats a piece until it is long: what is quadratic or recursive shows. */
function stretch(input: Uint8Array, from: number, to: number, length: number): Uint8Array {
  const piece = input.subarray(from, to);
  if (piece.length === 0) return input;
  const long = new Uint8Array(length - (length % piece.length));
  for (let at = 0; at < long.length; at += piece.length) long.set(piece, at);
  return replace(input, from, to, long);
}

/** Puts another number in place of the decimal digits at or after `at`. */
function changeNumber(input: Uint8Array, at: number, number: string): Uint8Array {
  const isDigit = (byte: number | undefined): boolean =>
    byte !== undefined && byte >= 0x30 && byte <= 0x39;
  let from = at;
  while (from < input.length && !isDigit(input[from])) from += 1;
  let to = from;
  while (isDigit(input[to])) to += 1;
  return replace(input, from, to, new TextEncoder().encode(number));
}
