import { mutateBytes } from './bytes.ts';
import type { Pieces } from './mutator.ts';

type Item = Uint8Array | readonly Item[];

/** One change to a random item of RLP; lengths above it follow. A leading type byte of EIP-2718 stays in front. */
export function mutateRlp(input: Uint8Array, pieces: Pieces): Uint8Array | undefined {
  const typed = input[0] !== undefined && input[0] < 0x80 ? 1 : 0;
  const items = readItems(input.subarray(typed), 0);
  const [first] = items ?? [];
  if (first === undefined) return undefined;
  return Uint8Array.of(...input.subarray(0, typed), ...writeItem(change(first, pieces)));
}

function change(item: Item, pieces: Pieces): Item {
  const { random } = pieces;
  if (item instanceof Uint8Array) return random.chance(0.15) ? [] : mutateBytes(item, pieces);
  const i = random.int(item.length);
  const inner = item[i];
  if (inner === undefined) return [Uint8Array.of(1)];
  if (random.chance(0.7)) return item.with(i, change(inner, pieces));
  const which = random.int(3);
  if (which === 0) return item.toSpliced(i, 1);
  return which === 1 ? item.toSpliced(i, 0, inner) : new Uint8Array();
}

function readItems(bytes: Uint8Array, depth: number): readonly Item[] | undefined {
  const items: Item[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) {
      items.push(bytes.subarray(at, at + 1));
      at += 1;
      continue;
    }
    const isList = first >= 0xc0;
    const short = first - (isList ? 0xc0 : 0x80);
    const sizeBytes = short > 55 ? short - 55 : 0;
    if (sizeBytes > 3) return undefined;
    if (at + 1 + sizeBytes > bytes.length) return undefined;
    let length = sizeBytes === 0 ? short : 0;
    for (let i = 1; i <= sizeBytes; i += 1) length = length * 256 + (bytes[at + i] ?? 0);
    at += 1 + sizeBytes;
    if (at + length > bytes.length) return undefined;
    const body = bytes.subarray(at, at + length);
    const inner = isList && depth < 32 ? readItems(body, depth + 1) : undefined;
    if (isList && inner === undefined) return undefined;
    items.push(inner ?? body);
    at += length;
  }
  return items;
}

function writeItem(item: Item): number[] {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] ?? 0) < 0x80) return [...item];
    return [...head(item.length, 0x80), ...item];
  }
  const body = item.flatMap(writeItem);
  return [...head(body.length, 0xc0), ...body];
}

function head(length: number, base: number): number[] {
  if (length <= 55) return [base + length];
  if (length < 256) return [base + 56, length];
  return [base + 57, length >> 8, length & 255];
}
