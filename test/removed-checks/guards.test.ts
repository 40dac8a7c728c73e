import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DUTY_GUARDS } from '../../client/src/core/duty-guards.ts';
import { CORE_GUARDS } from '../../client/src/core/guards.ts';
import { listChecks, WITHOUT_EFFECT } from '../../evm/scripts/check-list.ts';
import { SECOND_LINE } from '../../evm/test/verify/compile.ts';
import { RELAYER_GUARDS } from '../../relayer/src/core/guards.ts';
import { NOTHING_PASSES } from './nothing-passes.ts';
import { ROOT, sourcesOf } from './package.ts';
import { refusalsOf } from './refusals.ts';
import { CHECKED_PACKAGES } from './registry.ts';
import { ENDS, NO_WAY_IN } from './verifiers.ts';

const read = (file: string): string => readFileSync(ROOT + file, 'utf8');
/** Lines of sources without their comments, `// check:` excepted. */
const linesOf = (files: readonly string[]): readonly string[] =>
  files
    .flatMap((file) => read(file).split('\n'))
    .map((line) => line.trim())
    .filter((line) => !/^(?:\/\/|\/\*|\*)/.test(line));

describe('the escrow', () => {
  const files = sourcesOf('evm/contracts', '.sol').filter(
    (file) => !/\/(?:verify|interfaces)\//.test(file),
  );

  it('has every `if` of its sources in the list', () => {
    const count = linesOf(files)
      .join('\n')
      .match(/\bif\b/g)?.length;
    expect(listChecks().filter(({ id }) => !id.includes(', of '))).toHaveLength(count ?? 0);
  });

  it('refuses by an `if` alone, so that none is missed', () => {
    const lines = linesOf(files).filter((line) =>
      /\brevert\b|\brequire\s*\(|\bassert\s*\(|\bmodifier\b|\binvalid\(/.test(line),
    );
    // The last answer of `_refuse`, and a revert in the braces of the `if` above it.
    const alone = lines.filter((line) => !/^if \(.*\) revert \w+\(/.test(line));
    expect(alone).toEqual([
      'revert ArgumentInvalid("maxDurationSec");',
      'revert NotBeneficiary(beneficiary);',
      'revert LockUnknown(_lockId(ref));',
    ]);
  });
});

describe('the verifiers and the key register', () => {
  const files = sourcesOf('evm/contracts/verify', '.sol');
  const lines = linesOf(files);
  const ends = Object.values(ENDS).map(({ from }) => from);

  it('have an id at each line that refuses', () => {
    const refusing = lines.filter((line) =>
      /\brevert\b|\brequire\s*\(|\bassert\s*\(|\binvalid\(|\breturn false\b|\bok := and\(ok,|^if (?:iszero|lt|gt|eq)\(/.test(
        line,
      ),
    );
    expect(refusing.length).toBeGreaterThan(40);
    expect(
      refusing.filter(
        (line) =>
          !/\/\/ check: [a-z-]+$/.test(line) && !(line in NO_WAY_IN) && !ends.includes(line),
      ),
    ).toEqual([]);
  });

  it('have an id at each answer at which they end', () => {
    const answers = lines.filter((line) =>
      /^valid := (?!1$|0$)|^return .*(?:==|\bverify\(|_balanced\()/.test(line),
    );
    expect(answers.filter((line) => !ends.includes(line))).toEqual([]);
    for (const end of ends) expect(lines.filter((line) => line === end)).toHaveLength(1);
  });

  it('have a reason for each line that nothing can come to', () => {
    for (const [line, why] of Object.entries(NO_WAY_IN)) {
      expect(lines).toContain(line);
      expect(why.length).toBeGreaterThan(40);
    }
  });
});

describe('the cores of party and relayer', () => {
  const files = ['client/src/core', 'relayer/src/core'].flatMap((folder) => sourcesOf(folder));

  it('refuse by their guards alone: nothing in them throws', () => {
    expect(files.flatMap(refusalsOf).map(({ id }) => id)).toEqual([]);
  });

  it('ask every guard that they have, and have an id for every one', () => {
    const asked = new Set(
      files.flatMap((file) =>
        [...read(file).matchAll(/(?:guards|RELAYER_GUARDS)\['([^']+)'\]/g)].map(([, id]) => id),
      ),
    );
    // Asked by table: those of the duties (client/src/core/duties.ts), and the fields of a lock (facts.ts).
    const byTable = (id: string): boolean => id in DUTY_GUARDS || id.startsWith('fact.ethereum.');
    const named = [...Object.keys(CORE_GUARDS), ...Object.keys(RELAYER_GUARDS)];
    expect(named.filter((id) => !asked.has(id) && !byTable(id))).toEqual([]);
    const ids = ['client', 'relayer'].flatMap((name) => CHECKED_PACKAGES[name]?.ids() ?? []);
    expect([...ids].sort()).toEqual([...named].sort());
  });
});

describe('checks whose removal lets nothing through', () => {
  it('stand in the sources, each with its reason', () => {
    const places = ['chaincode', 'crypto', 'protocol', 'ledgers']
      .flatMap((name) => sourcesOf(`${name}/src`))
      .flatMap(refusalsOf)
      .map(({ id }) => id);
    for (const [id, why] of Object.entries(NOTHING_PASSES)) {
      expect(places).toContain(id);
      expect(why.length, id).toBeGreaterThan(40);
    }
    const ifs = listChecks().map(({ id }) => id);
    for (const [id, why] of Object.entries(WITHOUT_EFFECT)) {
      expect(ifs).toContain(id);
      expect(why.length, id).toBeGreaterThan(40);
    }
    for (const why of Object.values(SECOND_LINE)) expect(why.length).toBeGreaterThan(40);
  });
});
