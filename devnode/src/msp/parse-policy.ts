import { MspError } from './msp-error.ts';
import type { PolicyRule, Principal, SignaturePolicy } from './types.ts';

const GATES: Readonly<Record<string, 'and' | 'or' | 'outof'>> = {
  And: 'and',
  and: 'and',
  AND: 'and',
  Or: 'or',
  or: 'or',
  OR: 'or',
  OutOf: 'outof',
  outof: 'outof',
  OUTOF: 'outof',
};
const PRINCIPAL = /^([A-Za-z0-9.-]+)\.(member|admin|client|peer|orderer)$/;
const TOKEN = /\s*(?:([A-Za-z_]\w*)|(\d+)|'([^'\\]*)'|"([^"\\]*)"|([(),]))/y;
const MAX_LENGTH = 16_384;
const MAX_DEPTH = 64;

type Token =
  | { readonly kind: 'name' | 'number' | 'text'; readonly value: string }
  | { readonly kind: 'mark'; readonly value: string };

type Node =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'gate'; readonly n: number; readonly nodes: readonly Node[] };

/**
 * Parses Fabric's policy language: `AND(...)`, `OR(...)`, `OutOf(n, ...)` over principals `'Org1MSP.peer'` in single
 * or double quotes. Numbers the principals in the order in which Fabric does (those of inner gates first), so that
 * {@link policyToBytes} gives the same octets as `peer lifecycle chaincode approveformyorg --signature-policy`.
 * Throws MspError MALFORMED_POLICY.
 */
export function parsePolicy(dsl: string): SignaturePolicy {
  if (dsl.length > MAX_LENGTH) throw malformed(`policy of ${dsl.length} characters is too long`);
  const tokens = tokenize(dsl);
  const cursor = { tokens, position: 0 };
  const node = parseNode(cursor, 0);
  if (cursor.position < tokens.length || node.kind !== 'gate') {
    throw malformed(`invalid policy string '${dsl}'`);
  }
  const principals: Principal[] = [];
  return { rule: numberPrincipals(node, principals), principals };
}

interface Cursor {
  readonly tokens: readonly Token[];
  position: number;
}

function tokenize(dsl: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = dsl.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(dsl);
    if (match === null) throw malformed(`unexpected character at ${at} in policy string '${dsl}'`);
    const [, name, number, single, double, mark] = match;
    if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else if (number !== undefined) tokens.push({ kind: 'number', value: number });
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark });
    else tokens.push({ kind: 'text', value: single ?? double ?? '' });
  }
  return tokens;
}

function parseNode(cursor: Cursor, depth: number): Node {
  if (depth > MAX_DEPTH) throw malformed(`gates nested deeper than ${MAX_DEPTH}`);
  const token = next(cursor);
  if (token.kind === 'text') return { kind: 'principal', principal: parsePrincipal(token.value) };
  const gate = token.kind === 'name' ? GATES[token.value] : undefined;
  if (gate === undefined) throw malformed(`unrecognized token '${token.value}' in policy string`);
  expectMark(cursor, '(');
  const threshold = gate === 'outof' ? parseThreshold(cursor) : undefined;
  const nodes: Node[] = [];
  if (threshold !== undefined) {
    if (peekMark(cursor, ')'))
      throw malformed('expected at least two arguments to NOutOf. Given 1');
    expectMark(cursor, ',');
  }
  do nodes.push(parseNode(cursor, depth + 1));
  while (skipMark(cursor, ','));
  expectMark(cursor, ')');
  const n = threshold ?? (gate === 'and' ? nodes.length : 1);
  // Fabric allows n + 1 out of n, a policy that nobody can satisfy.
  if (n > nodes.length + 1) {
    throw malformed(`invalid t-out-of-n predicate, t ${n}, n ${nodes.length}`);
  }
  return { kind: 'gate', n, nodes };
}

/** A number, or one in quotes, which Fabric takes too. */
function parseThreshold(cursor: Cursor): number {
  const token = next(cursor);
  if ((token.kind !== 'number' && token.kind !== 'text') || !/^\d{1,9}$/.test(token.value)) {
    throw malformed(`unrecognized type, expected a number, got '${token.value}'`);
  }
  return Number(token.value);
}

function parsePrincipal(text: string): Principal {
  const match = PRINCIPAL.exec(text);
  if (match === null) throw malformed(`error parsing principal ${text}`);
  return { mspId: match[1] ?? '', role: match[2] as Principal['role'] };
}

/** Inner gates first, then the gate's own principals from left to right. */
function numberPrincipals(node: Node & { kind: 'gate' }, principals: Principal[]): PolicyRule {
  const inner = node.nodes.map((child) =>
    child.kind === 'gate' ? numberPrincipals(child, principals) : undefined,
  );
  const rules = node.nodes.map((child, index): PolicyRule => {
    const rule = inner[index];
    if (rule !== undefined) return rule;
    if (child.kind === 'principal') principals.push(child.principal);
    return { kind: 'signed-by', principal: principals.length - 1 };
  });
  return { kind: 'out-of', n: node.n, rules };
}

function next(cursor: Cursor): Token {
  const token = cursor.tokens[cursor.position];
  if (token === undefined) throw malformed('unexpected token EOF');
  cursor.position += 1;
  return token;
}

function peekMark(cursor: Cursor, mark: string): boolean {
  const token = cursor.tokens[cursor.position];
  return token?.kind === 'mark' && token.value === mark;
}

function skipMark(cursor: Cursor, mark: string): boolean {
  if (!peekMark(cursor, mark)) return false;
  cursor.position += 1;
  return true;
}

function expectMark(cursor: Cursor, mark: string): void {
  const token = next(cursor);
  if (token.kind !== 'mark' || token.value !== mark) {
    throw malformed(`unexpected token '${token.value}', expected '${mark}'`);
  }
}

function malformed(message: string): MspError {
  return new MspError('MALFORMED_POLICY', message);
}
