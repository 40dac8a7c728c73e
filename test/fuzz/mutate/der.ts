import { mutateBytes } from './bytes.ts';
import type { Pieces } from './mutator.ts';

interface Element {
  readonly tag: number;
  readonly content: Uint8Array | readonly Element[];
}

const TAGS = [
  0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa3, 0x1f,
];

/** One change to a random element of DER; lengths above it follow. */
export function mutateDer(input: Uint8Array, pieces: Pieces): Uint8Array | undefined {
  const elements = readElements(input, 0);
  if (elements === undefined || elements.length === 0) return undefined;
  return Uint8Array.from(changeElements(elements, pieces).flatMap(writeElement));
}

/** One change to the DER inside PEM armour; the text around it is left to other mutations. */
export function mutatePem(input: Uint8Array, pieces: Pieces): Uint8Array | undefined {
  const text = new TextDecoder().decode(input);
  const match = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]+?)-----END /.exec(text);
  if (match?.[2] === undefined) return undefined;
  const der = mutateDer(Buffer.from(match[2], 'base64'), pieces);
  if (der === undefined) return undefined;
  const label = match[1] ?? '';
  const body = Buffer.from(der)
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n');
  return new TextEncoder().encode(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`);
}

function changeElements(elements: readonly Element[], pieces: Pieces): readonly Element[] {
  const { random } = pieces;
  const i = random.int(elements.length);
  const element = elements[i] as Element;
  const { tag, content } = element;
  if (!(content instanceof Uint8Array) && content.length > 0 && random.chance(0.85))
    return elements.with(i, { tag, content: changeElements(content, pieces) });
  switch (random.int(6)) {
    case 0:
      return elements.toSpliced(i, 1);
    case 1:
      return elements.toSpliced(i, 0, element);
    case 2:
      return elements.toReversed();
    case 3:
      return elements.with(i, { tag: random.pick(TAGS), content });
    case 4:
      return elements.with(i, { tag, content: new Uint8Array() });
    default: {
      const bytes =
        content instanceof Uint8Array ? content : Uint8Array.from(content.flatMap(writeElement));
      return elements.with(i, { tag, content: mutateBytes(bytes, pieces) });
    }
  }
}

function readElements(bytes: Uint8Array, depth: number): readonly Element[] | undefined {
  const elements: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 3) return undefined;
      length = 0;
      for (let i = 0; i < size; i += 1) length = length * 256 + (bytes[at + i] ?? 0);
      at += size;
    } else if (length === 0x80) return undefined;
    if (at + length > bytes.length) return undefined;
    const content = bytes.subarray(at, at + length);
    const inner = (tag & 0x20) !== 0 && depth < 16 ? readElements(content, depth + 1) : undefined;
    elements.push({ tag, content: inner ?? content });
    at += length;
  }
  return elements;
}

function writeElement({ tag, content }: Element): number[] {
  const body = content instanceof Uint8Array ? [...content] : content.flatMap(writeElement);
  const { length } = body;
  if (length < 0x80) return [tag, length, ...body];
  if (length < 0x100) return [tag, 0x81, length, ...body];
  return [tag, 0x82, (length >> 8) & 255, length & 255, ...body];
}
