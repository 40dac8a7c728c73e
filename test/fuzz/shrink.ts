import { printJson, readJson, type JsonNode } from './mutate/json.ts';
import { bytesOf, textOf, type Format } from './target.ts';

const MAX_TRIES = 3_000;

/** A shorter input for which `still` holds: whole members of JSON first, then ever smaller pieces of the bytes. */
export async function shrinkInput(
  input: Uint8Array,
  format: Format,
  still: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let tries = 0;
  const holds = async (candidate: Uint8Array): Promise<boolean> => {
    tries += 1;
    return tries <= MAX_TRIES && still(candidate);
  };
  const structured =
    format === 'json' || format === 'yaml' ? await shrinkJson(input, holds) : input;
  return shrinkBytes(structured, holds);
}

async function shrinkJson(
  input: Uint8Array,
  holds: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let tree = readJson(textOf(input));
  if (tree === undefined || !(await holds(bytesOf(printJson(tree))))) return input;
  for (let changed = true; changed;) {
    changed = false;
    for (const smaller of smallerTrees(tree)) {
      if (!(await holds(bytesOf(printJson(smaller))))) continue;
      tree = smaller;
      changed = true;
      break;
    }
  }
  return bytesOf(printJson(tree));
}

/** The tree with one member taken away, or one value replaced by a simpler one. */
function* smallerTrees(tree: JsonNode): Generator<JsonNode> {
  if (tree.kind === 'raw') {
    if (tree.text.length > 4 && tree.text.startsWith('"')) yield { kind: 'raw', text: '""' };
    return;
  }
  if (tree.kind === 'array') {
    for (const [i, item] of tree.items.entries()) {
      yield { kind: 'array', items: tree.items.toSpliced(i, 1) };
      for (const smaller of smallerTrees(item))
        yield { kind: 'array', items: tree.items.with(i, smaller) };
    }
    return;
  }
  for (const [i, [key, value]] of tree.members.entries()) {
    yield { kind: 'object', members: tree.members.toSpliced(i, 1) };
    for (const smaller of smallerTrees(value))
      yield { kind: 'object', members: tree.members.with(i, [key, smaller]) };
  }
}

async function shrinkBytes(
  input: Uint8Array,
  holds: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = input;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at < best.length;) {
      const shorter = Uint8Array.of(...best.subarray(0, at), ...best.subarray(at + size));
      if (await holds(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}
