import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { ROOT, type Change } from './package.ts';

/** A `throw` that a condition decides, found in a source: none can be added without being removed in turn. */
export interface Refusal {
  /** File and condition; stable while both stand. */
  readonly id: string;
  /** From the repository's root. */
  readonly module: string;
  /** Where the statement stands that decides, the `throw` included. */
  readonly start: number;
  readonly end: number;
  readonly change: Change;
}

/** A `throw` that no condition right before it decides. */
export interface OtherThrow {
  readonly id: string;
  readonly module: string;
}

/**
 * Every `throw` of a source, except in `catch`, where another has refused and this one passes that on or says it in its own words.
 * `if (c) throw` is removed by a condition that never holds, `if (c) return x; throw` by one that always does.
 */
export function refusalsOf(module: string): {
  readonly refusals: readonly Refusal[];
  readonly others: readonly OtherThrow[];
} {
  const text = readFileSync(ROOT + module, 'utf8');
  const source = ts.createSourceFile(module, text, ts.ScriptTarget.ES2023, true);
  const refusals: Refusal[] = [];
  const others: OtherThrow[] = [];
  const once = numbered();
  const idOf = (node: ts.Node): string => once(`${nameOf(module)}: ${inOneLine(node, source)}`);
  const visit = (node: ts.Node): void => {
    if (ts.isThrowStatement(node) && !isInCatch(node)) {
      const decided = decisionOf(node);
      if (decided === undefined) others.push({ id: idOf(node), module });
      else {
        const { condition, without } = decided;
        const [from, to] = [condition.getStart(source), condition.getEnd()];
        refusals.push({
          id: idOf(condition),
          module,
          start: decided.statement.getStart(source),
          end: node.getEnd(),
          change: {
            module,
            apply: (now) => {
              if (now !== text) throw new Error(`${module} changed while it was read`);
              return now.slice(0, from) + String(without) + now.slice(to);
            },
          },
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { refusals, others };
}

/** Its own statement, not a condition's: or one that passes on what was caught. */
function isInCatch(node: ts.ThrowStatement): boolean {
  if (ts.isBlock(node.parent) && ts.isCatchClause(node.parent.parent)) return true;
  const clause = ts.findAncestor(node, ts.isCatchClause);
  const caught = clause?.variableDeclaration?.name;
  return (
    caught !== undefined &&
    ts.isIdentifier(caught) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === caught.text
  );
}

function decisionOf(node: ts.ThrowStatement):
  | {
      readonly statement: ts.Statement;
      readonly condition: ts.Expression;
      readonly without: boolean;
    }
  | undefined {
  const block = ts.isBlock(node.parent) ? node.parent : undefined;
  const holder = block?.parent ?? node.parent;
  const own: ts.Statement = block !== undefined && ts.isIfStatement(holder) ? block : node;
  if (ts.isIfStatement(holder) && holder.thenStatement === own)
    return { statement: holder, condition: holder.expression, without: false };
  const before = block?.statements[block.statements.indexOf(node) - 1];
  if (before === undefined || !ts.isIfStatement(before) || !returns(before.thenStatement))
    return undefined;
  return { statement: before, condition: before.expression, without: true };
}

function returns(statement: ts.Statement): boolean {
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement;
  return last !== undefined && ts.isReturnStatement(last);
}

/** All of a package's sources; `skip` names those that refuse nothing by themselves. */
export function refusalsIn(
  files: readonly string[],
  skip: RegExp,
): {
  readonly refusals: readonly Refusal[];
  readonly others: readonly OtherThrow[];
} {
  const found = files.filter((file) => !skip.test(file)).map(refusalsOf);
  return {
    refusals: found.flatMap(({ refusals }) => refusals),
    others: found.flatMap(({ others }) => others),
  };
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
