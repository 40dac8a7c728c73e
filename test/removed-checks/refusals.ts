import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { REACHED, ROOT, type Change, type Recording } from './package.ts';

/** A `throw` found in a source: none can be added without being removed in turn. */
export interface Refusal {
  /** File and condition, or the statement itself; stable while both stand. */
  readonly id: string;
  /** From the repository's root. */
  readonly module: string;
  /** Where the statement stands that decides, the `throw` included. */
  readonly start: number;
  readonly end: number;
  readonly change: Change;
  /** Where the `throw` itself begins; its end is `end`. Absent for calls of a function that checks. */
  readonly throwAt?: number;
}

/**
 * Every `throw` of a source, except one that only passes on what was caught. `if (c) throw` is removed by a condition that never holds,
 * `if (c) return x; throw` by one that always does; any other by deleting it.
 */
export function refusalsOf(module: string): readonly Refusal[] {
  const text = readFileSync(ROOT + module, 'utf8');
  const source = ts.createSourceFile(module, text, ts.ScriptTarget.ES2023, true);
  const refusals: Refusal[] = [];
  const once = numbered();
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isThrowStatement(node) || passesOn(node)) return;
    const { statement, replaced, by } = decisionOf(node) ?? {
      statement: node,
      replaced: node,
      by: ';',
    };
    const [start, end] = [replaced.getStart(source), replaced.getEnd()];
    refusals.push({
      id: once(`${nameOf(module)}: ${inOneLine(replaced, source)}`),
      module,
      start: statement.getStart(source),
      end: node.getEnd(),
      throwAt: node.getStart(source),
      change: {
        module,
        apply: (now) => {
          if (now !== text) throw new Error(`${module} changed while it was read`);
          return now.slice(0, start) + by + now.slice(end);
        },
      },
    });
  };
  visit(source);
  return refusals;
}

/** What writes down which of the refusals a test reaches. */
export function recordingOf(refusals: readonly Refusal[]): Recording {
  const thrown = refusals.filter(({ throwAt }) => throwAt !== undefined);
  const modules = [...new Set(thrown.map(({ module }) => module))];
  const write = (id: string): string =>
    `process.getBuiltinModule('node:fs').appendFileSync(process.env['${REACHED}'], ${JSON.stringify(`${id}\n`)});`;
  return {
    ids: new Set(thrown.map(({ id }) => id)),
    changes: modules.map((module) => ({
      module,
      apply: (source) =>
        thrown
          .filter((refusal) => refusal.module === module)
          .sort((a, b) => b.end - a.end)
          .reduce(
            (text, { id, throwAt = 0, end }) =>
              `${text.slice(0, throwAt)}{ ${write(id)} ${text.slice(throwAt, end)} }${text.slice(end)}`,
            source,
          ),
    })),
  };
}

/** `catch (error) { …; throw error; }`, or the same in a function given to `.catch`. */
function passesOn({ expression, parent }: ts.ThrowStatement): boolean {
  if (!ts.isIdentifier(expression)) return false;
  const caught = ts.findAncestor(parent, ts.isCatchClause)?.variableDeclaration?.name;
  const given = ts.findAncestor(parent, ts.isArrowFunction)?.parameters[0]?.name;
  return [caught, given].some(
    (name) => name !== undefined && ts.isIdentifier(name) && name.text === expression.text,
  );
}

function decisionOf(node: ts.ThrowStatement):
  | {
      readonly statement: ts.Statement;
      readonly replaced: ts.Node;
      readonly by: string;
    }
  | undefined {
  const block = ts.isBlock(node.parent) ? node.parent : undefined;
  const holder = block?.parent ?? node.parent;
  const own: ts.Statement = block !== undefined && ts.isIfStatement(holder) ? block : node;
  if (ts.isIfStatement(holder) && holder.thenStatement === own)
    return { statement: holder, replaced: holder.expression, by: 'false' };
  const before = block?.statements[block.statements.indexOf(node) - 1];
  if (before === undefined || !ts.isIfStatement(before) || !returns(before.thenStatement))
    return undefined;
  return { statement: before, replaced: before.expression, by: 'true' };
}

function returns(statement: ts.Statement): boolean {
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement;
  return last !== undefined && ts.isReturnStatement(last);
}

/**
 * The calls of a function that checks, where one id stands at several of them: without its id every one of them lets go, so each is
 * removed by itself too. The second argument is the condition.
 */
export function repeatedCalls(files: readonly string[], names: RegExp): readonly Refusal[] {
  const calls = files.flatMap((module) => callsOf(module, names));
  return calls
    .filter(({ rule }) => calls.filter((other) => other.rule === rule).length > 1)
    .map(({ refusal }) => refusal);
}

function callsOf(
  module: string,
  names: RegExp,
): readonly { readonly rule: string; readonly refusal: Refusal }[] {
  const text = readFileSync(ROOT + module, 'utf8');
  const source = ts.createSourceFile(module, text, ts.ScriptTarget.ES2023, true);
  const once = numbered();
  const found: { readonly rule: string; readonly refusal: Refusal }[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node) || !names.test(node.expression.getText(source))) return;
    const [rule, condition] = node.arguments;
    if (rule === undefined || !ts.isStringLiteral(rule) || condition === undefined) return;
    const [start, end] = [condition.getStart(source), condition.getEnd()];
    const id = once(`${rule.text} in ${nameOf(module)}: ${inOneLine(condition, source)}`);
    const apply = (now: string): string => `${now.slice(0, start)}true${now.slice(end)}`;
    found.push({ rule: rule.text, refusal: { id, module, start, end, change: { module, apply } } });
  };
  visit(source);
  return found;
}

const nameOf = (module: string): string => module.replace(/^\w+\/src\//, '');
const inOneLine = (node: ts.Node, source: ts.SourceFile): string =>
  node.getText(source).replace(/\s+/g, ' ');

/** Tells equal names apart by a number. */
function numbered(): (name: string) => string {
  const counts = new Map<string, number>();
  return (name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name} #${String(count)}`;
  };
}
