import type { Random } from '../../simulation/random.ts';
import { mutateBytes } from './bytes.ts';
import type { Pieces } from './mutator.ts';

/** JSON as a tree that may also hold what JSON.parse cannot give: twice the same key, numbers beyond range. */
export type JsonNode =
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, JsonNode])[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'raw'; readonly text: string };

const ODD_VALUES = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '-0',
  '1.5',
  '1e999',
  '9007199254740993',
  '""',
  '"0"',
  '"-1"',
  '"0x"',
  '"\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  '{}',
  '[]',
  '[null]',
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"polluted":1}}',
  '{"length":4294967296}',
  '[[[[]]]]',
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function readJson(text: string): JsonNode | undefined {
  try {
    return toNode(JSON.parse(text), 0);
  } catch {
    return undefined;
  }
}

const MAX_DEPTH = 64;
/** Copies of copies must not grow without end. */
const MAX_COPIED = 16_384;

function toNode(value: unknown, depth: number): JsonNode {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH)
    return { kind: 'raw', text: JSON.stringify(value) };
  if (Array.isArray(value))
    return { kind: 'array', items: value.map((item) => toNode(item, depth + 1)) };
  return {
    kind: 'object',
    members: Object.entries(value).map(([key, member]) => [key, toNode(member, depth + 1)]),
  };
}

export function printJson(node: JsonNode): string {
  if (node.kind === 'raw') return node.text;
  if (node.kind === 'array') return `[${node.items.map(printJson).join(',')}]`;
  return `{${node.members.map(([key, value]) => `${JSON.stringify(key)}:${printJson(value)}`).join(',')}}`;
}

/** One change to a random value, member or item. */
export function mutateJson(input: Uint8Array, pieces: Pieces): Uint8Array | undefined {
  const tree = readJson(decoder.decode(input));
  if (tree === undefined) return undefined;
  return encoder.encode(printJson(change(tree, pieces)));
}

/** Walks down a random path and changes what it comes to. */
function change(node: JsonNode, pieces: Pieces): JsonNode {
  const { random } = pieces;
  if (node.kind === 'raw' || random.chance(0.25)) return changeHere(node, pieces);
  if (node.kind === 'array') {
    if (node.items.length === 0) return changeHere(node, pieces);
    const i = random.int(node.items.length);
    return { kind: 'array', items: node.items.with(i, change(node.items[i] as JsonNode, pieces)) };
  }
  if (node.members.length === 0) return changeHere(node, pieces);
  const i = random.int(node.members.length);
  const [key, value] = node.members[i] as readonly [string, JsonNode];
  return { kind: 'object', members: node.members.with(i, [key, change(value, pieces)]) };
}

function changeHere(node: JsonNode, pieces: Pieces): JsonNode {
  const { random } = pieces;
  const which = random.int(10);
  if (which === 0) return { kind: 'raw', text: random.pick(ODD_VALUES) };
  if (which === 1) return pieceOf(readJson(decoder.decode(pieces.other)), random) ?? node;
  if (which === 2) return nest(node, random);
  if (node.kind === 'raw') return changeScalar(node, pieces);
  return node.kind === 'array' ? changeArray(node, pieces) : changeObject(node, pieces);
}

function changeArray(node: JsonNode & { kind: 'array' }, { random }: Pieces): JsonNode {
  const { items } = node;
  const i = random.int(items.length);
  const item = items[i];
  if (item === undefined)
    return { kind: 'array', items: [{ kind: 'raw', text: random.pick(ODD_VALUES) }] };
  switch (random.int(4)) {
    case 0:
      return { kind: 'array', items: items.toSpliced(i, 1) };
    case 1:
      return { kind: 'array', items: items.toSpliced(i, 0, item) };
    case 2:
      return { kind: 'array', items: items.toReversed() };
    default: {
      const copies = Math.min(
        random.pick([16, 128, 1024]),
        Math.ceil(MAX_COPIED / printJson(item).length),
      );
      return { kind: 'array', items: Array.from({ length: copies }, () => item) };
    }
  }
}

function changeObject(node: JsonNode & { kind: 'object' }, pieces: Pieces): JsonNode {
  const { random } = pieces;
  const { members } = node;
  const i = random.int(members.length);
  const word = decoder.decode(random.pick(pieces.dictionary));
  const odd: JsonNode = { kind: 'raw', text: random.pick(ODD_VALUES) };
  const member = members[i];
  if (member === undefined) return { kind: 'object', members: [[word, odd]] };
  switch (random.int(5)) {
    case 0:
      return { kind: 'object', members: members.toSpliced(i, 1) };
    case 1:
      return { kind: 'object', members: [...members, [word, odd]] };
    case 2:
      return { kind: 'object', members: members.with(i, [word, member[1]]) };
    case 3:
      return { kind: 'object', members: [...members, [member[0], odd]] };
    default:
      return { kind: 'object', members: members.toReversed() };
  }
}

/** Strings keep being strings and numbers numbers; hex is changed as the bytes that it stands for. */
function changeScalar(node: JsonNode & { kind: 'raw' }, pieces: Pieces): JsonNode {
  const { random } = pieces;
  const { text } = node;
  if (!text.startsWith('"')) {
    const changed = decoder.decode(mutateBytes(encoder.encode(text), pieces));
    return {
      kind: 'raw',
      text: /^-?\d+(\.\d+)?(e\d+)?$/.test(changed) ? changed : String(random.int(1000)),
    };
  }
  if (random.chance(0.3)) return quoted(decoder.decode(random.pick(pieces.dictionary)));
  const value = readString(text);
  const hex = /^(0x)?((?:[0-9a-f]{2})+)$/i.exec(value);
  if (hex?.[2] !== undefined && random.chance(0.6)) {
    const bytes = mutateBytes(Buffer.from(hex[2], 'hex'), pieces);
    return quoted(`${hex[1] ?? ''}${Buffer.from(bytes).toString('hex')}`);
  }
  return quoted(decoder.decode(mutateBytes(encoder.encode(value), pieces)));
}

function quoted(value: string): JsonNode {
  return { kind: 'raw', text: JSON.stringify(value) };
}

function readString(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function pieceOf(node: JsonNode | undefined, random: Random): JsonNode | undefined {
  if (node === undefined || node.kind === 'raw' || random.chance(0.3)) return node;
  const children = node.kind === 'array' ? node.items : node.members.map(([, value]) => value);
  return children.length === 0 ? node : pieceOf(random.pick(children), random);
}

function nest(node: JsonNode, random: Random): JsonNode {
  const depth = random.chance(0.05) ? random.pick([1000, 6000]) : random.pick([1, 2, 20]);
  const inner = printJson(node);
  return random.chance(0.5)
    ? { kind: 'raw', text: `${'['.repeat(depth)}${inner}${']'.repeat(depth)}` }
    : {
        kind: 'raw',
        text: `${'{"a":'.repeat(Math.min(depth, 2000))}${inner}${'}'.repeat(Math.min(depth, 2000))}`,
      };
}
