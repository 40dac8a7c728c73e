// Changes one operator or constant of a source file at a time and runs its folder's tests: one of them must fail.
//   node --conditions=source crypto/scripts/mutants.ts [--sample=100] [--seed=1] folder...
// Prints each survivor with its line. Survivors are explained in crypto/README.md or get a test. About 2 s a mutant.
import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import ts from 'typescript';
import { testsPass } from './run-tests.ts';

interface Mutant {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly line: number;
  readonly was: string;
}

const ROOT = new URL('../../', import.meta.url).pathname;
const SWAPS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '+',
  '%': '+',
  '<<': '>>',
  '>>': '<<',
  '&': '|',
  '|': '&',
  '^': '|',
};
/** Tests outside the folder that belong to it. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  ethereum: ['crypto/test/ethereum-proofs'],
  paillier: ['crypto/test/paillier-phe', 'crypto/src/node'],
  encoding: ['crypto/src/paillier/modulus-proof'],
};

const options = new Map(
  process.argv
    .slice(2)
    .filter((arg) => arg.startsWith('--'))
    .map((arg) => arg.slice(2).split('=') as [string, string]),
);
const folders = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const [sample, seed] = [Number(options.get('sample') ?? 100), options.get('seed') ?? '1'];

const all = folders.flatMap((folder) =>
  readdirSync(`${ROOT}crypto/src/${folder}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => mutantsOf(`crypto/src/${folder}/${name}`)),
);
const order = (mutant: Mutant): string =>
  createHash('sha256')
    .update(`${seed} ${mutant.file} ${mutant.start} ${mutant.text}`)
    .digest('hex');
const chosen = all
  .map((mutant) => [order(mutant), mutant] as const)
  .sort(([a], [b]) => a.localeCompare(b))
  .slice(0, sample)
  .map(([, mutant]) => mutant);
const baseline = folders.map((folder) => `crypto/src/${folder}`);
if (!(await testsPass('mutants.config.ts', baseline, {}, 600_000))) {
  console.log('the tests fail without any change');
  process.exit(1);
}
let survivors = 0;
for (const mutant of chosen) {
  if (!(await survives(mutant))) continue;
  survivors += 1;
  console.log(`survived ${mutant.file}:${mutant.line} ${mutant.was} -> ${mutant.text}`);
}
console.log(
  `${chosen.length - survivors} of ${chosen.length} mutants killed (${all.length} in all, seed ${seed})`,
);

function mutantsOf(file: string): Mutant[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(ROOT + file, 'utf8'),
    ts.ScriptTarget.ES2023,
    true,
  );
  const found: Mutant[] = [];
  const add = (node: ts.Node, text: string): void => {
    const start = node.getStart(source);
    found.push({
      file,
      start,
      end: node.getEnd(),
      text,
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      was: node.getText(source),
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const swap = SWAPS[node.operatorToken.getText(source)];
      if (swap !== undefined) add(node.operatorToken, swap);
    } else if (ts.isNumericLiteral(node)) add(node, `(${node.text} + 1)`);
    else if (ts.isBigIntLiteral(node)) add(node, `(${node.text} + 1n)`);
    else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, 'false');
    else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function survives({ file, ...change }: Mutant): Promise<boolean> {
  const folder = file.split('/')[2] ?? '';
  const paths = [`crypto/src/${folder}`, ...(ALSO[folder] ?? [])];
  const env = { MIDLOCK_MUTANT: JSON.stringify({ file, ...change }) };
  return testsPass('mutants.config.ts', paths, env, 120_000);
}
