import { keccak_256 } from '@noble/hashes/sha3.js';
import { sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { asRlpBytes, asRlpList, decodeRlp, encodeRlp, type Rlp } from './rlp.ts';

/** Root of a trie without entries: keccak256 of the RLP of an empty string. */
export const EMPTY_TRIE_ROOT = keccak_256(Uint8Array.of(0x80));

/** Most nodes on a path: 64 nibbles of a hashed key and the leaf. */
const MAX_NODES = 66;

/**
 * Reads what a Merkle-Patricia trie holds under a key (yellow paper, appendix D).
 * @param root 32 bytes. @param key As the trie has it: hashed for accounts and storage, RLP of the index for receipts.
 * @param nodes RLP of the nodes from the root down, each used, as eth_getProof gives them.
 * @returns the value, or undefined when the proof shows that the key is absent.
 * @throws {CryptoError} CRYPTO_ENCODING for nodes not in their only form, CRYPTO_INVALID when the proof does not lead anywhere.
 */
export function readTrie(
  root: Uint8Array,
  key: Uint8Array,
  nodes: readonly Uint8Array[],
): Uint8Array | undefined {
  check('trie.root-length', root.length === 32, 'CRYPTO_ENCODING', { field: 'root' });
  check('trie.node-count', nodes.length <= MAX_NODES, 'CRYPTO_ENCODING', { nodes: nodes.length });
  const path = nibblesOf(key);
  if (sameBytes(root, EMPTY_TRIE_ROOT) && isEmptyProof(nodes)) return undefined;
  let [used, depth] = [0, 0];
  let reference: Rlp = root;
  for (;;) {
    const node = resolve(reference, used === 0, () => nodes[used++]);
    const step = walk(node, path, depth);
    if ('next' in step) {
      reference = step.next;
      depth = step.depth;
      continue;
    }
    check('trie.unused-nodes', used === nodes.length, 'CRYPTO_INVALID');
    return step.value;
  }
}

/** An empty trie's proof is no node (geth) or its one empty string (anvil, reth). */
function isEmptyProof(nodes: readonly Uint8Array[]): boolean {
  const [first] = nodes;
  return first === undefined || (nodes.length === 1 && first.length === 1 && first[0] === 0x80);
}

type Step =
  { readonly next: Rlp; readonly depth: number } | { readonly value: Uint8Array | undefined };

function walk(node: readonly Rlp[], path: readonly number[], depth: number): Step {
  if (node.length === 17) {
    const nibble = path[depth];
    if (nibble === undefined) return { value: present(asRlpBytes(node[16])) };
    const child = node[nibble] ?? new Uint8Array(0);
    return child instanceof Uint8Array && child.length === 0
      ? { value: undefined }
      : { next: child, depth: depth + 1 };
  }
  const [encodedPath, content = new Uint8Array(0)] = asRlpList(node, 2);
  const { leaf, nibbles } = readPath(asRlpBytes(encodedPath));
  const matches = nibbles.every((nibble, i) => path[depth + i] === nibble);
  if (leaf) {
    const value = asRlpBytes(content);
    check('trie.leaf-value', value.length > 0, 'CRYPTO_ENCODING');
    return { value: matches && depth + nibbles.length === path.length ? value : undefined };
  }
  check('trie.extension-path', nibbles.length > 0, 'CRYPTO_ENCODING');
  if (!matches) return { value: undefined };
  // A path that ends inside an extension names a key that is not there.
  return { next: content, depth: depth + nibbles.length };
}

/** The node that a reference stands for: the next of the proof by its hash, or one of less than 32 bytes in place. */
function resolve(
  reference: Rlp,
  isRoot: boolean,
  take: () => Uint8Array | undefined,
): readonly Rlp[] {
  if (!(reference instanceof Uint8Array)) {
    check('trie.embedded-size', encodeRlp(reference).length < 32, 'CRYPTO_ENCODING');
    return asRlpList(reference);
  }
  check('trie.reference-length', reference.length === 32, 'CRYPTO_ENCODING');
  const bytes = take();
  if (bytes === undefined) throw new CryptoError('CRYPTO_INVALID', { check: 'trie.missing-node' });
  check('trie.node-hash', sameBytes(keccak_256(bytes), reference), 'CRYPTO_INVALID');
  check('trie.node-size', isRoot || bytes.length >= 32, 'CRYPTO_ENCODING');
  return asRlpList(decodeRlp(bytes));
}

/** Hex-prefix encoding (yellow paper, appendix C). */
function readPath(bytes: Uint8Array): {
  readonly leaf: boolean;
  readonly nibbles: readonly number[];
} {
  const [flag = 0xff] = bytes;
  check('trie.path-flag', bytes.length > 0 && flag < 0x40, 'CRYPTO_ENCODING');
  const odd = (flag & 0x10) !== 0;
  check('trie.path-padding', odd || (flag & 0x0f) === 0, 'CRYPTO_ENCODING');
  return { leaf: (flag & 0x20) !== 0, nibbles: nibblesOf(bytes).slice(odd ? 1 : 2) };
}

/** The half bytes of a key, high one first. */
export function nibblesOf(bytes: Uint8Array): readonly number[] {
  return Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 0x0f]);
}

function present(value: Uint8Array): Uint8Array | undefined {
  return value.length === 0 ? undefined : value;
}
